"""The rows of supervisions: whom they ask, about what, and what was said."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models import due_days
from models.base import Base
from models.localtime import local
from models.supervisions.flow import OPEN, SupervisionState


class Supervision(Base):
    """督办 — a superior asks a paid post about matters of theirs, and wants an answer by a day."""

    __tablename__ = "supervisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    supervisor_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)  # whoever holds it
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"), index=True)
    state: Mapped[SupervisionState]
    asked_at: Mapped[datetime]
    due_on: Mapped[date]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    clock_at: Mapped[datetime | None]  # when the clock next speaks of it

    __table_args__ = (
        due_days.clock_index("supervisions"),
        CheckConstraint(
            "state NOT IN ('answered', 'closed') OR answered_at IS NOT NULL", name="answer_has_time"
        ),
        CheckConstraint(
            "(state IN ('closed', 'withdrawn')) = (ended_at IS NOT NULL)", name="end_has_time"
        ),
        CheckConstraint("clock_at IS NULL OR state = 'asked'", name="clock_while_asked"),
    )

    @property
    def number(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def is_late(self, at: datetime) -> bool:
        """Answered after its day, or not at all although that has passed."""
        if self.state == SupervisionState.WITHDRAWN:
            return False
        return local(self.answered_at or at).date() > self.due_on


class SupervisedTicket(Base):
    """督办的工单 — one of the matters a supervision is about."""

    __tablename__ = "supervision_tickets"

    supervision_id: Mapped[int] = mapped_column(ForeignKey("supervisions.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True, index=True)


class EntryKind(StrEnum):
    """督办记录 — what somebody said in a supervision."""

    NOTE = "note"
    ANSWER = "answer"
    AGAIN = "again"
    TALK = "talk"
    WITHDRAWAL = "withdrawal"


class SupervisionEntry(Base):
    """督办里的话 — the note, an answer, a talk 约谈; in the order they were said."""

    __tablename__ = "supervision_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    supervision_id: Mapped[int] = mapped_column(ForeignKey("supervisions.id"), index=True)
    kind: Mapped[EntryKind]
    author_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    text: Mapped[str | None]  # None once its author is erased, or an answer was taken back
    held_on: Mapped[date | None]  # of a talk
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(kind = 'talk') = (held_on IS NOT NULL)", name="talk_has_day"),
    )
