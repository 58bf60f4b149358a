"""The jobs that go over tickets each minute: all of them, each once, whatever one of them does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from jobs import tickets
from models.base import Database
from models.events import Event
from models.outbox import OutboxMessage
from models.places import AreaKind
from models.posts import Post, Role
from models.ticket_flow import Action, State
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.factories import MORNING, area, building, person, post, ticket, town

MINUTE = timedelta(minutes=1)


def count(database: Database, verb: str) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Event.verb == verb)) or 0


def test_every_due_ticket_has_its_step_and_none_has_it_twice(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "PAGE", 4)
    town(store)
    with store.writing() as session:
        place = building(session)
        due = [ticket(session, place).accept_due_at for _ in range(10)][0]
    assert tickets.ticket_clock(store, due - MINUTE) is None
    assert tickets.ticket_clock(store, due) == "accept_overdue=10"
    assert tickets.ticket_clock(store, due) is None
    assert count(store, "ticket_escalated") == 10


def test_a_ticket_that_fails_stops_no_other_and_is_tried_again(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        place = building(session)
        broken, *rest = [ticket(session, place) for _ in range(3)]
        due = broken.accept_due_at
        session.execute(update(Ticket).where(Ticket.id == broken.id).values(pauses=[["私事"]]))
    with capture_logs() as logs:
        done = tickets.ticket_clock(store, due)
    assert done == "accept_overdue=2 failed=1"
    with store.reading() as session:
        assert all(session.get_one(Ticket, one.id).level == "community" for one in rest)
        assert session.get_one(Ticket, broken.id).clock_at == due
    assert [(line["event"], line["ticket_id"]) for line in logs] == [("ticket_failed", broken.id)]
    assert "私事" not in str(logs)
    assert tickets.ticket_clock(store, due + MINUTE) == "failed=1"


def test_a_ticket_somebody_is_at_work_on_waits_for_the_next_round(postgresql: Database) -> None:
    town(postgresql)
    with postgresql.writing() as session:
        place = building(session)
        busy, other = ticket(session, place), ticket(session, place)
        due = busy.accept_due_at
    with postgresql.writing() as session:
        session.get(Ticket, busy.id, with_for_update=True)
        assert tickets.ticket_clock(postgresql, due) == "accept_overdue=1"
    with postgresql.reading() as session:
        assert session.get_one(Ticket, other.id).level == "community"
        assert session.get_one(Ticket, busy.id).level == "estate"
    assert tickets.ticket_clock(postgresql, due + MINUTE) == "accept_overdue=1"


def test_a_round_without_anything_due_writes_nothing(database: Database) -> None:
    town(database)
    with database.writing() as session:
        ticket(session, building(session))
    assert tickets.ticket_clock(database, MORNING + MINUTE) is None
    assert tickets.dispatch_ownerless(database, MORNING + MINUTE) is None


def test_resolved_tickets_are_archived_by_the_same_round(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        owner = Actor(one.owner_id)
        apply(session, one, Action.ACCEPT, by=owner, at=MORNING)
        apply(session, one, Action.RESOLVE, by=owner, at=MORNING, reason="已处理")
        ticket_id = one.id
    assert tickets.ticket_clock(database, MORNING + timedelta(days=3)) == "rating_missing=1"
    assert tickets.ticket_clock(database, MORNING + timedelta(days=7)) == "never_rated=1"
    with database.reading() as session:
        assert session.get_one(Ticket, ticket_id).state == State.ARCHIVED


def test_a_matter_of_an_empty_house_gets_its_owner_as_soon_as_a_post_is_held(
    store: Database,
) -> None:
    with store.writing() as session:
        root = area(session, AreaKind.DISTRICT, "云溪区")
        ticket_id = ticket(session, root, reporter=person(session).id).id
    assert tickets.dispatch_ownerless(store, MORNING + MINUTE) == "left=1"
    with store.writing() as session:
        desk = post(session, Role.DUTY_DESK, session.merge(root))
    later = MORNING + 2 * MINUTE
    assert tickets.dispatch_ownerless(store, later) == "dispatched=1"
    with store.reading() as session:
        one = session.get_one(Ticket, ticket_id)
        assert (one.state, one.owner_id) == (State.DISPATCHED, desk.person_id)
        asked = select(OutboxMessage.template).where(OutboxMessage.person_id == desk.person_id)
        assert session.scalars(asked).all() == ["task_new"]
    assert tickets.dispatch_ownerless(store, later + MINUTE) is None


def test_staff_hear_of_the_gap_once_a_day_with_nothing_but_the_number(store: Database) -> None:
    with store.writing() as session:
        root = area(session, AreaKind.DISTRICT, "云溪区")
        admin = post(session, Role.ADMIN, root)
        for _ in range(2):
            ticket(session, root, reporter=person(session).id)
    for minute in range(1, 4):
        assert tickets.dispatch_ownerless(store, MORNING + minute * MINUTE) == "left=2"
    with store.reading() as session:
        rows = session.scalars(select(OutboxMessage)).all()
        assert [(one.person_id, one.template) for one in rows] == [
            (admin.person_id, "tickets_without_owner")
        ]
        assert rows[0].context == {"count": 2}
    tickets.dispatch_ownerless(store, MORNING + timedelta(days=1))
    assert count(store, "tickets_without_owner") == 2


def test_a_post_that_ended_holds_nothing(database: Database) -> None:
    with database.writing() as session:
        root = area(session, AreaKind.DISTRICT, "云溪区")
        desk = post(session, Role.DUTY_DESK, root)
        session.execute(update(Post).where(Post.id == desk.id).values(until=MORNING))
        ticket(session, root, reporter=person(session).id)
    assert tickets.dispatch_ownerless(database, MORNING + MINUTE) == "left=1"
