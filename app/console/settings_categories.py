"""The classes 类别: what each is called, which comes first, which are offered, which are added."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, body_in_force, offer
from bots.naming import POLICY, ever_added, shown_in
from config.categories import (
    CATEGORIES,
    LAST_RESORT,
    Category,
    Shown,
    added_key,
    arranged,
    names,
)
from config.policy import load
from models.dispatch_changes import changes_at, row_of
from models.errors import NotFound
from models.tickets.asked import number_in
from models.tickets.sight import sight_of
from models.tickets.table import IS_OPEN, Ticket

LONGEST = 12
OFFERED = "1"

Names = dict[str, str]
"""Category or category.child → what it is called."""


class ClassNames(Setting):
    """类别名称 — the taxonomy as people read it; its keys stay, whatever they are called."""

    def __init__(self, desk: Desk, session: Session) -> None:
        super().__init__(POLICY, load("editing")[POLICY]["label"])
        self.desk = desk
        self.ever = ever_added(session)
        self.known = names(Shown(added=self.ever))
        self.changes = changes_at(session, None)

    def draft_of(self, body: Body) -> Draft:
        shown = shown_in(body, self.ever)
        places = enumerate(arranged(shown), start=1)
        offered = {f"offered.{key}": OFFERED for key in self._leavable() if key not in shown.hidden}
        return (
            {f"name.{key}": label for key, label in names(shown).items()}
            | {f"place.{one.key}": str(place) for place, one in places}
            | offered
        )

    def body_in(self, session: Session, draft: Draft) -> Body:
        named = {key: _squeezed(draft.get(f"name.{key}", "")) for key in self.known}
        new = dict(self._new(draft))
        faults = [*_of_names(named | new, self.known), *_of_places(draft)]
        if faults:
            raise Unfit(faults)
        order = sorted(CATEGORIES, key=lambda key: number_in(draft[f"place.{key}"].strip()) or 0)
        shipped = names(Shown())
        body = {
            "labels": {key: named[key] for key in shipped if named[key] != shipped[key]},
            "order": order if order != list(CATEGORIES) else [],
            "hidden": [key for key in self._leavable() if draft.get(f"offered.{key}") != OFFERED],
            "added": {key: named[key] for key in self.ever} | new,
        }
        return {name: value for name, value in body.items() if value}

    def lines(self, body: Body) -> list[str]:
        shown = shown_in(body, self.ever)
        every = arranged(replace(shown, hidden=frozenset()))
        return [line for one in every for line in _lines(one, shown)]

    def choices(self) -> Mapping[str, Any]:
        return {
            "every": arranged(Shown(added=self.ever)),
            "last_resort": LAST_RESORT,
            "rules": {key: row_of(key, self.changes) for key in CATEGORIES},
            "longest": LONGEST,
        }

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        """How many open matters stand in what is renamed or no longer offered; what is new."""
        before = shown_in(body_in_force(session, self)[1], self.ever)
        after = shown_in(body, self.ever)
        old, new = names(before), names(after)
        open_in = _open_in(session, self.desk.staff.person_id, now)
        hidden = after.hidden - before.hidden
        return {
            "touched": [
                (_called(old, key), _called(new, key), key in hidden, open_in[key])
                for key in old
                if old[key] != new[key] or key in hidden
            ],
            "new": [_called(new, key) for key in new if key not in old],
        }

    def _leavable(self) -> Iterator[str]:
        """Children that may be left out of what people choose from."""
        return (one for one in self.known if "." in one and not one.endswith(f".{LAST_RESORT}"))

    def _new(self, draft: Draft) -> Iterator[tuple[str, str]]:
        """Children that are to be added, under keys that no version has given away."""
        for category in CATEGORIES:
            if name := _squeezed(draft.get(f"new.{category}", "")):
                given = sum(one.startswith(f"{category}.") for one in self.ever)
                yield f"{category}.{added_key(given + 1)}", name


def _squeezed(typed: str) -> str:
    return " ".join(typed.split())


def _called(named: Names, key: str) -> str:
    """With its category before it."""
    category, dot, _ = key.partition(".")
    return f"{named[category]}·{named[key]}" if dot else named[key]


def _lines(one: Category, shown: Shown) -> Iterator[str]:
    yield one.label
    words = load("editing")[POLICY]
    for child in one.children:
        is_hidden = f"{one.key}.{child.key}" in shown.hidden
        yield words["hidden" if is_hidden else "offered"].format(child=child.label)


def _of_names(named: Names, known: Names) -> Iterator[Fault]:
    for key, label in named.items():
        if not label:
            yield Fault("empty", {"shipped": known[key]})
        elif len(label) > LONGEST:
            yield Fault("long", {"label": label, "most": LONGEST})
        elif not any(map(str.isalpha, label)):
            yield Fault("wordless", {"label": label})
    # In chat a name alone says which class is meant, whatever category it stands in.
    for label, times in Counter(filter(None, named.values())).items():
        if times > 1:
            yield Fault("twice", {"label": label})


def _of_places(draft: Draft) -> Iterator[Fault]:
    for key, one in CATEGORIES.items():
        if number_in(draft.get(f"place.{key}", "").strip()) is None:
            yield Fault("place", {"label": one.label})


def _open_in(session: Session, person_id: int, now: datetime) -> Counter[str]:
    """How many open matters that this person sees stand in each category, and in each child."""
    seen = sight_of(session, person_id, now).condition()
    columns = Ticket.category, Ticket.subcategory
    rows = session.execute(select(*columns, func.count()).where(IS_OPEN, seen).group_by(*columns))
    found: Counter[str] = Counter()
    for category, child, amount in rows:
        found[category] += amount
        found[f"{category}.{child or LAST_RESORT}"] += amount
    return found


def _find(desk: Desk, session: Session, item: str, area_id: int | None) -> ClassNames:
    if item:
        raise NotFound(item)
    return ClassNames(desk, session)


offer(Subject(POLICY, _find))
