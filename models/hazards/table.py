"""The rows of the hazard ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from config.categories import Urgency
from config.policy import load
from models.base import Base
from models.hazards.flow import WAITING, Entry, Finder, HazardState
from models.patrols.table import CheckPoint, Round
from models.tickets.table import About

_IS_FOUND = text("state = 'found'")
IS_WAITING = text("state IN ('found', 'passed_up')")
_IS_MOVED = text("moved_by IS NOT NULL")
_IS_OF_ROUND = text("round_id IS NOT NULL")


class Hazard(Base):
    """隐患 — one danger somebody found, and what became of it.

    Once it has a ticket, the ticket moves it: nobody types anything twice.
    """

    __tablename__ = "hazards"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    finder_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    found_by: Mapped[Finder]
    entry: Mapped[Entry]
    text: Mapped[str | None]  # None where the ticket holds the words, or the finder is erased
    category: Mapped[str]
    subcategory: Mapped[str | None]
    urgency: Mapped[Urgency]
    confidence: Mapped[float]
    evidence: Mapped[list[Any]]  # [[word, weight], ...] behind the class
    about: Mapped[About | None]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    place_name: Mapped[str | None]
    spot: Mapped[str | None]
    state: Mapped[HazardState]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), unique=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey(Round.id))
    check_point_id: Mapped[int | None] = mapped_column(ForeignKey(CheckPoint.id))
    found_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    # Whose step was the last; nobody's where its ticket moved it.
    moved_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    clock_at: Mapped[datetime | None]  # when the clock passes it up

    __table_args__ = (
        Index("ix_hazards_finder", "finder_id", "found_at"),
        Index(
            "ix_hazards_moved",
            "moved_by",
            "moved_at",
            sqlite_where=_IS_MOVED,
            postgresql_where=_IS_MOVED,
        ),
        Index("ix_hazards_found", "community_id", "found_at"),
        Index(
            "ix_hazards_round",
            "round_id",
            sqlite_where=_IS_OF_ROUND,
            postgresql_where=_IS_OF_ROUND,
        ),
        Index("ix_hazards_area", "area_id", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
        Index("ix_hazards_clock", "clock_at", sqlite_where=_IS_FOUND, postgresql_where=_IS_FOUND),
        CheckConstraint("(state = 'found') = (clock_at IS NOT NULL)", name="found_has_clock"),
        CheckConstraint("state <> 'found' OR ticket_id IS NULL", name="found_has_no_ticket"),
        CheckConstraint(
            "state IN ('found', 'solved_on_the_spot', 'struck', 'taken_back')"
            " OR ticket_id IS NOT NULL",
            name="passed_up_has_ticket",
        ),
    )

    @property
    def number(self) -> str:
        return f"{load('labels')['noun']['hazard']}{self.id}"

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING


class HazardPhoto(Base):
    """隐患照片 — a photo of a hazard that has no ticket; welcome, never required."""

    __tablename__ = "hazard_photos"

    photo_id: Mapped[int] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), primary_key=True
    )
    hazard_id: Mapped[int] = mapped_column(ForeignKey("hazards.id"), index=True)
