"""How long what is kept: the days of each kind of rows, within what the law and the pages need."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, body_in_force, offer
from config.policy import load
from models.errors import NotFound
from models.retention import POLICY, days_in

MOST_DIGITS = 5


class Terms(Setting):
    """保存多久 — for how many days each kind of rows stays where every day works with it."""

    def __init__(self) -> None:
        super().__init__(POLICY, load("editing")[POLICY]["label"])
        self.rows: Mapping[str, Mapping[str, Any]] = load("retention")["rows"]

    def draft_of(self, body: Body) -> Draft:
        return {name: str(days) for name, days in days_in(body).items()}

    def body_in(self, session: Session, draft: Draft) -> Body:
        chosen, faults = {}, []
        for name, row in self.rows.items():
            typed = draft.get(name, "").strip()
            days = _read(typed)
            if days is None or not row["least"] <= days <= row["most"]:
                faults.append(Fault("unfit", {**row, "typed": typed}))
            elif days != row["days"]:
                chosen[name] = days
        if faults:
            raise Unfit(faults)
        return {"days": chosen} if chosen else {}

    def lines(self, body: Body) -> list[str]:
        told: str = load("editing")[POLICY]["line"]
        return [told.format(**self.rows[name], kept=days) for name, days in days_in(body).items()]

    def choices(self) -> Mapping[str, Any]:
        return {"rows": self.rows}

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        """What goes sooner: it does not come back when the number is raised again."""
        _, before = body_in_force(session, self)
        old, new = days_in(before), days_in(body)
        shorter = [self.rows[name] for name in new if new[name] < old[name]]
        return {"shorter": shorter} if shorter else {}


def _read(typed: str) -> int | None:
    plain = unicodedata.normalize("NFKC", typed)
    is_number = plain.isascii() and plain.isdigit() and len(plain) <= MOST_DIGITS
    return int(plain) if is_number else None


def _terms(desk: Desk, session: Session, item: str, area_id: int | None) -> Terms:
    if item:
        raise NotFound(item)
    return Terms()


offer(Subject(POLICY, _terms))
