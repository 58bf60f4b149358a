"""The rows of the directory and of questions it had no answer to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, inspect, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from config.policy import load
from models.base import Base
from models.errors import AlreadyDone

CONTENT = (
    *("kind", "title", "text", "aliases", "address", "phone", "hours", "price", "ports"),
    *("is_public_mobile", "since_on", "until_on"),
)
_IS_CURRENT = text("ended_at IS NULL")
_IS_UNANSWERED = text("answered_at IS NULL")


class DirectoryEntry(Base):
    """办事条目 — one version of an answer, good within its area. Replaced, never edited."""

    __tablename__ = "directory_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int | None] = mapped_column(ForeignKey("directory_entries.id"))
    version: Mapped[int]
    kind: Mapped[str]  # a row of config/directory.toml
    title: Mapped[str]
    text: Mapped[str]
    aliases: Mapped[list[Any]]  # the words residents use
    address: Mapped[str | None]
    phone: Mapped[str | None]
    hours: Mapped[str | None]
    price: Mapped[str | None]
    ports: Mapped[int | None]  # of a charging station
    is_public_mobile: Mapped[bool]  # the mobile number in it is a duty phone, meant to be public
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    since_on: Mapped[date]
    until_on: Mapped[date | None]  # the last day it holds
    author_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))  # whose answer it was
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # a newer version came, or it was taken out

    __table_args__ = (
        UniqueConstraint("first_id", "version"),
        Index(
            "ix_directory_entries_current",
            "area_id",
            sqlite_where=_IS_CURRENT,
            postgresql_where=_IS_CURRENT,
        ),
        CheckConstraint("(version = 1) = (first_id IS NULL)", name="first_or_later"),
        CheckConstraint("ports >= 0", name="ports_counted"),
        CheckConstraint("until_on >= since_on", name="ends_after_start"),
    )

    @property
    def number(self) -> int:
        """The same for every version."""
        return self.first_id or self.id

    @validates(*CONTENT, "area_id", "author_id")
    def _is_written_once(self, name: str, value: Any) -> Any:
        if inspect(self).persistent and value != getattr(self, name):
            raise AlreadyDone(number=str(self.number))
        return value


class UnansweredQuestion(Base):
    """待答咨询 — a question the directory had no answer to; its words stay with the ticket."""

    __tablename__ = "questions_unanswered"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), unique=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("directory_entries.id"))

    __table_args__ = (
        Index(
            "ix_questions_unanswered_open",
            "asked_at",
            sqlite_where=_IS_UNANSWERED,
            postgresql_where=_IS_UNANSWERED,
        ),
        CheckConstraint("entry_id IS NULL OR answered_at IS NOT NULL", name="entry_is_an_answer"),
    )


def kinds() -> dict[str, dict[str, Any]]:
    """Every kind of entry with its label, the words for it, and who may use what it names."""
    rows: dict[str, dict[str, Any]] = load("directory")["kind"]
    return rows
