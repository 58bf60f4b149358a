"""The row of a digest: what it counted, kept so that a reply can show the list."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class DigestKind(StrEnum):
    """早报、晚报 — the morning tells what is to be done, the evening what is still open."""

    MORNING = "morning"
    EVENING = "evening"


class Section(StrEnum):
    """日报栏目 — one number of a digest and the list it counts."""

    OVERDUE = "overdue"
    DUE_TODAY = "due_today"
    WAITING = "waiting"
    NEW_YESTERDAY = "new_yesterday"
    EMERGENCIES = "emergencies"
    WORKING = "working"
    SUSPENDED = "suspended"
    SUPERVISIONS_LATE = "supervisions_late"  # no answer although its day has passed
    SUPERVISIONS_TODAY = "supervisions_today"  # to be answered today
    SUPERVISIONS_OPEN = "supervisions_open"  # every other that has not ended
    LATE_CHECK_INS = "late_check_ins"  # departments called by a whistle
    OPERATIONS = "operations"  # joint ones of today
    HAZARDS = "hazards"  # found today, and what became of them
    MILESTONES_LATE = "milestones_late"  # of projects
    MILESTONES_SOON = "milestones_soon"
    LEGACY_LATE = "legacy_late"  # milestones of legacy problems
    LEGACY_SOON = "legacy_soon"
    FOLLOW_UPS = "follow_ups"  # of mediations
    UNANSWERED = "unanswered"  # questions that the directory had no entry for
    VACANT = "vacant"  # buildings without a building head
    UNREACHED = "unreached"  # persons no channel could bring a message to
    ENDED_YESTERDAY = "ended_yesterday"
    TOPICS = "topics"


ORDER = {
    DigestKind.MORNING: (
        Section.OVERDUE,
        Section.DUE_TODAY,
        Section.SUPERVISIONS_LATE,
        Section.SUPERVISIONS_TODAY,
        Section.WAITING,
        Section.UNANSWERED,
        Section.NEW_YESTERDAY,
        Section.EMERGENCIES,
        Section.OPERATIONS,
        Section.LATE_CHECK_INS,
        Section.MILESTONES_LATE,
        Section.MILESTONES_SOON,
        Section.LEGACY_LATE,
        Section.LEGACY_SOON,
        Section.FOLLOW_UPS,
        Section.VACANT,
        Section.UNREACHED,
        Section.ENDED_YESTERDAY,
        Section.TOPICS,
    ),
    DigestKind.EVENING: (
        Section.OVERDUE,
        Section.EMERGENCIES,
        Section.WAITING,
        Section.WORKING,
        Section.SUSPENDED,
        Section.SUPERVISIONS_LATE,
        Section.SUPERVISIONS_OPEN,
        Section.OPERATIONS,
        Section.HAZARDS,
    ),
}


class Digest(Base):
    """日报 — what one person was told of one community at one time."""

    __tablename__ = "digests"

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str]
    due_at: Mapped[datetime]
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[DigestKind]
    sections: Mapped[dict[str, Any]]  # section → ids, never empty
    topics: Mapped[list[Any]]  # [[category, how many of the topics' list], ...]

    __table_args__ = (
        UniqueConstraint("job", "due_at", "community_id", "person_id"),
        Index("ix_digests_person", "person_id"),
    )

    def shown(self) -> list[Section]:
        """The sections in the order of their numbers: the first is 1."""
        return [section for section in ORDER[self.kind] if section in self.sections]
