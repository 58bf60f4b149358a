"""The rows of joint operations: who was asked to come, what was found, the photos of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from config.policy import load
from models.base import Base
from models.operations.flow import OPEN, OperationState, Reply
from models.posts import Role

_IS_OPEN = text("state IN ('planned', 'under_way', 'ended')")
_HAS_CLOCK = text("clock_at IS NOT NULL")


class Operation(Base):
    """专项整治 — several teams at one place at one time, until its result is published."""

    __tablename__ = "operations"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    title: Mapped[str]
    targets: Mapped[str | None]  # what is looked at, where the plan says it
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    starts_at: Mapped[datetime]
    state: Mapped[OperationState]
    leader_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    planned_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    clock_at: Mapped[datetime | None]  # when the clock next does something to it
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"), index=True)

    __table_args__ = (
        Index(
            "ix_operations_leader",
            "leader_id",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index(
            "ix_operations_clock", "clock_at", sqlite_where=_HAS_CLOCK, postgresql_where=_HAS_CLOCK
        ),
        CheckConstraint(
            "state NOT IN ('under_way', 'ended', 'published') OR started_at IS NOT NULL",
            name="under_way_has_begun",
        ),
        CheckConstraint(
            "state NOT IN ('ended', 'published') OR ended_at IS NOT NULL", name="end_has_time"
        ),
        CheckConstraint(
            "state NOT IN ('ended', 'published') OR notice_id IS NOT NULL", name="end_has_sheet"
        ),
    )

    @property
    def number(self) -> str:
        return str(load("labels")["number"]["operation"]).format(self.id)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class Member(Base):
    """参加人员 — one post asked to come, and what its holder said."""

    __tablename__ = "operation_members"

    id: Mapped[int] = mapped_column(primary_key=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("operations.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[Role]
    department: Mapped[str | None]
    reply: Mapped[Reply]
    asked_at: Mapped[datetime]
    replied_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("operation_id", "person_id"),
        CheckConstraint("(reply = 'asked') = (replied_at IS NULL)", name="reply_has_time"),
    )


class Finding(Base):
    """整治成果 — so many of one thing, told by one person on site in their own words."""

    __tablename__ = "operation_findings"

    id: Mapped[int] = mapped_column(primary_key=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("operations.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    kind: Mapped[str | None]  # a row of config/operations.toml; None: as it was called
    name: Mapped[str]  # what it was called
    count: Mapped[int]
    unit: Mapped[str]
    is_settled: Mapped[bool] = mapped_column(server_default=true())  # else it was only found
    building: Mapped[str | None]  # 3号楼, where one was named
    text: Mapped[str | None]  # the whole message; None once its author is erased
    at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)

    __table_args__ = (CheckConstraint("count > 0", name="count_is_positive"),)


class FindingPhoto(Base):
    """整治照片 — a photo from the site; with what was told around it, if anything was."""

    __tablename__ = "operation_photos"

    id: Mapped[int] = mapped_column(primary_key=True)
    operation_id: Mapped[int] = mapped_column(ForeignKey("operations.id"), index=True)
    finding_id: Mapped[int | None] = mapped_column(ForeignKey("operation_findings.id"), index=True)
    # Who sent it may have all their photos destroyed.
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    at: Mapped[datetime]
