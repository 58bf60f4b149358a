"""The rows of whistles and of the departments they call."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.whistles.flow import PENDING, CallState, WhistleKind, WhistleState

_IS_SOUNDED = text("state = 'sounded'")
_IS_PENDING = text("state IN ('called', 'checked_in')")
_COUNTS = text("state NOT IN ('returned', 'cancelled')")


class Whistle(Base):
    """吹哨 — one call to one or several departments on one ticket, until the caller ends it."""

    __tablename__ = "whistles"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    caller_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[WhistleKind]
    state: Mapped[WhistleState]
    sounded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    clock_at: Mapped[datetime | None]  # when the clock next looks at its calls

    __table_args__ = (
        Index(
            "ix_whistles_sounded",
            "ticket_id",
            unique=True,
            sqlite_where=_IS_SOUNDED,
            postgresql_where=_IS_SOUNDED,
        ),
        Index(
            "ix_whistles_caller",
            "caller_id",
            sqlite_where=_IS_SOUNDED,
            postgresql_where=_IS_SOUNDED,
        ),
        CheckConstraint("(state = 'sounded') = (ended_at IS NULL)", name="end_has_time"),
    )


class WhistleCall(Base):
    """应哨 — one department called: who is asked for it, by when, and what it answered."""

    __tablename__ = "whistle_calls"

    id: Mapped[int] = mapped_column(primary_key=True)
    whistle_id: Mapped[int] = mapped_column(ForeignKey("whistles.id"), index=True)
    department: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))  # None: nobody there
    state: Mapped[CallState]
    called_at: Mapped[datetime]
    check_in_due_at: Mapped[datetime]
    result_due_at: Mapped[datetime]
    checked_in_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]  # when it answered, or was no longer wanted
    # Its words, kept once: as a note of the ticket.
    note_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_notes.id"), index=True)

    __table_args__ = (
        # Who has sent it back may be asked once more; who is asked or has answered may not.
        Index(
            "ix_whistle_calls_department",
            "whistle_id",
            "department",
            unique=True,
            sqlite_where=_COUNTS,
            postgresql_where=_COUNTS,
        ),
        Index(
            "ix_whistle_calls_person",
            "person_id",
            sqlite_where=_IS_PENDING,
            postgresql_where=_IS_PENDING,
        ),
        CheckConstraint(
            "(state IN ('called', 'checked_in')) = (closed_at IS NULL)", name="closed_has_time"
        ),
        CheckConstraint(
            "state NOT IN ('checked_in', 'answered') OR checked_in_at IS NOT NULL",
            name="checked_in_has_time",
        ),
        CheckConstraint(
            "state NOT IN ('answered', 'returned') OR note_id IS NOT NULL",
            name="answer_has_words",
        ),
        CheckConstraint("check_in_due_at <= result_due_at", name="check_in_before_result"),
    )

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING

    def is_late(self, now: datetime) -> bool:
        """Whether the department came too late, or has not come and is due."""
        came_at = self.checked_in_at or self.closed_at or now
        return came_at > self.check_in_due_at
