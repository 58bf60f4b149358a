"""Who looked at whose personal data. Rows are only ever added."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base


class Looked(StrEnum):
    """查看内容 — what of a person was shown."""

    CONTACT = "contact"  # name and phone
    MATTERS = "matters"  # what somebody reported


class Access(Base):
    """查看记录 — somebody was shown what is personal of somebody else."""

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)  # who looked
    subject_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)  # at whom
    what: Mapped[Looked]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime]


def record(
    session: Session,
    person_id: int,
    subject_id: int,
    what: Looked,
    at: datetime,
    *,
    ticket_id: int | None = None,
) -> None:
    session.add(
        Access(person_id=person_id, subject_id=subject_id, what=what, ticket_id=ticket_id, at=at)
    )


def latest(session: Session, before: int | None = None, limit: int = 50) -> Sequence[Access]:
    """The latest first; `before` goes on where a page ended."""
    found = select(Access).order_by(Access.id.desc()).limit(limit)
    return session.scalars(found if before is None else found.where(Access.id < before)).all()
