"""同求: who stands behind a ticket with a report of their own, and what they say of its end."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.orm import Session

from config.categories import Urgency
from config.policy import load
from models import events
from models.claims import claim
from models.errors import NotAllowed, NotFound, TooLate
from models.events import Fact
from models.homes import LIVING, USUAL, Home
from models.insertion import Insertion
from models.metrics import rollups, voices
from models.protection import accused_persons, is_supporter, may_see
from models.statements import Statement
from models.ticket_flow import Capacity, State
from models.tickets import concerned, facts
from models.tickets.step import Step
from models.tickets.table import Note, Supporter, Ticket

JOINED, LEFT = "ticket_joined", "ticket_left"
_DIGITS = re.compile(r"\d+")  # however people write their room
RATABLE = frozenset({State.RESOLVED, State.ARCHIVED})
_LIVES = Statement(
    select(Home.id)
    # Whoever has a home has a usual one, and those are found by their index.
    .where(Home.person_id == bindparam("person_id", required=True), text(USUAL))
    .limit(1)
)


_standing = Insertion(
    Supporter.__table__,
    ("ticket_id", "person_id", "joined_at"),
    unique=("ticket_id", "person_id"),
)


def check(step: Step) -> None:
    """Before a report is merged: what stands against its going on as part of that ticket."""
    into: Ticket = step.given["into"]
    claim(step.session, into)
    if into.id == step.ticket.id or not into.is_open:
        raise NotFound(number=into.number)
    if not _may_be_merged(step, into):
        raise NotAllowed(number=into.number)


def join(step: Step) -> None:
    """The report goes on as part of the other: its author hears of that one from now on."""
    into: Ticket = step.given["into"]
    before = into.households
    settle(step.session, into.id, step.at)
    step.detail["into"] = into.id
    step.detail["led_to"] = [_tell(step, into, JOINED, _hearing(into, before))]


def part(step: Step, former_id: int | None) -> None:
    """It goes on by itself again: nobody stands behind the other with it any more."""
    if former_id is None:
        return
    settle(step.session, former_id, step.at)
    _tell(step, step.session.get_one(Ticket, former_id), LEFT, ())


def may_join(session: Session, ticket: Ticket, into: Ticket, person_id: int, at: datetime) -> bool:
    """Whether its author may be told of the other at all, and make theirs a part of it."""
    return (
        into.is_open
        and into.id != ticket.id
        and into.reporter_id != person_id
        and _are_alike(ticket, into)
        and into.community_id == ticket.community_id
        and Urgency.EMERGENCY not in (ticket.urgency, into.urgency)
        and is_offered(into.category, into.subcategory)
        and person_id not in accused_persons(session, into, at)
    )


def is_offered(category: str, subcategory: str | None) -> bool:
    """Quarrels, arrears and what touches one person alone are shown to nobody else."""
    never = load("likeness")["asking"]["never"]
    return category not in never and f"{category}.{subcategory}" not in never


def _may_be_merged(step: Step, into: Ticket) -> bool:
    session, ticket, by = step.session, step.ticket, step.actor.person_id
    if step.capacity == Capacity.REPORTER:
        return by is not None and may_join(session, ticket, into, by, step.at)
    is_seen = by is None or may_see(session, into, by, step.at)
    is_lost = ticket.urgency == Urgency.EMERGENCY and into.urgency != Urgency.EMERGENCY
    # Its author would hear of the other from now on.
    is_leak = ticket.reporter_id in accused_persons(session, into, step.at)
    return is_seen and not is_lost and not is_leak and _are_alike(ticket, into)


def _are_alike(ticket: Ticket, into: Ticket) -> bool:
    """About the same, or one would come before the eyes of those whom the other accuses."""
    return ticket.about == into.about


def settle(session: Session, ticket_id: int | None, at: datetime) -> None:
    """Makes its supporters, their words and their number what the merged reports say they are.

    And so further up, where this ticket was itself merged into another.
    """
    session.flush()
    while ticket_id is not None:
        ticket = session.get_one(Ticket, ticket_id)
        reports = merged_under(session, ticket.id)
        _settle_supporters(session, ticket, reports, at)
        _settle_words(session, ticket, reports, at)
        session.flush()
        ticket.households = _households(session, ticket)
        session.flush()
        ticket_id = ticket.merged_into


def stand_behind(session: Session, ticket: Ticket, person_id: int, at: datetime) -> None:
    """One more with the same matter, of whom no report was merged into it."""
    claim(session, ticket)
    mine = {"ticket_id": ticket.id, "person_id": person_id, "joined_at": at}
    if person_id == ticket.reporter_id or not _standing.run(session, [mine]):
        return
    concerned.forget_supporters(session)
    # Whose door nobody knows is one more, however many are counted already.
    is_one_more = ticket.reporter_left_at is None and not _LIVES.run(session, person_id=person_id)
    ticket.households = ticket.households + 1 if is_one_more else _households(session, ticket)


def merged_under(session: Session, ticket_id: int) -> dict[int, int]:
    """Reports merged into it, and into those, with their authors; the first merged first."""
    found: dict[int, int] = {}
    layer: Sequence[int] = [ticket_id]
    while layer:
        rows = session.execute(
            select(Ticket.id, Ticket.reporter_id)
            .where(Ticket.merged_into.in_(layer))
            .order_by(Ticket.ended_at, Ticket.id)
        )
        layer = [report for report, author in rows if found.setdefault(report, author)]
    return found


def main_of(session: Session, ticket: Ticket) -> Ticket:
    """The ticket that this report is part of now: itself, unless it was merged."""
    while ticket.merged_into is not None:
        ticket = session.get_one(Ticket, ticket.merged_into)
    return ticket


def _settle_supporters(
    session: Session, ticket: Ticket, reports: Mapping[int, int], at: datetime
) -> None:
    came: dict[int, int] = {}
    for report, author in reports.items():
        came.setdefault(author, report)
    itself = None if ticket.reporter_left_at else ticket.reporter_id
    rows = session.scalars(select(Supporter).where(Supporter.ticket_id == ticket.id)).all()
    for row in rows:
        is_double = row.person_id == itself
        is_gone = row.came_with is not None and row.person_id not in came
        if is_double or is_gone:
            session.delete(row)
        elif row.came_with is not None:
            row.came_with = came[row.person_id]
    known = {row.person_id for row in rows} | {itself}
    for author, report in came.items():
        if author not in known:
            session.add(
                Supporter(ticket_id=ticket.id, person_id=author, joined_at=at, came_with=report)
            )


def _settle_words(session: Session, ticket: Ticket, reports: Collection[int], at: datetime) -> None:
    session.execute(
        delete(Note)
        .where(
            Note.ticket_id == ticket.id,
            Note.came_with.is_not(None),
            Note.came_with.not_in(list(reports)),
        )
        .execution_options(synchronize_session="fetch")
    )
    kept = set(session.scalars(select(Note.came_with).where(Note.ticket_id == ticket.id)))
    for report in reports:
        said = session.get_one(Ticket, report)
        if report not in kept and said.text:
            session.add(
                Note(
                    ticket_id=ticket.id,
                    author_id=said.reporter_id,
                    text=said.text,
                    for_reporter=False,
                    at=at,
                    came_with=report,
                )
            )


def _households(session: Session, ticket: Ticket) -> int:
    """Who lives behind one door counts once; of whom we know no door, each counts.

    Of several homes the door is that of the place, else of the usual one.
    """
    people = set(
        session.scalars(select(Supporter.person_id).where(Supporter.ticket_id == ticket.id))
    )
    if ticket.reporter_left_at is None:
        people.add(ticket.reporter_id)
    homes = session.scalars(
        select(Home)
        .where(Home.person_id.in_(people), Home.state.in_(LIVING))
        # The last of a person stays.
        .order_by(Home.area_id == ticket.area_id, Home.is_usual, Home.id)
    )
    doors = {one.person_id: (one.area_id, *_DIGITS.findall(one.room)) for one in homes if one.room}
    return max(1, len({doors.get(person, person) for person in people}))


def _hearing(into: Ticket, before: int) -> Sequence[int]:
    """The owner hears at some numbers of households, so that twelve do not ring twelve times."""
    told = load("likeness")["told"]["households"]
    passed = any(before < number <= into.households for number in told)
    return [into.owner_id] if passed and into.owner_id else []


def _tell(step: Step, main: Ticket, verb: str, owner: Sequence[int]) -> int:
    """On the timeline of the main ticket; the words of who joined stand in its notes."""
    [event_id] = events.record(
        step.session,
        Fact(
            verb=verb,
            subject_kind="ticket",
            subject_id=main.id,
            at=step.at,
            account=main.account,
            actor_id=step.actor.person_id,
            capacity=step.capacity,
            area_id=main.area_id,
            detail={"report": step.ticket.id, "households": main.households},
            parties={"owner": owner},
            context=facts.context(step.session, main),
        ),
    )
    return event_id


def rate(
    session: Session,
    ticket: Ticket,
    *,
    is_solved: bool,
    stars: int | None,
    by: int,
    at: datetime,
) -> None:
    """评价 by who joined: kept beside the reporter's, and changes nothing of the ticket."""
    claim(session, ticket)
    if not is_supporter(session, ticket, by):
        raise NotAllowed(number=ticket.number)
    if ticket.state not in RATABLE:
        raise TooLate(number=ticket.number)
    row = session.scalars(
        select(Supporter).where(Supporter.ticket_id == ticket.id, Supporter.person_id == by)
    ).one()
    row.is_solved, row.stars, row.rated_at = is_solved, stars, at
    rollups.take_out(session, ticket, at)
    counts = voices.keep(session, ticket, by, is_solved=is_solved, stars=stars)
    session.flush()
    events.record(
        session,
        Fact(
            verb="supporter_rated",
            subject_kind="ticket",
            subject_id=ticket.id,
            at=at,
            account=ticket.account,
            actor_id=by,
            capacity=Capacity.SUPPORTER,
            area_id=ticket.area_id,
            detail={"solved": is_solved, "stars": stars, **counts},
        ),
    )
