"""The rows of daily matchings and of what each who was asked said."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class MatchingSide(StrEnum):
    """对接方 — from which side somebody compares."""

    PATROL = "patrol"
    GRID = "grid"


class MatchingAnswer(StrEnum):
    """对接答复 — what was said; no answer is one too, and no failing of anybody."""

    AGREES = "agrees"
    DIFFERS = "differs"


class Matching(Base):
    """每日对接 — one comparison of one grid at one time."""

    __tablename__ = "matchings"

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    due_at: Mapped[datetime]
    grid_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    lists: Mapped[dict[str, Any]]  # found, solved, taken, waiting, in_hand → ids of hazards

    __table_args__ = (UniqueConstraint("job", "due_at", "grid_id"),)


class Matched(Base):
    """对接人 — one who was asked to compare, and the answer if there is one."""

    __tablename__ = "matching_persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    matching_id: Mapped[int] = mapped_column(ForeignKey("matchings.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    side: Mapped[MatchingSide]
    answer: Mapped[MatchingAnswer | None]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("matching_id", "person_id"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer_has_time"),
    )
