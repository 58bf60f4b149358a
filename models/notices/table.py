"""The rows of notices, of who read them and of what was objected."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from config.policy import load
from models.base import Base
from models.errors import AlreadyDone


class NoticeState(StrEnum):
    """公示状态 — where a notice stands."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"


class Channel(StrEnum):
    """公示渠道 — a way by which a notice comes to people. In the chat it is read in any case."""

    PUSH = "push"
    PAGE = "page"
    POSTER = "poster"


EVERYBODY = "everybody"  # the row of config/notices.toml that leaves nobody out
OUT = frozenset({NoticeState.PUBLISHED, NoticeState.ARCHIVED})
_NOT_WITHDRAWN = text("state != 'withdrawn'")
_IS_SCHEDULED = text("state = 'scheduled'")
_IS_PUBLISHED = text("state = 'published'")
_IS_UNANSWERED = text("answered_at IS NULL")


class Notice(Base):
    """公示 — a text for everybody of an area. Once published it is corrected, never edited."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    kind: Mapped[str]  # a row of config/notices.toml
    title: Mapped[str]
    body: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    state: Mapped[NoticeState]
    author_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    version: Mapped[int] = mapped_column(server_default="1")
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))
    told: Mapped[int] = mapped_column(server_default="0")  # persons with a message of it
    channels: Mapped[list[Any]] = mapped_column(server_default='["push", "page", "poster"]')
    created_at: Mapped[datetime]
    publish_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    window_ends_at: Mapped[datetime | None]  # 公示期: objections are taken until then
    archived_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_notices_corrects",
            "corrects_id",
            unique=True,
            sqlite_where=_NOT_WITHDRAWN,
            postgresql_where=_NOT_WITHDRAWN,
        ),
        Index(
            "ix_notices_scheduled",
            "publish_at",
            sqlite_where=_IS_SCHEDULED,
            postgresql_where=_IS_SCHEDULED,
        ),
        Index(
            "ix_notices_published",
            "published_at",
            sqlite_where=_IS_PUBLISHED,
            postgresql_where=_IS_PUBLISHED,
        ),
        CheckConstraint("reviewer_id <> author_id", name="second_person"),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR reviewer_id IS NOT NULL", name="reviewed_by_someone"
        ),
        CheckConstraint(
            "state <> 'scheduled' OR publish_at IS NOT NULL", name="scheduled_has_time"
        ),
        CheckConstraint(
            "(state IN ('published', 'archived')) = (published_at IS NOT NULL)", name="out_has_time"
        ),
        CheckConstraint(
            "(state = 'archived') = (archived_at IS NOT NULL)", name="archived_has_time"
        ),
        CheckConstraint("(version = 1) = (corrects_id IS NULL)", name="first_or_correction"),
    )

    @property
    def number(self) -> str:
        return f"#{self.id}"

    def takes_objections(self, at: datetime) -> bool:
        return (
            self.state == NoticeState.PUBLISHED
            and self.window_ends_at is not None
            and at < self.window_ends_at
        )

    @validates("kind", "title", "body", "area_id", "channels")
    def _is_not_out(self, name: str, value: Any) -> Any:
        if self.published_at is not None and value != getattr(self, name):
            raise AlreadyDone(number=self.number)
        return value


class NoticeAudience(Base):
    """公示对象 — one group of people a notice is meant for: a row of config/notices.toml."""

    __tablename__ = "notice_audiences"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    audience: Mapped[str] = mapped_column(primary_key=True)


class Objection(Base):
    """异议 — what a neighbour has against a notice. Not public; each has its answer."""

    __tablename__ = "objections"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    account: Mapped[str]  # by which they wrote, and are answered
    text: Mapped[str | None]  # None once the person is erased
    at: Mapped[datetime]
    answer_due_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_objections_unanswered",
            "answer_due_at",
            sqlite_where=_IS_UNANSWERED,
            postgresql_where=_IS_UNANSWERED,
        ),
        CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)"
            " AND (answered_at IS NULL) = (answered_by IS NULL)",
            name="answer_is_whole",
        ),
    )


class NoticeRead(Base):
    """已读 — one person has opened one notice."""

    __tablename__ = "notice_reads"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), primary_key=True, index=True)
    at: Mapped[datetime]


class ArchiveLink(Base):
    """归档链 — one archived notice, as it was, bound to the one archived before it."""

    __tablename__ = "notice_links"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), unique=True)
    content: Mapped[str]
    content_hash: Mapped[str]
    previous_hash: Mapped[str] = mapped_column(unique=True)  # no two follow the same one
    link_hash: Mapped[str]


class PersonTag(Base):
    """人群标签 — a person belongs to a group that notices may be meant for."""

    __tablename__ = "person_tags"

    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True, index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]


def kinds() -> dict[str, dict[str, Any]]:
    """Every kind of notice with its label and whether it has a publicity period."""
    rows: dict[str, dict[str, Any]] = load("notices")["kind"]
    return rows


def audiences() -> dict[str, dict[str, Any]]:
    """Every audience with its label and who belongs to it."""
    rows: dict[str, dict[str, Any]] = load("notices")["audience"]
    return rows
