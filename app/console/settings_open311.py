"""Whether matters of a place are read from outside by Open311 对外公开查询."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.editable import Body, Draft, Fault, Setting, Subject, Unfit, offer
from config.policy import load
from models.errors import NotFound
from models.open311 import lists
from models.open311.public import OFF, POLICY, READING

ON = "on"
DAYS = load(POLICY)["most"]["days"]  # as far as one reading goes back


class ReadFromOutside(Setting):
    """对外公开查询 — the switch of the house or of an area; what is off around stays off inside."""

    def __init__(self, area_id: int | None) -> None:
        super().__init__(POLICY, load("editing")[POLICY]["label"], area_id)

    def draft_of(self, body: Body) -> Draft:
        return {READING: body.get(READING, ON)}

    def body_in(self, session: Session, draft: Draft) -> Body:
        chosen = draft.get(READING, ON)
        if chosen not in (ON, OFF):
            raise Unfit([Fault("unknown")])
        return {READING: OFF} if chosen == OFF else {}

    def lines(self, body: Body) -> list[str]:
        words: Mapping[str, str] = load("editing")[POLICY]["lines"]
        return [words[body.get(READING, ON)]]

    def choices(self) -> Mapping[str, Any]:
        return {"choices": load("editing")[POLICY]["lines"]}

    def outlook(self, session: Session, body: Body, now: datetime) -> Mapping[str, Any]:
        return {
            "count": lists.count(session, self.area_id, now - timedelta(days=DAYS)),
            "days": DAYS,
        }


def _find(_: Desk, __: Session, item: str, area_id: int | None) -> ReadFromOutside:
    if item:
        raise NotFound(item)
    return ReadFromOutside(area_id)


offer(Subject(POLICY, _find))
