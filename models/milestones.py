"""Milestones: dated steps of a plan, the same for legacy problems and projects."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, ColumnElement, select
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from models import due_days
from models.errors import AlreadyDone, TooLate


class MilestoneState(StrEnum):
    """节点状态 — where one step of the plan stands."""

    WAITING = "waiting"
    REACHED = "reached"
    DROPPED = "dropped"  # it ended without it


class Dated:
    """节点 — one dated step of a plan. A postponed one keeps the day it was first set for."""

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    first_due_on: Mapped[date]
    due_on: Mapped[date]
    state: Mapped[MilestoneState]
    reason: Mapped[str | None]  # of the last postponement
    reached_at: Mapped[datetime | None]
    clock_at: Mapped[datetime | None]  # when the clock next reminds of it

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        return (
            due_days.clock_index(cls.__tablename__),  # type: ignore[attr-defined]
            CheckConstraint(
                "(state = 'reached') = (reached_at IS NOT NULL)", name="reached_has_time"
            ),
            CheckConstraint(
                "due_on >= first_due_on OR reason IS NOT NULL", name="moved_has_reason"
            ),
        )

    def wait(self, rule: Mapping[str, Any], at: datetime) -> None:
        """Not reached yet, or no more; reminded of by `before_days` and `at` of the rule."""
        self.state, self.reached_at = MilestoneState.WAITING, None
        self.clock_at = due_days.next_moment(self.due_on, rule, at)

    def reach(self, at: datetime) -> None:
        """Raises AlreadyDone."""
        self._check_waiting()
        self.state, self.reached_at, self.clock_at = MilestoneState.REACHED, at, None

    def postpone(self, day: date, reason: str, rule: Mapping[str, Any], at: datetime) -> date:
        """Returns the day before. Raises AlreadyDone, TooLate (a past day, or the same)."""
        self._check_waiting()
        if due_days.is_past(day, at) or day == self.due_on:
            raise TooLate(number="")
        old, self.due_on, self.reason = self.due_on, day, reason.strip()
        self.wait(rule, at)
        return old

    def drop(self) -> None:
        self.state, self.clock_at = MilestoneState.DROPPED, None

    def _check_waiting(self) -> None:
        if self.state != MilestoneState.WAITING:
            raise AlreadyDone(number="")


Step = TypeVar("Step", bound=Dated)


def dated(session: Session, kind: type[Step], *wanted: ColumnElement[bool]) -> Sequence[Step]:
    """Such steps, in the order of their days."""
    return session.scalars(select(kind).where(*wanted).order_by(kind.due_on, kind.id)).all()


def facts(milestone: Dated) -> dict[str, Any]:
    """What the words about it are filled with."""
    return {
        "milestone": milestone.title,
        "due": due_days.noon(milestone.due_on),
        "first_due": due_days.noon(milestone.first_due_on),
        "milestone_state": milestone.state,
        "reason": milestone.reason or "",
    }
