"""Who is asked to work on a ticket, and who stands behind it: a block reads it once."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.remembering import Memory
from models.statements import Statement
from models.tickets.table import ACTIVE, Answer, Assignment, Part, Supporter

_TICKET: Any = bindparam("ticket_id", required=True)


class Asked(NamedTuple):
    """派单 — an assignment with all its columns, which a snapshot of a ticket keeps."""

    id: int
    ticket_id: int
    post_id: int
    person_id: int
    part: Part
    answer: Answer
    asked_at: datetime
    answered_at: datetime | None

    @property
    def is_active(self) -> bool:
        return self.answer in ACTIVE


_ASKED = Statement(
    select(*(Assignment.__table__.c[name] for name in Asked._fields))
    .where(Assignment.ticket_id == _TICKET)
    .order_by(Assignment.id)
)
_JOINED = Statement(
    select(Supporter.person_id).where(Supporter.ticket_id == _TICKET).order_by(Supporter.id)
)
_IS_JOINED = Statement(
    select(Supporter.id).where(
        Supporter.ticket_id == _TICKET,
        Supporter.person_id == bindparam("person_id", required=True),
    )
)
_assignments, _supporters = Memory("assignments"), Memory("supporters")


def asked(session: Session, ticket_id: int) -> Sequence[Asked]:
    """Everybody who was ever asked, the first asked first."""
    session.flush()
    return _assignments.look(session, ticket_id, partial(_read_asked, session, ticket_id))


def _read_asked(session: Session, ticket_id: int) -> list[Asked]:
    return [Asked(*row) for row in _ASKED.run(session, ticket_id=ticket_id)]


def supporters(session: Session, ticket_id: int) -> Sequence[int]:
    """The persons who joined it, the first first."""
    session.flush()
    return _supporters.look(session, ticket_id, partial(_read_supporters, session, ticket_id))


def _read_supporters(session: Session, ticket_id: int) -> list[int]:
    return [person_id for (person_id,) in _JOINED.run(session, ticket_id=ticket_id)]


def is_supporter(session: Session, ticket_id: int, person_id: int) -> bool:
    """Asked of one person alone: thousands may have joined."""
    session.flush()
    read = partial(_IS_JOINED.run, session, ticket_id=ticket_id, person_id=person_id)
    return bool(_supporters.look(session, (ticket_id, person_id), read))


def forget_supporters(session: Session) -> None:
    """Somebody joined by a Statement."""
    _supporters.forget(session)
