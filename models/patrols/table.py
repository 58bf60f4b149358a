"""The rows of rounds and check points."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

_IS_UNDER_WAY = text("ended_at IS NULL")


class CheckPoint(Base):
    """巡查点 — a spot with a code of its own, for those who want to scan while they walk."""

    __tablename__ = "check_points"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    name: Mapped[str]
    scene: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Round(Base):
    """巡查 — one walk of one person, begun and ended at their word. Nothing in it is owed."""

    __tablename__ = "rounds"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_rounds_under_way",
            "person_id",
            unique=True,
            sqlite_where=_IS_UNDER_WAY,
            postgresql_where=_IS_UNDER_WAY,
        ),
        Index("ix_rounds_area", "area_id", "started_at"),
    )


class RoundPoint(Base):
    """到点 — a check point scanned in a round, the first time; only its walker reads of it."""

    __tablename__ = "round_points"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    check_point_id: Mapped[int] = mapped_column(
        ForeignKey("check_points.id"), primary_key=True, index=True
    )
    at: Mapped[datetime]
