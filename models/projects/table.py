"""The rows of projects: their tickets, milestones, progress and photos."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models import due_days
from models.base import Base
from models.milestones import Dated
from models.progress import Told
from models.projects.flow import OPEN, ProjectKind, ProjectState


class Project(Base):
    """项目 — what a place sets out to do by a day: a post answers for it, everybody reads of it."""

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)  # of its page; tells nothing, is no count
    account: Mapped[str]
    kind: Mapped[ProjectKind]
    title: Mapped[str]
    goal: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)  # answers for it
    state: Mapped[ProjectState]
    made_by: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    made_at: Mapped[datetime]
    due_on: Mapped[date]
    result: Mapped[str | None]  # what came of it, or why it was stopped
    ended_at: Mapped[datetime | None]
    clock_at: Mapped[datetime | None]  # when the clock next speaks of its last day

    __table_args__ = (
        due_days.clock_index("projects"),
        CheckConstraint(
            "(state IN ('done', 'stopped')) = (ended_at IS NOT NULL)"
            " AND (state IN ('done', 'stopped')) = (result IS NOT NULL)",
            name="end_is_whole",
        ),
        CheckConstraint("clock_at IS NULL OR ended_at IS NULL", name="clock_while_open"),
    )

    @property
    def number(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def is_late(self, at: datetime) -> bool:
        return self.is_open and due_days.is_past(self.due_on, at)


class ProjectTicket(Base):
    """项目工单 — a matter that became part of a project; of one at most."""

    __tablename__ = "project_tickets"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    linked_at: Mapped[datetime]


class ProjectMilestone(Dated, Base):
    """项目节点 — one dated step towards its end."""

    __tablename__ = "project_milestones"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)


class ProjectNote(Told, Base):
    """项目进展 — what was told of it, with a photo maybe."""

    __tablename__ = "project_notes"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"), index=True)
