"""Which tickets a person is asked to look at: queries only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session, load_only

from config.policy import load
from models.base import UtcDateTime
from models.statements import Statement
from models.ticket_flow import OPEN, State
from models.tickets.table import (
    ACTIVE,
    IS_ACTIVE,
    IS_OPEN,
    IS_RESOLVED,
    Answer,
    Assignment,
    Note,
    Supporter,
    Ticket,
)

Task = tuple[Ticket, Assignment]
Place = tuple[datetime, int, int]

RECENT_MINUTES = 10  # a photo or place that follows within them belongs to the ticket
_UNRATED = (
    select(Ticket)
    .where(
        Ticket.reporter_id == bindparam("person_id"),
        IS_RESOLVED,
        Ticket.reporter_left_at.is_(None),
    )
    .order_by(Ticket.id)
)
_OPEN_REPORTED = Statement(
    select(Ticket.id)
    .where(
        Ticket.reporter_id == bindparam("person_id", required=True),
        IS_OPEN,
        Ticket.reporter_left_at.is_(None),
    )
    .order_by(Ticket.id.desc())
    .limit(9)
)
# Asked of everybody who rates, and most have joined nothing.
_UNRATED_SUPPORTED = Statement(
    select(Ticket.id)
    .join(Supporter, Supporter.ticket_id == Ticket.id)
    .where(
        Supporter.person_id == bindparam("person_id", required=True),
        or_(Ticket.state == State.RESOLVED, Ticket.state == State.ARCHIVED),
        Ticket.resolved_at > bindparam("since", type_=UtcDateTime(), required=True),
        or_(Supporter.rated_at.is_(None), Supporter.rated_at < Ticket.resolved_at),
    )
)


def reported_by(session: Session, person_id: int, limit: int = 9) -> Sequence[Ticket]:
    """The latest first; what they withdrew is left out."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.reporter_id == person_id,
            Ticket.state != State.WITHDRAWN,
            Ticket.reporter_left_at.is_(None),
        )
        .order_by(Ticket.id.desc())
        .limit(limit)
    ).all()


def open_reported_by(session: Session, person_id: int) -> Sequence[Ticket]:
    """The latest first."""
    ids = _OPEN_REPORTED.run_after_flush(session, person_id=person_id)
    return _tickets(session, [one for (one,) in ids])[::-1]


def unrated_by(session: Session, person_id: int) -> Sequence[Ticket]:
    """Resolved, and waiting for this reporter's word."""
    return session.scalars(_UNRATED, {"person_id": person_id}).all()


def open_supported_by(session: Session, person_id: int, limit: int = 9) -> Sequence[Ticket]:
    """Of neighbours, joined by this person with a report of their own; the latest first."""
    return session.scalars(
        select(Ticket)
        .join(Supporter, Supporter.ticket_id == Ticket.id)
        .where(Supporter.person_id == person_id, Ticket.state.in_(OPEN))
        .order_by(Ticket.id.desc())
        .limit(limit)
    ).all()


def unrated_supported_by(session: Session, person_id: int, now: datetime) -> Sequence[Ticket]:
    """Joined by this person, ended lately, and not rated by them since."""
    since = now - timedelta(days=load("sla")["rating"]["archive_days"])
    ids = _UNRATED_SUPPORTED.run_after_flush(session, person_id=person_id, since=since)
    return _tickets(session, [one for (one,) in ids])


def _tickets(session: Session, ids: Sequence[int]) -> Sequence[Ticket]:
    """In the order of their numbers; most who are asked about have none."""
    if not ids:
        return ()
    return session.scalars(select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id)).all()


def supporters_unrated(session: Session, ticket: Ticket) -> Sequence[int]:
    """Who joined it and has not said how it ended, since it last did."""
    found = select(Supporter.person_id).where(
        Supporter.ticket_id == ticket.id,
        or_(Supporter.rated_at.is_(None), Supporter.rated_at < ticket.resolved_at),
    )
    return session.scalars(found.order_by(Supporter.id)).all()


