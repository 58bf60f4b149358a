"""Who looked at whose personal data. Rows are only ever added."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.people import Person, all_they_were


class Looked(StrEnum):
    """查看内容 — what of a person was shown."""

    CONTACT = "contact"  # name and phone
    MATTERS = "matters"  # what somebody reported
    MEDIATION = "mediation"  # the record of a mediation
    LIST = "list"  # a list that was taken away as a sheet


class Access(Base):
    """查看记录 — somebody was shown what is personal of somebody else."""

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)  # who looked
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)  # at whom
    what: Mapped[Looked]
    listing: Mapped[str | None]  # which list was taken away
    amount: Mapped[int | None]  # and of how many rows
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    mediation_id: Mapped[int | None] = mapped_column(ForeignKey("mediations.id"))
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            "(what IN ('list', 'mediation')) = (subject_id IS NULL)", name="person_or_list"
        ),
        CheckConstraint("(what = 'mediation') = (mediation_id IS NOT NULL)", name="mediation"),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """筛选条件 — which looks a list is narrowed to; each left out narrows nothing."""

    who: str = ""  # a part of the name of who looked
    what: Looked | None = None
    subject_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


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


def record_list(session: Session, person_id: int, listing: str, amount: int, at: datetime) -> None:
    session.add(
        Access(person_id=person_id, what=Looked.LIST, listing=listing, amount=amount, at=at)
    )


def record_mediation(session: Session, person_id: int, mediation_id: int, at: datetime) -> None:
    session.add(
        Access(person_id=person_id, what=Looked.MEDIATION, mediation_id=mediation_id, at=at)
    )


def latest(
    session: Session, wanted: Wanted | None = None, before: int | None = None, limit: int = 50
) -> Sequence[Access]:
    """The latest first; `before` goes on where a page ended."""
    found = select(Access).where(*_where(wanted or Wanted())).order_by(Access.id.desc())
    if before is not None:
        found = found.where(Access.id < before)
    return session.scalars(found.limit(limit)).all()


def count(session: Session, wanted: Wanted, most: int) -> int:
    """How many there are, up to `most`."""
    found = select(Access.id).where(*_where(wanted)).limit(most)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def _where(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.who:
        named = Person.name.contains(wanted.who, autoescape=True)
        yield Access.person_id.in_(select(Person.id).where(named))
    if wanted.what is not None:
        yield Access.what == wanted.what
    if wanted.subject_id is not None:
        yield Access.subject_id.in_(all_they_were(wanted.subject_id))
    if wanted.since is not None:
        yield Access.at >= wanted.since
    if wanted.until is not None:
        yield Access.at < wanted.until
