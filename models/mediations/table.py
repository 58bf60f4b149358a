"""The rows of mediations: parties, agreement and follow-ups; all words lie encrypted."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models import due_days
from models.base import Base
from models.sealing import Sealed


class MediationOutcome(StrEnum):
    """调解结果 — how a mediation ended."""

    AGREED = "agreed"
    PARTLY = "partly"
    NOT_AGREED = "not_agreed"
    WITHDRAWN = "withdrawn"


class Mediation(Base):
    """调解 — a quarrel that somebody talked over with its parties; nobody else's to read."""

    __tablename__ = "mediations"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    mediator_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    held_at: Mapped[datetime]
    place: Mapped[str | None] = mapped_column(Sealed)
    matter: Mapped[str | None] = mapped_column(Sealed)
    agreement: Mapped[str | None] = mapped_column(Sealed)
    outcome: Mapped[MediationOutcome | None]  # None: it goes on
    kept_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="end_is_whole"),
    )

    @property
    def number(self) -> str:
        return str(self.id)


class MediationParty(Base):
    """当事人 — one side of the quarrel; found again by the keyed hash of the phone alone."""

    __tablename__ = "mediation_parties"

    id: Mapped[int] = mapped_column(primary_key=True)
    mediation_id: Mapped[int] = mapped_column(ForeignKey("mediations.id"), index=True)
    name: Mapped[str | None] = mapped_column(Sealed)
    phone: Mapped[str | None] = mapped_column(Sealed)
    phone_hash: Mapped[str | None] = mapped_column(index=True)


class MediationFollowUp(Base):
    """回访 — a day on which the mediator asks whether the agreement holds."""

    __tablename__ = "mediation_follow_ups"

    id: Mapped[int] = mapped_column(primary_key=True)
    mediation_id: Mapped[int] = mapped_column(ForeignKey("mediations.id"), index=True)
    due_on: Mapped[date]
    found: Mapped[str | None] = mapped_column(Sealed)
    done_at: Mapped[datetime | None]
    clock_at: Mapped[datetime | None]  # when the mediator is next reminded

    __table_args__ = (
        due_days.clock_index("mediation_follow_ups"),
        CheckConstraint("clock_at IS NULL OR done_at IS NULL", name="clock_while_waiting"),
    )
