"""The rows of the daily rollups."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.metrics.tally import PASSING, Count


class Slice(StrEnum):
    """切分 — what the tickets of an area and a day are told apart by."""

    TOTAL = "total"
    CATEGORY = "category"
    LEVEL = "level"
    TEAM = "team"


class MetricDay(Base):
    """每日指标 — counts of one area, day and slice, of the matters that have ended."""

    __tablename__ = "metric_days"

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    slice: Mapped[Slice] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)  # the category, level or team; else ""

    opened: Mapped[int]
    complaints: Mapped[int]
    answered: Mapped[int]
    answer_missed: Mapped[int]
    resolved_in_time: Mapped[int]
    resolved_late: Mapped[int]
    fixed: Mapped[int]
    disputed: Mapped[int]
    cannot_fix: Mapped[int]
    not_ours: Mapped[int]
    duplicate: Mapped[int]
    withdrawn: Mapped[int]
    reopened: Mapped[int]
    returned: Mapped[int]
    ratings: Mapped[int]
    satisfied: Mapped[int]


KEPT = tuple(one for one in Count if one not in PASSING)
