"""The rows of reports and of who is sent them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.metrics.periods import Period


class Edition(StrEnum):
    """期次 — what comes out by the clock: the digests of the day, and four reports."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"


REPORTS = (Edition.WEEKLY, Edition.MONTHLY, Edition.QUARTERLY, Edition.ANNUAL)


class Report(Base):
    """研判报告 — one period of one area, made once. Its figures are read anew each time, so that
    every number is the length of its list; kept are the topics, with the matters they are of."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition: Mapped[Edition]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    topics: Mapped[list[Any]]  # [{"word": ..., "tickets": [ids], "before": how many}, ...]
    made_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("edition", "area_id", "first_on"),
        CheckConstraint("first_on <= last_on", name="days_in_order"),
    )

    @property
    def period(self) -> Period:
        return Period(self.first_on, self.last_on)


class Wish(StrEnum):
    """意愿 — what somebody said of an edition: that they want it, or no more."""

    WANTED = "wanted"
    STOPPED = "stopped"


class Subscription(Base):
    """订阅 — what was said of who is sent an edition of an area; it stands above the usual."""

    __tablename__ = "subscriptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    edition: Mapped[Edition]
    wish: Mapped[Wish]
    said_by: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    said_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("area_id", "person_id", "edition"),
        Index("ix_subscriptions_area", "area_id", "edition"),
    )
