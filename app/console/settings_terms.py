"""Time limits 办理时限: how soon each kind of matter is accepted and resolved, and where."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import and_
from sqlalchemy.orm import Session

from app.console import moving
from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, offer
from bots.rendering import kind, label
from config.categories import LEVEL_ONE, Urgency
from config.policy import load
from models import sla, work_calendars
from models.errors import NotFound
from models.places import root_area_id
from models.policies import Policy
from models.sla import Limit, Rows
from models.tickets import recomputing
from models.work_calendars import LIMITS, UNDER_WAY

DEFAULT = "default"
ROWS = (DEFAULT, *LEVEL_ONE)
FIELDS = tuple(
    (urgency.value, limit)
    for urgency in Urgency
    for limit in sla.LIMITS
    if limit != "arrive" or urgency is Urgency.EMERGENCY
)
MOST_DAYS = 365
HOUR = 60
AMOUNT = re.compile(r"(\d{1,6})\s*(\S+)")

Cell = tuple[str, str, str]
"""Category, urgency and limit."""


class Terms(Setting):
    """办理时限 — the table of limits, of the house or what an area has otherwise."""

    def __init__(self, desk: Desk, area_id: int | None) -> None:
        super().__init__(LIMITS, load("editing")[LIMITS]["label"], area_id)
        self.desk = desk
        # What a version is laid over; an area says only what it has otherwise.
        self.base: Rows = load("sla")["terms"] if area_id is None else {}

    def draft_of(self, body: Body) -> Draft:
        rows = sla.overlaid(self.base, [body.get("terms", {})])
        return {".".join(cell): said(limit_of(rows, cell)) for cell in cells()}

    def body_in(self, session: Session, draft: Draft) -> Body:
        terms: dict[str, dict[str, dict[str, int]]] = {}
        faults = []
        for cell in cells():
            typed = draft.get(".".join(cell), "").strip()
            limit = read(typed)
            category, urgency, name = cell
            if typed and limit is None:
                faults.append(_fault("unread", cell, typed))
            elif limit is None and category == DEFAULT and self.area_id is None:
                faults.append(_fault("needed", cell))
            elif limit != limit_of(self.base, cell):
                terms.setdefault(category, {}).setdefault(urgency, {}).update(_written(name, limit))
        if not faults:
            faults = self._contradictions(session, terms)
        if faults:
            raise Unfit(faults)
        return {"terms": terms} if terms else {}

    def lines(self, body: Body) -> list[str]:
        rows = sla.overlaid(self.base, [body.get("terms", {})])
        told = []
        for category in ROWS:
            for urgency in Urgency:
                row = [(limit, limit_of(rows, (category, urgency, limit))) for limit in sla.LIMITS]
                words = "，".join(f"{_word(name)} {said(limit)}" for name, limit in row if limit)
                if words:
                    told.append(f"{_kind(category)} {label(urgency, 'urgency')}：{words}")
        return told

    def choices(self) -> Mapping[str, Any]:
        columns = [
            (urgency, [limit for of, limit in FIELDS if of == urgency]) for urgency in Urgency
        ]
        return {"rows": ROWS, "columns": columns, "default": DEFAULT}

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        rows = body.get("terms", {})
        place = self.area_id or root_area_id(session)
        if place is None:
            return {}
        old = work_calendars.terms_at(session, place)
        sorts = old.differing(work_calendars.terms_if(session, place, self.area_id, rows))
        of = recomputing.of_sorts(sorts)

        said = {"name": LIMITS, "where": self.area_id, "body": {"terms": rows}}
        terms_of = partial(work_calendars.all_terms_if, session, **said)
        return moving.outlook(
            session,
            self.desk,
            lambda seen: recomputing.moving(session, self.area_id, terms_of, and_(of, seen)),
            now,
        )

    def published(self, session: Session, made: Policy) -> None:
        place = self.area_id or root_area_id(session)
        if place is not None:
            work_calendars.ask_recomputing(session, place, made.revision, made.at + UNDER_WAY)

    def _contradictions(self, session: Session, terms: Rows) -> list[Fault]:
        around = load("sla")["terms"]
        if self.area_id is not None:
            around = work_calendars.rows_around(session, self.area_id)
        wrong = sla.contradicting(sla.overlaid(around, [terms]))
        return [_fault("contradicting", (one, "", "")) for one in wrong]


def cells() -> Iterator[Cell]:
    return ((category, urgency, limit) for category in ROWS for urgency, limit in FIELDS)


def limit_of(rows: Rows, cell: Cell) -> Limit | None:
    category, urgency, limit = cell
    return sla.limit_in(rows.get(category, {}).get(urgency, {}), limit)


def read(typed: str) -> Limit | None:
    """None for what is no time, and for none at all."""
    found = AMOUNT.fullmatch(unicodedata.normalize("NFKC", typed))
    if found is None or found[2] not in _units():
        return None
    unit, size = _units()[found[2]]
    amount = int(found[1]) * size
    is_sound = 0 < amount <= MOST_DAYS * (1 if unit == "days" else 24 * HOUR)
    return Limit(amount, unit) if is_sound else None


def said(limit: Limit | None) -> str:
    """In the largest unit that leaves a whole number."""
    if limit is None:
        return ""
    fits = [
        (size, name)
        for name, (unit, size) in _units().items()
        if unit == limit.unit and limit.amount % size == 0
    ]
    size, name = max(fits, key=lambda one: one[0])
    return f"{limit.amount / size:g}{name}"


def _written(name: str, limit: Limit | None) -> dict[str, int]:
    """Both units, so that the one of the file does not count beside the one that was typed."""
    amounts = dict.fromkeys((f"{name}_{unit}" for unit in sla.UNITS), 0)
    return amounts | ({f"{name}_{limit.unit}": int(limit.amount)} if limit else {})


def _units() -> Mapping[str, tuple[str, int]]:
    units: Mapping[str, tuple[str, int]] = load("editing")[LIMITS]["units"]
    return units


def _word(limit: str) -> str:
    return str(load("editing")[LIMITS]["limits"][limit])


def _kind(category: str) -> str:
    return str(load("editing")[LIMITS][DEFAULT]) if category == DEFAULT else kind(category)


def _fault(why: str, cell: Cell, typed: str = "") -> Fault:
    category, urgency, limit = cell
    place = [_kind(category), label(urgency, "urgency"), _word(limit) if limit else ""]
    return Fault(why, {"place": " ".join(filter(None, place)), "typed": typed})


def _terms(desk: Desk, session: Session, item: str, area_id: int | None) -> Terms:
    if item:
        raise NotFound(item)
    return Terms(desk, area_id)


offer(Subject(LIMITS, _terms))
