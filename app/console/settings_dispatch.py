"""Who gets each class first 派单: posts in their order, neighbours asked along, department."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, body_in_force, offer
from bots.rendering import kind, label
from config.categories import LEVEL_ONE
from config.policy import load
from models import dispatch_outlook
from models.dispatch_changes import (
    DEPARTMENT,
    HELPERS,
    OWNER,
    POLICY,
    Row,
    changes_of,
    changes_outside,
    row_of,
)
from models.dispatch_outlook import guarded_from
from models.errors import NotFound
from models.posts import PAID
from models.tickets.queue import Conditions, open_counts
from models.tickets.sight import sight_of

NOBODY = "nobody"  # chosen in place of helpers
PICKS = {OWNER: 4, HELPERS: 2, DEPARTMENT: 1}


class FirstAsked(Setting):
    """派单 — who gets each class first, in the house or where an area has it otherwise."""

    def __init__(self, desk: Desk, session: Session, area_id: int | None) -> None:
        super().__init__(POLICY, load("editing")[POLICY]["label"], area_id)
        self.desk = desk
        self.outside = changes_outside(session, area_id)

    def draft_of(self, body: Body) -> Draft:
        rows = body.get("category", {})
        fields = ((one, name) for one in LEVEL_ONE for name in PICKS)
        return {
            field: word
            for one, name in fields
            for field, word in _written(one, name, rows.get(one, {})).items()
        }

    def body_in(self, session: Session, draft: Draft) -> Body:
        rows, faults = {}, []
        for one in LEVEL_ONE:
            faults += _faults(one, draft)
            rows[one] = self._own(one, _read(one, draft))
        if faults:
            raise Unfit(faults)
        said = {one: row for one, row in rows.items() if row}
        return {"category": said} if said else {}

    def lines(self, body: Body) -> list[str]:
        return [_said(one, row) for one, row in self._rows(body).items()]

    def choices(self) -> Mapping[str, Any]:
        table = load("editing")[POLICY]
        return {
            "rows": {one: row_of(one, self.outside) for one in LEVEL_ONE},
            "guarded": {one for one in LEVEL_ONE if guarded_from(one)},
            "picks": PICKS,
            "owners": sorted(PAID, key=list(load("labels")["role"]).index),
            "helpers": table["helpers"],
            "departments": load("labels")[DEPARTMENT],
            "nobody": NOBODY,
        }

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        """Of each class that changes: how many are open, and who gets the next one where."""
        before, after = self._rows(body_in_force(session, self)[1]), self._rows(body)
        touched = [one for one in LEVEL_ONE if before[one] != after[one]]
        if not touched:
            return {}
        sight = sight_of(session, self.desk.staff.person_id, now)
        lists = {one: Conditions(category=one, area_id=self.area_id) for one in touched}
        places = self._places()
        at = dispatch_outlook.examples(session, places)
        nexts = dispatch_outlook.nexts(session, at, touched, self.area_id, body, now)
        return {
            "touched": touched,
            "open": open_counts(session, sight, lists, now),
            "nexts": nexts,
            "unserved": {
                one: dispatch_outlook.unserved(session, places, after[one], now)
                for one in touched
                if before[one][OWNER] != after[one][OWNER]
            },
        }

    def _rows(self, body: Body) -> dict[str, Row]:
        """What counts here while a version is in force."""
        changes = self.outside + changes_of(body)
        return {one: row_of(one, changes) for one in LEVEL_ONE}

    def _own(self, category: str, row: Row) -> Row:
        """Of the house without what the file says; an area keeps its own though others agree."""
        if self.area_id is not None:
            return row
        shipped = row_of(category)
        return {name: value for name, value in row.items() if value != shipped[name]}

    def _places(self) -> Sequence[int]:
        if self.area_id is not None:
            return (self.area_id,)
        return sorted({one.area_id for one in self.desk.staff.posts})


def fields_of(category: str, name: str) -> list[str]:
    return [f"{category}.{name}.{place}" for place in range(1, PICKS[name] + 1)]


def _written(category: str, name: str, row: Row) -> Draft:
    """The fields of a row as they stand in the form; empty ones follow what is around."""
    value = row.get(name, "")
    words = [value] if isinstance(value, str) else [*value] or [NOBODY]
    fields = fields_of(category, name)
    return dict(zip(fields, [*words, *[""] * len(fields)], strict=False))


def _picked(category: str, name: str, draft: Draft) -> dict[str, str]:
    """Field → word, of those that are filled."""
    words = {field: draft.get(field, "").strip() for field in fields_of(category, name)}
    return {field: word for field, word in words.items() if word}


def _read(category: str, draft: Draft) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in (OWNER, HELPERS):
        if words := list(_picked(category, name, draft).values()):
            row[name] = [one for one in words if one != NOBODY]
    if department := _picked(category, DEPARTMENT, draft):
        [row[DEPARTMENT]] = department.values()
    return row


def _faults(category: str, draft: Draft) -> Iterator[Fault]:
    """What can not be so, each at its field."""
    for name in PICKS:
        picked = _picked(category, name, draft)
        for place, (field, word) in enumerate(picked.items()):
            others = list(picked.values())[:place]
            if why := _why_not(category, name, word, others):
                yield Fault(why, {"field": field, "kind": kind(category), "word": _called(word)})
        first = fields_of(category, name)[0]
        if picked and first not in picked:
            yield Fault("first", {"field": first, "kind": kind(category), "name": name})


def _why_not(category: str, name: str, word: str, others: Sequence[str]) -> str | None:
    table = load("editing")[POLICY]
    allowed: Mapping[str, Any] = {
        OWNER: PAID,
        HELPERS: (*table["helpers"], NOBODY),
        DEPARTMENT: load("labels")[DEPARTMENT],
    }
    if word not in allowed[name]:
        return {OWNER: "unpaid", HELPERS: "no_neighbour"}.get(name, "unknown")
    if name != DEPARTMENT and guarded_from(category):
        return "guarded"
    if word in others:
        return "twice"
    return "beside_nobody" if NOBODY in others else None


def _said(category: str, row: Row) -> str:
    words = load("editing")[POLICY]
    owners = words["then"].join(label(role, "role") for role in row[OWNER])
    helpers = words["and"].join(label(role, "role") for role in row[HELPERS])
    line = words["line"].format(
        kind=kind(category), owners=owners, department=label(row[DEPARTMENT], "department")
    )
    return line + (words["helped"].format(helpers=helpers) if helpers else "")


def _called(word: str) -> str:
    labels = load("labels")
    return str(labels["role"].get(word) or labels["department"].get(word) or word)


def _find(desk: Desk, session: Session, item: str, area_id: int | None) -> FirstAsked:
    if item:
        raise NotFound(item)
    return FirstAsked(desk, session, area_id)


offer(Subject(POLICY, _find))
