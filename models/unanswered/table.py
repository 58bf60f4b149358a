"""The rows of what staff decided about texts that met no answer, and which texts those were."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Way(StrEnum):
    """处理方式 — what became of a group of unanswered texts."""

    ANSWERED = "answered"  # an entry of the directory
    TAUGHT = "taught"  # a word of the lexicon
    DISMISSED = "dismissed"  # nothing is to be done, for a reason


class Settlement(Base):
    """未答处理 — one decision about texts that are alike."""

    __tablename__ = "unanswered_settlements"

    id: Mapped[int] = mapped_column(primary_key=True)
    way: Mapped[Way]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("directory_entries.id"))
    word: Mapped[str | None]
    label: Mapped[str | None]  # category.child, the class the word was taught for
    reason: Mapped[str | None]
    by_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("(way = 'answered') = (entry_id IS NOT NULL)", name="answer_has_entry"),
        CheckConstraint("(way = 'taught') = (word IS NOT NULL)", name="teaching_has_word"),
        CheckConstraint("(word IS NULL) = (label IS NULL)", name="word_has_class"),
        CheckConstraint("(way = 'dismissed') = (reason IS NOT NULL)", name="dismissal_has_reason"),
    )


class SettledText(Base):
    """已处理的话 — a text of a settlement; its words stay with the ticket or the question."""

    __tablename__ = "unanswered_texts"

    id: Mapped[int] = mapped_column(primary_key=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("unanswered_settlements.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), unique=True)
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), unique=True)

    __table_args__ = (
        CheckConstraint("(ticket_id IS NULL) != (question_id IS NULL)", name="one_source"),
    )