def standing(ticket: Ticket) -> tuple[datetime, int]:
    """Where it stands in a list of work: by its deadline, and before it for each neighbour.

    The deadline itself stays; nobody is late because many have joined.
    """
    rule = load("likeness")["standing"]
    lift = min((ticket.households - 1) * rule["hours"], rule["most_hours"])
    return ticket.resolve_due_at - timedelta(hours=lift), ticket.id


def recent_of(session: Session, person_id: int, now: datetime) -> Ticket | None:
    """The matter this person just reported."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.reporter_id == person_id,
            Ticket.opened_at > now - timedelta(minutes=RECENT_MINUTES),
            Ticket.state.in_(OPEN | {State.MERGED}),
            Ticket.reporter_left_at.is_(None),
        )
        .order_by(Ticket.id.desc())
        .limit(1)
    ).first()


def tasks_of(
    session: Session, person_id: int, answers: frozenset[Answer] = ACTIVE, limit: int = 200
) -> Sequence[tuple[Ticket, Assignment]]:
    """What this person was asked to work on, what stands foremost first."""
    rows = session.execute(_tasks(answers), {"person_id": person_id, "most": limit})
    return sorted(((one, asked) for one, asked in rows), key=lambda row: standing(row[0]))


def task_of(session: Session, person_id: int, ticket_id: int) -> Task | None:
    found = _asked(ACTIVE).where(Ticket.id == ticket_id)
    return session.execute(found, {"person_id": person_id}).first()


def tasks_after(
    session: Session, person_id: int, after: Place | None, limit: int
) -> Sequence[Task]:
    """So many of all their tasks, from the first that stands behind this place."""
    light = _asked(ACTIVE).options(load_only(Ticket.resolve_due_at, Ticket.households))
    told = session.execute(light, {"person_id": person_id}).all()
    rows = sorted(told, key=place_of)
    page = [row for row in rows if after is None or place_of(row) > after][:limit]
    # One statement fills the tickets of the page; those of the others stay as light as they are.
    session.scalars(select(Ticket).where(Ticket.id.in_([one.id for one, _ in page]))).all()
    return page


def place_of(task: Task) -> Place:
    """Where it stands among the tasks of one person."""
    ticket, asked = task
    return *standing(ticket), asked.id


@cache
def _tasks(answers: frozenset[Answer]) -> Select[Ticket, Assignment]:
    """Built once: whoever takes or ends a task asks for all they have."""
    return _asked(answers).order_by(Ticket.resolve_due_at, Ticket.id).limit(bindparam("most"))


def _asked(answers: frozenset[Answer]) -> Select[Ticket, Assignment]:
    return (
        select(Ticket, Assignment)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .where(
            Assignment.person_id == bindparam("person_id"),
            IS_ACTIVE,
            Assignment.answer.in_(answers),
            Ticket.state.in_(OPEN),
        )
    )


def just_worked_on(session: Session, person_id: int, now: datetime) -> Ticket | None:
    """The ticket whose task this person answered last, lately: a photo of theirs belongs to it."""
    since = now - timedelta(minutes=RECENT_MINUTES)
    return session.scalars(
        select(Ticket)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .where(
            Assignment.person_id == person_id,
            Assignment.answer.in_([Answer.ACCEPTED, Answer.DONE]),
            Assignment.answered_at > since,
        )
        .order_by(Assignment.answered_at.desc())
        .limit(1)
    ).first()


def notes_of(session: Session, ticket: Ticket, limit: int = 5) -> Sequence[Note]:
    """What was said beside it, the latest ones, in the order of time."""
    found = session.scalars(
        select(Note)
        .where(Note.ticket_id == ticket.id, Note.text.is_not(None))
        .order_by(Note.id.desc())
        .limit(limit)
    ).all()
    return found[::-1]
