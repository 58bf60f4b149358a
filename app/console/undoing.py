"""撤销 from a page: this person's last step, as long as it was taken on the very thing shown."""

from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.console.changing import Act, Form
from app.console.desk import Desk
from models.errors import TooLate
from models.events import Event


class Undoing(Protocol):
    """可撤销的步骤 — what the steps of one subject know: `models.operations.undoing` is one."""

    undoable: Any
    undo: Any


def last_step(session: Session, desk: Desk, undoing: Undoing, number: int) -> Event | None:
    last: Event | None = undoing.undoable(session, desk.staff.person_id, desk.now)
    return last if last is not None and last.subject_id == number else None


def act_of(undoing: Undoing) -> Act:
    def undo(session: Session, desk: Desk, found: Any, _: Form) -> None:
        last = last_step(session, desk, undoing, found.id)
        if last is None:
            raise TooLate(number=found.number)
        undoing.undo(session, last, by=desk.staff.person_id, at=desk.now)

    return undo
