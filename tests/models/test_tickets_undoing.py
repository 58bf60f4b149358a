"""The last step is taken back exactly, within ten minutes, by who took it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Database
from models.errors import TooLate
from models.events import Event
from models.outbox import Delivery, OutboxMessage
from models.ticket_flow import Action
from models.tickets import refining, undoing
from models.tickets.actions import apply, can
from models.tickets.corrections import corrections
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.factories import MORNING, actor, building, demo_person, ticket, town

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def do(session: Session, one: Ticket, action: Action, by: Actor, at: datetime, **given: Any) -> Any:
    given.setdefault("reason", "说明原因")
    return apply(session, one, action, by=by, at=at, **given)


def owner(one: Ticket) -> Actor:
    return Actor(one.owner_id)


def taken(session: Session) -> Ticket:
    one = ticket(session, building(session))
    do(session, one, Action.ACCEPT, owner(one), MORNING + MINUTE)
    return one


def resolved(session: Session) -> Ticket:
    one = taken(session)
    do(session, one, Action.RESOLVE, owner(one), MORNING + HOUR, reason="已劝停装修")
    return one


def steps_of(session: Session) -> list[tuple[str, Ticket, Actor, Action, dict[str, Any]]]:
    """Every step that a person can take, on a ticket where they can."""
    place = building(session)
    head = actor(session, "building_head")
    staff = actor(session, "community_staff", 2)
    other = ticket(session, place, reporter=demo_person(session, "resident", 2))
    open_ones = [taken(session) for _ in range(9)]
    paused = taken(session)
    do(session, paused, Action.SUSPEND, owner(paused), MORNING + HOUR, until=MORNING + 9 * HOUR)
    merged = taken(session)
    do(session, merged, Action.MERGE, staff, MORNING + HOUR, into=other)
    fresh = ticket(session, place)
    reporter = Actor(fresh.reporter_id)
    until = MORNING + timedelta(days=2)
    return [
        ("accept", fresh, owner(fresh), Action.ACCEPT, {}),
        ("start", open_ones[0], owner(open_ones[0]), Action.START, {}),
        ("send_back", open_ones[1], owner(open_ones[1]), Action.SEND_BACK, {}),
        ("transfer", open_ones[2], owner(open_ones[2]), Action.TRANSFER, {}),
        ("suspend", open_ones[3], owner(open_ones[3]), Action.SUSPEND, {"until": until}),
        ("resume", paused, staff, Action.RESUME, {}),
        ("resolve", open_ones[4], head, Action.RESOLVE, {}),
        ("decline", open_ones[5], head, Action.DECLINE, {}),
        ("escalate", open_ones[6], staff, Action.ESCALATE, {}),
        ("merge", open_ones[7], staff, Action.MERGE, {"into": other}),
        ("unmerge", merged, staff, Action.UNMERGE, {}),
        ("withdraw", open_ones[8], reporter, Action.WITHDRAW, {}),
        ("rate", resolved(session), reporter, Action.RATE, {"solved": True, "stars": 4}),
        ("reopen", resolved(session), reporter, Action.REOPEN, {"solved": False}),
        ("archive", resolved(session), staff, Action.ARCHIVE, {}),
    ]


def test_undo_within_ten_minutes_restores_every_column_exactly(store: Database) -> None:
    town(store)
    with store.writing() as session:
        now = MORNING + 2 * HOUR
        for name, one, by, action, given in steps_of(session):
            before = undoing.snapshot(session, one)
            do(session, one, action, by, now, **given)
            assert undoing.snapshot(session, one) != before, name
            assert can(session, one, Action.UNDO, by=by, at=now + 10 * MINUTE), name
            do(session, one, Action.UNDO, by, now + 10 * MINUTE)
            session.expire(one)
            assert undoing.snapshot(session, one) == before, name


def test_after_ten_minutes_undo_is_too_late(store: Database) -> None:
    town(store)
    with store.writing() as session:
        now = MORNING + 2 * HOUR
        late = now + 10 * MINUTE + timedelta(seconds=1)
        for name, one, by, action, given in steps_of(session):
            do(session, one, action, by, now, **given)
            after = undoing.snapshot(session, one)
            assert not can(session, one, Action.UNDO, by=by, at=late), name
            with pytest.raises(TooLate):
                do(session, one, Action.UNDO, by, late)
            assert undoing.snapshot(session, one) == after, name


def test_undo_takes_back_the_messages_that_have_not_left(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = resolved(session)
        event = session.scalars(select(Event).where(Event.verb == "ticket_resolved")).one()
        sent, waiting = session.scalars(
            select(OutboxMessage).where(OutboxMessage.event_id == event.id).limit(2)
        ).all()
        sent.state = Delivery.SENT
        session.flush()
        by = Actor(event.actor_id)
        do(session, one, Action.UNDO, by, MORNING + HOUR + MINUTE)
        session.refresh(waiting)
        assert waiting.state == Delivery.CANCELLED
        corrected = select(OutboxMessage.person_id).where(OutboxMessage.template == "ticket_undone")
        assert session.scalars(corrected).all() == [sent.person_id]


def test_words_beside_the_matter_do_not_hinder_undo_but_another_step_does(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        who, at = owner(one), MORNING + 2 * MINUTE
        refining.add_note(session, one, "又吵了", by=one.reporter_id, at=at, for_reporter=False)
        assert can(session, one, Action.UNDO, by=who, at=at)
        do(session, one, Action.ACCEPT, actor(session, "building_head"), at + MINUTE)
        assert not can(session, one, Action.UNDO, by=who, at=at + 2 * MINUTE)


def test_an_undo_is_not_undone(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        who = owner(one)
        do(session, one, Action.SEND_BACK, who, MORNING + HOUR)
        do(session, one, Action.UNDO, who, MORNING + HOUR + MINUTE)
        assert one.owner_id == who.person_id
        assert not can(session, one, Action.UNDO, by=who, at=MORNING + HOUR + 2 * MINUTE)


def test_a_changed_class_goes_back_with_its_owner_its_deadline_and_its_messages(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        by = Actor(one.reporter_id)
        before = (one.category, one.confidence, one.owner_id, one.resolve_due_at, one.clock_at)
        refining.reclassify(
            session, one, "property_fee", "fee_standard", by=one.reporter_id, at=MORNING
        )
        assert (one.category, one.owner_id) != before[:1] + before[2:3]
        queued = [
            row.id
            for row in session.scalars(
                select(OutboxMessage).where(OutboxMessage.person_id == one.owner_id)
            )
        ]
        assert queued
        apply(session, one, Action.UNDO, by=by, at=MORNING + 9 * MINUTE)
        after = (one.category, one.confidence, one.owner_id, one.resolve_due_at, one.clock_at)
        assert after == before
        session.expire_all()
        states = {session.get_one(OutboxMessage, row).state for row in queued}
        assert states == {Delivery.CANCELLED}
        assert corrections(session) == []


def test_a_class_changed_by_staff_is_undone_by_them_alone_and_in_time(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        staff, other = demo_person(session, "community_staff"), one.reporter_id
        refining.reclassify(session, one, "parking", None, by=staff, at=MORNING)
        assert not can(session, one, Action.UNDO, by=Actor(other), at=MORNING)
        assert can(session, one, Action.UNDO, by=Actor(staff), at=MORNING + 10 * MINUTE)
        assert not can(session, one, Action.UNDO, by=Actor(staff), at=MORNING + 11 * MINUTE)
