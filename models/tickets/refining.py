"""What is learned about a ticket after it was opened: class, place, notes, urging."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from config.categories import Urgency
from models import dispatch, events
from models.dispatch import Plan
from models.errors import AlreadyDone, NotAllowed, TooLate
from models.events import Fact
from models.hazards import following
from models.localtime import is_same_day
from models.metrics import counted
from models.people import Person
from models.places import Area, AreaKind, full_name
from models.protection import (
    accused_persons,
    capacities,
    holders_for,
    is_supporter,
    rule_of,
)
from models.sealing import seal_for
from models.ticket_flow import OPEN, WAITING, Capacity, State, strongest
from models.tickets import assigning, clock, facts, gaps, levels, undoing
from models.tickets.table import Note, Ticket


def reclassify(
    session: Session,
    ticket: Ticket,
    category: str,
    subcategory: str | None,
    *,
    by: int,
    at: datetime,
) -> None:
    """改类: the right class, by the resident or by staff; deadlines are computed anew.

    A ticket that nobody has taken goes to the post of its new class. Who did it can undo it.
    """
    capacity = strongest(capacities(session, ticket, by, at))
    if capacity is None:
        raise NotAllowed(number=ticket.number)
    if ticket.state not in OPEN:
        raise TooLate(number=ticket.number)
    before = undoing.snapshot(session, ticket)
    old = {"category": ticket.category, "subcategory": ticket.subcategory}
    ticket.category, ticket.subcategory = category, subcategory
    ticket.confidence = 1.0
    clock.set_deadlines(ticket, at)
    new = {"category": category, "subcategory": subcategory}
    dispatched = redispatch(session, ticket, at) if ticket.state in WAITING else None
    session.flush()
    after = undoing.snapshot(session, ticket)
    detail = {
        "before_class": old,
        "after_class": new,
        "before": undoing.difference(before, after),
        "led_to": [dispatched] if dispatched is not None else [],
        **counted.changed(before["ticket"], after["ticket"]),
    }
    _told(session, ticket, "ticket_reclassified", by, at, detail=detail, capacity=capacity)
    following.follow(session, ticket, at, by)


def place(session: Session, ticket: Ticket, area: Area, *, by: int, at: datetime) -> None:
    """The place became known; a ticket that nobody has taken goes to who serves it."""
    if ticket.state not in OPEN:
        raise TooLate(number=ticket.number)
    ticket.area_id, ticket.community_id = area.id, community_of(area)
    ticket.place_name = full_name(session, area.id)
    detail = {"area": area.id, counted.COUNTED: {"area_id": area.id}}
    clock.set_deadlines(ticket, at)  # in the working time of that place
    _told(session, ticket, "ticket_placed", by, at, detail=detail)
    following.follow(session, ticket, at, by)
    if ticket.state in WAITING:
        redispatch(session, ticket, at)


def community_of(area: Area) -> int | None:
    return area.id if area.kind == AreaKind.COMMUNITY else area.community_id


def redispatch(session: Session, ticket: Ticket, at: datetime) -> int | None:
    """Hands an untaken ticket to the posts the table names now; the event, if anybody is new."""
    holders = holders_for(session, ticket, at)
    barred = accused_persons(session, ticket, at)
    loads = dispatch.loads(session)
    raised = levels.raised(session, ticket)
    plan = dispatch.plan(holders, rule_of(session, ticket), loads, level=raised, barred=barred)
    if plan.owner is None:
        return None
    old, moves = ticket.state, plan.owner.post_id != ticket.owner_post_id
    if moves:
        ticket.level = raised
        assigning.hand_to(session, ticket, plan.owner, at)
        ticket.state = State.DISPATCHED
    helpers = assigning.replace_helpers(session, ticket, plan.helpers, at)
    alerted = assigning.alert(session, ticket, plan.alerted, at)
    if not (moves or helpers or alerted):
        return None
    clock.set_clock(ticket, at)
    asked = {
        "new_owner": [plan.owner.person_id] if moves else [],
        "new_helpers": [one.person_id for one in helpers],
        "new_alerted": [one.person_id for one in alerted],
    }
    context = facts.context(session, ticket)
    [event_id] = events.record(session, _dispatched(ticket, old, plan, asked, context, at))
    if plan.gap:
        free = [one for one in holders if one.person_id not in barred]
        gaps.tell(session, ticket.area_id, plan.gap, free, context, at)
    return event_id


def _dispatched(
    ticket: Ticket,
    old: State,
    plan: Plan,
    asked: dict[str, list[int]],
    context: dict[str, Any],
    at: datetime,
) -> Fact:
    is_emergency = ticket.urgency == Urgency.EMERGENCY
    owner_post_id = plan.owner.post_id if plan.owner else None
    return Fact(
        verb="emergency_dispatched" if is_emergency else "ticket_dispatched",
        subject_kind="ticket",
        subject_id=ticket.id,
        at=at,
        account=ticket.account,
        old=old,
        new=ticket.state,
        area_id=ticket.area_id,
        detail={"owner": owner_post_id, "gap": list(plan.gap), "level": ticket.level},
        parties=asked,
        context=context,
        quiet=facts.quiet_of(ticket.urgency, ticket.state),
    )


def add_note(
    session: Session, ticket: Ticket, text: str, *, by: int, at: datetime, for_reporter: bool
) -> Note:
    """补充/备注/回复: words beside the ticket. They never move a deadline."""
    mine = capacities(session, ticket, by, at)
    if not mine and not is_supporter(session, ticket, by):
        raise NotAllowed(number=ticket.number)
    note = keep_note(session, ticket, text, by=by, at=at)
    note.for_reporter = for_reporter
    verb = "ticket_supplemented" if mine <= {Capacity.REPORTER} else "ticket_noted"
    _told(
        session,
        ticket,
        "ticket_answered" if for_reporter else verb,
        by,
        at,
        words=text,
        extra={"note": text},
    )
    return note


def keep_note(session: Session, ticket: Ticket, text: str, *, by: int | None, at: datetime) -> Note:
    """Words beside the ticket that nobody is told of by themselves; staff read them with it.

    By nobody is what was noticed in the ticket's own words.
    """
    note = Note(ticket_id=ticket.id, author_id=by, text=text, for_reporter=False, at=at)
    session.add(note)
    return note


def urge(session: Session, ticket: Ticket, *, by: int, at: datetime) -> None:
    """催办: who reported it or joined asks to hurry, once a day all together."""
    if by != ticket.reporter_id and not is_supporter(session, ticket, by):
        raise NotAllowed(number=ticket.number)
    if ticket.state not in OPEN:
        raise TooLate(number=ticket.number)
    if ticket.urged_at is not None and is_same_day(ticket.urged_at, at):
        raise AlreadyDone(number=ticket.number)
    ticket.urged_at = at
    _told(session, ticket, "ticket_urged", by, at)


def hide_reporter(ticket: Ticket, *, by: int) -> None:
    """The reporter's wish: handlers are not told who wrote."""
    if by != ticket.reporter_id:
        raise NotAllowed(number=ticket.number)
    ticket.hides_reporter = True


def _told(
    session: Session,
    ticket: Ticket,
    verb: str,
    by: int,
    at: datetime,
    *,
    detail: dict[str, Any] | None = None,
    words: str | None = None,
    extra: dict[str, Any] | None = None,
    capacity: Capacity | None = None,
) -> None:
    author = session.get_one(Person, by)
    session.flush()
    more: dict[str, Any] = {
        "actor_id": by,
        "capacity": capacity,
        "detail": detail or {},
        "words": seal_for(author.own_key, words) if words else None,
        "parties": facts.parties(session, ticket),
    }
    events.record(session, facts.fact(session, ticket, verb, at, extra or {}, **more))
