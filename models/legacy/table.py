"""The rows of legacy problems: their tickets, task force, milestones and progress."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.legacy.flow import OPEN, LegacyOutcome, LegacyState
from models.milestones import Dated
from models.posts import Role
from models.progress import Told


class LegacyProblem(Base):
    """历史遗留问题 — one that takes a plan and months: 一事一策, with public progress."""

    __tablename__ = "legacy_problems"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)  # of its page; tells nothing, is no count
    account: Mapped[str]
    title: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    state: Mapped[LegacyState]
    opened_by: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    opened_at: Mapped[datetime]
    plan: Mapped[str | None]
    planned_at: Mapped[datetime | None]
    outcome: Mapped[LegacyOutcome | None]
    result: Mapped[str | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "state NOT IN ('under_way', 'ended') OR plan IS NOT NULL", name="under_way_has_plan"
        ),
        CheckConstraint(
            "(state = 'ended') = (outcome IS NOT NULL)"
            " AND (state = 'ended') = (result IS NOT NULL)"
            " AND (state = 'ended') = (ended_at IS NOT NULL)",
            name="end_is_whole",
        ),
    )

    @property
    def number(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class LegacyTicket(Base):
    """关联工单 — a ticket that is part of the problem; a ticket is part of one at most."""

    __tablename__ = "legacy_tickets"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("legacy_problems.id"), index=True)
    linked_at: Mapped[datetime]


class ForceMember(Base):
    """专班成员 — one post of the task force."""

    __tablename__ = "legacy_force"

    id: Mapped[int] = mapped_column(primary_key=True)
    problem_id: Mapped[int] = mapped_column(ForeignKey("legacy_problems.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[Role]
    department: Mapped[str | None]
    joined_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("problem_id", "person_id"),)


class Milestone(Dated, Base):
    """节点 — one dated step of the plan of a problem."""

    __tablename__ = "legacy_milestones"

    problem_id: Mapped[int] = mapped_column(ForeignKey("legacy_problems.id"), index=True)


class Progress(Told, Base):
    """进展 — what was told of the problem."""

    __tablename__ = "legacy_progress"

    problem_id: Mapped[int] = mapped_column(ForeignKey("legacy_problems.id"), index=True)
