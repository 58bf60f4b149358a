"""What is kept how long: old rows move to the archive or go, slice by slice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.policy import load
from models import policies
from models.access_log import Access
from models.answered_requests import AnsweredRequest
from models.base import Base
from models.conversations import Question
from models.inbox import InboxMessage, Outcome
from models.job_runs import FIRST_SEEN, JobRun
from models.outbox import Delivery, OutboxMessage
from models.past import EVENTS, MESSAGES, PAST_EVENTS, PAST_MESSAGES
from models.resident_sessions import ResidentSession
from models.tasks import Task, TaskState
from models.ticket_flow import State
from models.tickets.table import Ticket
from models.unanswered.table import SettledText

POLICY = "retention"

# Held ones wait for their person, doubtful ones for staff.
_DELIVERED = (
    *(Delivery.SENT, Delivery.CONFIRMED, Delivery.CANCELLED),
    *(Delivery.FAILED, Delivery.EXPIRED),
)
_FINAL = (State.ARCHIVED, State.WITHDRAWN)  # a merged one may be taken out again


class RetentionMark(Base):
    """保管进度 — the night by which all was put away of a kind of rows that was due then."""

    __tablename__ = "retention_marks"

    kind: Mapped[str] = mapped_column(primary_key=True)
    reached: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Kept:
    """保管 — a table with rows that are over: since when, which they are, and where they go.

    `at` rises with the number of the row, so that a walk from the first ends at the first young
    one. Without an archive they go for good.
    """

    table: Table
    at: ColumnElement[datetime]
    is_over: ColumnElement[bool]  # apart from its age
    archive: Table | None = None
    ended_at: ColumnElement[Any] | None = None  # where a row is old only since then


@dataclass(frozen=True, slots=True)
class Stretch:
    """一段 — rows that follow one another: the last one's number, and how many are to go."""

    last: int
    due: int


def _table(mapped: type[Base]) -> Table:
    return mapped.__table__  # type: ignore[return-value]


_final_ticket = (
    select(Ticket.ended_at)
    .where(Ticket.id == EVENTS.c.subject_id, Ticket.state.in_(_FINAL))
    .correlate(EVENTS)
    .scalar_subquery()
)
_later = _table(JobRun).alias("later")
_newest_run = (
    select(func.max(_later.c.due_at))
    .where(_later.c.job == JobRun.job, _later.c.is_manual.is_(False))
    .correlate(_table(JobRun))
    .scalar_subquery()
)

KINDS: Mapping[str, Kept] = {
    "messages": Kept(
        MESSAGES, MESSAGES.c.created_at, OutboxMessage.state.in_(_DELIVERED), PAST_MESSAGES
    ),
    "events": Kept(
        EVENTS,
        EVENTS.c.at,
        # Joined to nothing, or SQLite goes through the index of all tickets' events.
        EVENTS.c.subject_kind + "" == "ticket",
        PAST_EVENTS,
        ended_at=_final_ticket,
    ),
    "pushes": Kept(
        _table(InboxMessage),
        _table(InboxMessage).c.received_at,
        InboxMessage.outcome.in_((Outcome.ANSWERED, Outcome.LIMITED)),
    ),
    "questions": Kept(
        _table(Question),
        _table(Question).c.opened_at,
        ~select(SettledText.id).where(SettledText.question_id == Question.id).exists(),
        ended_at=_table(Question).c.expires_at,
    ),
    "looks": Kept(_table(Access), _table(Access).c.at, Access.id.is_not(None)),
    "answers": Kept(
        _table(AnsweredRequest), _table(AnsweredRequest).c.at, AnsweredRequest.id.is_not(None)
    ),
    "phones": Kept(
        _table(ResidentSession),
        _table(ResidentSession).c.opened_at,
        ResidentSession.id.is_not(None),
        ended_at=_table(ResidentSession).c.refresh_until,
    ),
    "tasks": Kept(
        _table(Task),
        _table(Task).c.created_at,
        Task.state == TaskState.DONE,
        ended_at=_table(Task).c.due_at,
    ),
    "runs": Kept(
        _table(JobRun),
        _table(JobRun).c.started_at,
        and_(
            JobRun.due_at > FIRST_SEEN,
            JobRun.lease_until.is_(None),
            or_(JobRun.is_manual.is_(True), JobRun.due_at < _newest_run),
        ),
    ),
}


def days(session: Session) -> dict[str, int]:
    """Kind → how long it stays, as it is in force."""
    last = policies.current(session, POLICY)
    return days_in(last.body if last else {})


def days_in(body: Mapping[str, Any]) -> dict[str, int]:
    """As a version of the policy has it; the limits of today count for an old one, too."""
    chosen: Mapping[str, int] = body.get("days", {})
    rows: Mapping[str, Mapping[str, Any]] = load("retention")["rows"]
    return {
        name: min(max(chosen.get(name, row["days"]), row["least"]), row["most"])
        for name, row in rows.items()
    }


def stretch(
    session: Session, kept: Kept, after: int, before: datetime, most: int
) -> Stretch | None:
    """The next rows of the walk; None once all that follow are younger."""
    table = kept.table
    to_go = case((_is_due(kept, before), 1), else_=0)
    rows = (
        select(table.c.id, kept.at.label("at"), to_go.label("due"))
        .where(table.c.id > after)
        .order_by(table.c.id)
        .limit(most)
        .subquery()
    )
    last, oldest, due = session.execute(
        select(func.max(rows.c.id), func.min(rows.c.at), func.sum(rows.c.due))
    ).one()
    return None if oldest is None or oldest >= before else Stretch(last, due)


def put_away(session: Session, kept: Kept, after: int, last: int, before: datetime) -> int:
    """Moves or removes what is due among these rows; says how many. All or nothing."""
    table, archive = kept.table, kept.archive
    between = table.c.id > after, table.c.id <= last
    going = and_(*between, _is_due(kept, before))
    if archive is not None:
        # A row that staff have in hand just now stays for another night.
        rows = select(table).where(going).with_for_update(of=table, skip_locked=True)
        session.execute(insert(archive).from_select([one.name for one in table.c], rows))
        moved = select(archive.c.id).where(archive.c.id > after, archive.c.id <= last)
        going = and_(*between, table.c.id.in_(moved))
    gone = delete(table).where(going).execution_options(preserve_rowcount=True)
    return session.connection().execute(gone).rowcount


def mark(session: Session, kind: str, now: datetime) -> None:
    """Everything of this kind that is due has been put away."""
    session.execute(
        insert(RetentionMark)
        .values(kind=kind, reached=now)
        .on_conflict_do_update(index_elements=["kind"], set_={"reached": now})
    )


def behind(session: Session, now: datetime) -> dict[str, float]:
    """Kind → for how many days something that was due has stayed; of a kind that was never put
    away nothing is told: a house that is new has nothing old."""
    marks = session.execute(select(RetentionMark.kind, RetentionMark.reached))
    return {kind: (now - reached) / timedelta(days=1) for kind, reached in marks}


def _is_due(kept: Kept, before: datetime) -> ColumnElement[bool]:
    # SQLite gives the highest number and one more: the last row keeps its place, or a number
    # that is spent would come again.
    newest = select(func.max(kept.table.alias("newest").c.id)).scalar_subquery()
    old = [kept.at < before, kept.table.c.id < newest, kept.is_over]
    if kept.ended_at is not None:
        old.append(kept.ended_at < before)
    return and_(*old)
