"""The rows of the publicity calendar: one notice that is due of one area for one period."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

OPEN = "met_at IS NULL AND dropped_at IS NULL"


class PublicityDue(Base):
    """应公示事项 — a notice that an entry of the calendar asks of an area for one period."""

    __tablename__ = "publicity_dues"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[str]  # a row of config/publicity.toml
    kind: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    period: Mapped[str]  # 2026-Q1
    label: Mapped[str]  # as people say the period
    is_mandatory: Mapped[bool]
    opens_on: Mapped[date]
    due_on: Mapped[date]
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"), index=True)
    met_at: Mapped[datetime | None]  # it was published
    late_at: Mapped[datetime | None]  # who has to publish it was told that it is late
    alarmed_at: Mapped[datetime | None]  # and then the community
    dropped_at: Mapped[datetime | None]
    dropped_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))

    __table_args__ = (
        UniqueConstraint("entry", "area_id", "period"),
        Index(
            "ix_publicity_dues_open",
            "due_on",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        CheckConstraint("due_on >= opens_on", name="due_after_it_opens"),
        CheckConstraint("met_at IS NULL OR notice_id IS NOT NULL", name="met_by_a_notice"),
        CheckConstraint("(dropped_at IS NULL) = (dropped_by IS NULL)", name="dropped_by_somebody"),
        CheckConstraint("met_at IS NULL OR dropped_at IS NULL", name="met_or_dropped"),
    )

    @property
    def number(self) -> str:
        return f"#{self.id}"

    @property
    def is_open(self) -> bool:
        return self.met_at is None and self.dropped_at is None

    def is_late(self, today: date) -> bool:
        return self.is_open and self.due_on < today
