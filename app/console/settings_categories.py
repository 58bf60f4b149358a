"""The names of classes 类别: what each is called, which comes first, which are offered."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, body_in_force, offer
from bots.naming import POLICY, shown_in
from config.categories import CATEGORIES, LAST_RESORT, Category, Shown, arranged
from config.policy import load
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

    def __init__(self, desk: Desk) -> None:
        super().__init__(POLICY, load("editing")[POLICY]["label"])
        self.desk = desk

    def draft_of(self, body: Body) -> Draft:
        shown = shown_in(body)
        places = enumerate(arranged(shown), start=1)
        offered = {f"offered.{key}": OFFERED for key in children() if key not in shown.hidden}
        return (
            {f"name.{key}": label for key, label in names(shown).items()}
            | {f"place.{one.key}": str(place) for place, one in places}
            | offered
        )

    def body_in(self, session: Session, draft: Draft) -> Body:
        shipped = names(Shown())
        named = {key: " ".join(draft.get(f"name.{key}", "").split()) for key in shipped}
        faults = [*_of_names(named), *_of_places(draft)]
        if faults:
            raise Unfit(faults)
        order = sorted(CATEGORIES, key=lambda key: number_in(draft[f"place.{key}"].strip()) or 0)
        body = {
            "labels": {key: label for key, label in named.items() if label != shipped[key]},
            "order": order if order != list(CATEGORIES) else [],
            "hidden": [key for key in children() if draft.get(f"offered.{key}") != OFFERED],
        }
        return {name: value for name, value in body.items() if value}

    def lines(self, body: Body) -> list[str]:
        shown = shown_in(body)
        return [line for one in arranged(shown) for line in _lines(one, shown)]

    def choices(self) -> Mapping[str, Any]:
        table = load("dispatch")
        rows = {key: {**table["default"], **table["category"].get(key, {})} for key in CATEGORIES}
        return {"shipped": CATEGORIES, "last_resort": LAST_RESORT, "rules": rows}

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        """How many open matters stand in what is renamed or no longer offered."""
        before, after = shown_in(body_in_force(session, self)[1]), shown_in(body)
        old, new = names(before), names(after)
        open_in = _open_in(session, self.desk.staff.person_id, now)
        hidden = after.hidden - before.hidden
        return {
            "touched": [
                (_called(old, key), _called(new, key), key in hidden, open_in[key])
                for key in old
                if old[key] != new[key] or key in hidden
            ]
        }


def names(shown: Shown) -> Names:
    """Every class, hidden ones too."""
    shipped = {one.key: one.label for one in CATEGORIES.values()} | {
        f"{one.key}.{child.key}": child.label
        for one in CATEGORIES.values()
        for child in one.children
    }
    return shipped | dict(shown.labels)


def children() -> Iterator[str]:
    """Those that may be left out of what people choose from."""
    for one in CATEGORIES.values():
        yield from (f"{one.key}.{child.key}" for child in one.children if child.key != LAST_RESORT)


def _called(named: Names, key: str) -> str:
    """With its category before it."""
    category, dot, _ = key.partition(".")
    return f"{named[category]}·{named[key]}" if dot else named[key]


def _lines(one: Category, shown: Shown) -> Iterator[str]:
    yield one.label
    named, words = names(shown), load("editing")[POLICY]
    for child in CATEGORIES[one.key].children:
        key = f"{one.key}.{child.key}"
        line = words["hidden" if key in shown.hidden else "offered"]
        yield line.format(child=named[key])


def _of_names(named: Names) -> Iterator[Fault]:
    for key, label in named.items():
        if not label:
            yield Fault("empty", {"shipped": names(Shown())[key]})
        elif len(label) > LONGEST:
            yield Fault("long", {"label": label, "most": LONGEST})
    said = Counter((key.rpartition(".")[0], label) for key, label in named.items() if label)
    for (_, label), times in said.items():
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
    return ClassNames(desk)


offer(Subject(POLICY, _find))
