"""The rows of tickets and of the posts asked to work on them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from config.categories import Intent, Urgency
from models.base import Base
from models.ticket_flow import OPEN, WAITING, Level, Outcome, State

# State by state; {0} is the table, if any. Of a list of more than two SQLite makes a table for each
# index and each row written: the five of a report took half the time that its row takes.
_OPEN_SQL = "({})".format(" OR ".join(f"{{0}}state = '{state}'" for state in sorted(OPEN)))
_CLOSED_SQL = "({})".format(" AND ".join(f"{{0}}state <> '{state}'" for state in sorted(OPEN)))

# For the partial indexes to serve, a query must say this very condition with no bound values.
IS_OPEN = sql(_OPEN_SQL.format("tickets."))

# The other indexes leave open ones out, so that a report has none of them to write.
IS_CLOSED = sql(_CLOSED_SQL.format("tickets."))
_RESOLVED_SQL = "state = 'resolved'"
IS_RESOLVED = sql(f"tickets.{_RESOLVED_SQL}")
# As an equation of its first column: SQLite else reads all that are closed for the few.
_TO_ROLL_UP_SQL = f"{{0}}is_rolled_up = false AND {_CLOSED_SQL}"
IS_TO_ROLL_UP = sql(_TO_ROLL_UP_SQL.format("tickets."))

# What betrays nobody (models/open311/public.py) of the closed ones.
_PUBLIC_CLOSED_SQL = (
    f"{_CLOSED_SQL} AND {{0}}about IS NULL AND NOT {{0}}hides_reporter"
    " AND {0}urgency <> 'emergency' AND {0}intent IN ('report', 'hazard')"
    " AND {0}area_id IS NOT NULL"
)
IS_PUBLIC_CLOSED = sql(_PUBLIC_CLOSED_SQL.format("tickets."))


def _where(condition: str, name: str, *columns: str) -> Index:
    is_so = sql(condition.format(""))
    return Index(name, *columns, sqlite_where=is_so, postgresql_where=is_so)


class About(StrEnum):
    """被投诉方 — whom a matter accuses; it goes one level past them."""

    PROPERTY = "property"
    BUILDING_HEAD = "building_head"
    COMMITTEE = "committee"
    GRID = "grid"
    COMMUNITY = "community"


class Ticket(Base):
    """工单 — a resident's matter, from intake to archive. Its verbs stand in `actions`."""

    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    reporter_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    text: Mapped[str | None]  # None once the reporter is erased
    category: Mapped[str]
    subcategory: Mapped[str | None]
    urgency: Mapped[Urgency]
    intent: Mapped[Intent]
    emergency: Mapped[str | None]
    confidence: Mapped[float]
    evidence: Mapped[list[Any]]  # [[word, weight], ...] behind the class
    things: Mapped[str | None]  # that it names, apart by blanks, as config/likeness.toml has them
    about: Mapped[About | None]
    hides_reporter: Mapped[bool] = mapped_column(server_default="0")

    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    place_name: Mapped[str | None]  # as people say it: estate and building
    spot: Mapped[str | None]  # 东门旁边, 地下车库B2

    state: Mapped[State]
    state_before: Mapped[State | None]  # of a suspended or merged one
    level: Mapped[Level] = mapped_column(server_default=Level.ESTATE)
    outcome: Mapped[Outcome | None]
    result: Mapped[str | None]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))

    owner_post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))  # who is asked now
    first_contact_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))  # 首问负责

    opened_at: Mapped[datetime]
    accept_due_at: Mapped[datetime]
    resolve_due_at: Mapped[datetime]
    level_due_at: Mapped[datetime | None]  # by when the level it went up to must act
    level_began_at: Mapped[datetime | None]  # since when the time of that level counts
    overdue_at: Mapped[datetime | None]  # the deadline whose passing everybody was told of
    clock_at: Mapped[datetime | None]  # when the clock next does something to it
    clock_step: Mapped[str | None]
    accepted_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]  # of an emergency: when the first was there
    resolved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    pauses: Mapped[list[Any]] = mapped_column(server_default="[]")  # [[from, to], ...] ISO
    urged_at: Mapped[datetime | None]

    households: Mapped[int] = mapped_column(server_default="1")  # with the same matter
    reporter_left_at: Mapped[datetime | None]  # withdrew it; it goes on for who joined

    returns: Mapped[int] = mapped_column(server_default="0")
    reopens: Mapped[int] = mapped_column(server_default="0")
    is_solved: Mapped[bool | None]
    stars: Mapped[int | None]
    rated_at: Mapped[datetime | None]

    # For the figures alone (models/metrics).
    reported_at: Mapped[datetime | None]  # first of all, once it was opened again
    is_answered_late: Mapped[bool | None]  # None: nobody has accepted it yet
    is_resolved_late: Mapped[bool | None]
    joined_ratings: Mapped[int] = mapped_column(server_default="0")  # by who ever joined
    joined_satisfied: Mapped[int] = mapped_column(server_default="0")
    is_rolled_up: Mapped[bool] = mapped_column(server_default=false())

    __table_args__ = (
        _where(_OPEN_SQL, "ix_tickets_owner_open", "owner_id"),
        # Who reports is asked whether a neighbour's is the same matter: by class and time, and
        # with all that most are told apart by, so that no row of theirs is read for it.
        _where(
            _OPEN_SQL,
            "ix_tickets_community_open",
            *("community_id", "category", "opened_at"),
            *("reporter_id", "urgency", "subcategory", "place_name", "about", "things", "state"),
        ),
        # Resolved ones have no end yet: they are found by that.
        _where(_CLOSED_SQL, "ix_tickets_community_closed", "community_id", "ended_at"),
        # Read from outside, the latest first; with all that they are told apart by.
        _where(
            _PUBLIC_CLOSED_SQL,
            "ix_tickets_public_closed",
            *("opened_at", "category", "subcategory", "area_id", "state", "merged_into"),
        ),
        # Few wait for their reporter's word, of all that somebody ever reported.
        _where(
            _RESOLVED_SQL,
            "ix_tickets_unrated",
            *("reporter_id", "state"),  # both: SQLite else may take the index of all they reported
        ),
        _where("merged_into IS NOT NULL", "ix_tickets_merged", "merged_into"),
        _where(_TO_ROLL_UP_SQL, "ix_tickets_to_roll_up", "is_rolled_up", "id"),
        # Few accuse anybody: whom they are about must not find them counted.
        _where("about IS NOT NULL", "ix_tickets_accusing", "about"),
        _where("clock_at IS NOT NULL", "ix_tickets_clock", "clock_at"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_in_range"),
        CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged_has_target"),
        CheckConstraint(
            "state NOT IN ('resolved', 'archived') OR result IS NOT NULL", name="end_has_result"
        ),
        CheckConstraint(
            "state NOT IN ('resolved', 'archived') OR outcome IS NOT NULL", name="end_has_outcome"
        ),
        CheckConstraint(
            "state != 'suspended' OR suspended_until IS NOT NULL", name="suspension_has_end"
        ),
    )

    @property
    def number(self) -> str:
        return f"#{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING


class Part(StrEnum):
    """分工 — what an asked post is to the ticket."""

    OWNER = "owner"
    HELPER = "helper"  # confirms on the spot; unpaid, without a clock
    ALERTED = "alerted"  # of an emergency: all at once


class Answer(StrEnum):
    """答复 — what an asked post said."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RELEASED = "released"
    DONE = "done"


ACTIVE = frozenset({Answer.ASKED, Answer.ACCEPTED})

# As IS_OPEN: said in these very words, or the index of the active ones does not serve.
IS_ACTIVE = sql("assignments.answer IN ('asked', 'accepted')")


class Assignment(Base):
    """派单 — one post asked to work on one ticket, and its answer."""

    __tablename__ = "assignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    part: Mapped[Part]
    answer: Mapped[Answer]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_assignments_active",
            "person_id",
            sqlite_where=sql("answer IN ('asked', 'accepted')"),
            postgresql_where=sql("answer IN ('asked', 'accepted')"),
        ),
        Index(
            "ix_assignments_answered",
            "person_id",
            "answered_at",
            sqlite_where=sql("answered_at IS NOT NULL"),
            postgresql_where=sql("answered_at IS NOT NULL"),
        ),
    )


class Note(Base):
    """记录 — what staff or the reporter added to a ticket, or what its words showed staff by
    themselves; never moves a deadline."""

    __tablename__ = "ticket_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))  # None: seen by itself
    text: Mapped[str | None]
    for_reporter: Mapped[bool]
    at: Mapped[datetime]
    # The merged ticket whose words these are; they go when it goes.
    came_with: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)


class Supporter(Base):
    """同求 — a neighbour with the same matter; hears of its progress."""

    __tablename__ = "supporters"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    joined_at: Mapped[datetime]
    came_with: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))  # their own report
    is_solved: Mapped[bool | None]
    stars: Mapped[int | None]
    rated_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("ticket_id", "person_id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="supporter_stars_in_range"),
    )
