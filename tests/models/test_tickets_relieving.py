"""An owner goes on leave or out of post: the matter goes on with who serves the place now."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import Session

from bots.rendering import render
from jobs import tickets
from models.base import Database
from models.events import Event
from models.metrics import rebuilding
from models.outbox import OutboxMessage
from models.posts import Absence, Post, Role
from models.protection import may_see
from models.ticket_flow import Action, Level, State
from models.tickets import clock, relieving, ticking
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests.factories import (
    MORNING,
    area_named,
    building,
    demo_person,
    post,
    post_of,
    ticket,
    town,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def away(
    session: Session, who: Post, since: datetime, until: datetime, instead: Post | None = None
) -> None:
    session.add(
        Absence(
            post_id=who.id,
            since=since,
            until=until,
            substitute_id=instead.id if instead else None,
        )
    )
    session.flush()


def owner_post(session: Session, one: Ticket) -> Post:
    return session.get_one(Post, one.owner_post_id)


def accepted(session: Session, **more: object) -> Ticket:
    one = ticket(session, building(session), **more)  # type: ignore[arg-type]
    apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=MORNING + MINUTE)
    return one


def told(session: Session, one: Ticket) -> dict[str, list[int | None]]:
    """Template → whom, of what the last event of this ticket caused."""
    last = session.scalars(
        select(Event.id).where(Event.subject_kind == "ticket", Event.subject_id == one.id)
    ).all()[-1]
    found: dict[str, list[int | None]] = {}
    for message in session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == last)):
        assert "None" not in render(message.template, message.context)
        found.setdefault(message.template, []).append(message.person_id)
    return found


def test_a_leave_that_begins_gives_an_accepted_matter_to_the_substitute_and_all_are_told(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        first, promised = owner_post(session, one), one.resolve_due_at
        instead = post_of(session, "grid_worker", 3)
        away(session, first, MORNING + DAY, MORNING + 3 * DAY, instead)
        ticket_id, first_person = one.id, first.person_id
    assert tickets.dispatch_ownerless(store, MORNING + DAY - MINUTE) is None
    assert tickets.dispatch_ownerless(store, MORNING + DAY) == "relieved=1"
    assert tickets.dispatch_ownerless(store, MORNING + DAY + MINUTE) is None
    with store.reading() as session:
        one = session.get_one(Ticket, ticket_id)
        assert (one.owner_post_id, one.state) == (instead.id, State.DISPATCHED)
        assert (one.resolve_due_at, one.first_contact_id) == (promised, first.id)
        assert one.level_due_at == clock.level_due(one, MORNING + DAY)
        assert told(session, one) == {
            "task_relieved": [instead.person_id],
            "task_stood_in": [first_person],
            "ticket_transferred": [one.reporter_id],
        }


def test_when_the_leave_ends_the_matter_stays_with_who_took_it(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = accepted(session)
        instead = post_of(session, "grid_worker", 3)
        away(session, owner_post(session, one), MORNING + HOUR, MORNING + DAY, instead)
        assert relieving.relieve(session, one, MORNING + HOUR)
        apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=MORNING + 2 * HOUR)
        ticket_id = one.id
    assert tickets.dispatch_ownerless(database, MORNING + DAY + MINUTE) is None
    with database.reading() as session:
        one = session.get_one(Ticket, ticket_id)
        assert (one.owner_post_id, one.state) == (instead.id, State.ACCEPTED)


def test_a_substitute_who_stays_silent_is_passed_by_after_the_time_to_accept(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        away(session, owner_post(session, one), MORNING + HOUR, MORNING + 3 * DAY)
        assert relieving.relieve(session, one, MORNING + HOUR)
        assert owner_post(session, one).role == Role.GRID_LEADER
        due = one.level_due_at
        assert due is not None
        assert one.clock_at == due == clock.level_due(one, MORNING + HOUR)
        assert ticking.tick(session, one, due) == clock.LEVEL
        assert one.level == Level.COMMUNITY


def test_who_never_answered_is_replaced_without_a_word_to_the_reporter(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        away(session, owner_post(session, one), MORNING + MINUTE, MORNING + DAY)
        assert relieving.relieve(session, one, MORNING + MINUTE)
        assert set(told(session, one)) == {"task_relieved", "task_stood_in"}
        # The first time to accept has not passed: it counts for who came in as well.
        assert (one.level_due_at, one.clock_at) == (None, one.accept_due_at)


def test_a_post_that_has_ended_is_told_nothing_of_the_matter(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = accepted(session)
        owner_post(session, one).until = MORNING + HOUR
        session.flush()
        assert relieving.left_behind(session, 0, 9, MORNING + HOUR - MINUTE) == []
        assert relieving.left_behind(session, 0, 9, MORNING + HOUR) == [one.id]
        assert relieving.relieve(session, one, MORNING + HOUR)
        assert "task_stood_in" not in told(session, one)


def test_a_suspended_matter_stays_suspended_and_is_to_be_taken_when_it_goes_on(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        by, until = Actor(one.owner_id), MORNING + 5 * DAY
        apply(session, one, Action.SUSPEND, by=by, at=MORNING + HOUR, reason="等配件", until=until)
        promised = one.resolve_due_at
        away(session, owner_post(session, one), MORNING + DAY, MORNING + 9 * DAY)
        assert relieving.relieve(session, one, MORNING + DAY)
        assert (one.state, one.resolve_due_at, one.clock_at) == (State.SUSPENDED, promised, until)
        assert "1 接单" not in "".join(
            render(message.template, message.context)
            for message in session.scalars(
                select(OutboxMessage).where(OutboxMessage.template == "task_relieved")
            )
        )
        assert ticking.tick(session, one, until) == clock.RESUME
        assert one.state == State.DISPATCHED
        assert one.level_due_at is not None
        assert one.level_due_at >= clock.level_due(one, until)


def test_a_matter_of_the_community_is_never_taken_over_by_the_estate(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), category="noise")
        staff = demo_person(session, "community_staff", 2)
        apply(session, one, Action.ESCALATE, by=Actor(staff), at=MORNING, reason="请社区出面")
        session.execute(
            update(Post).where(Post.role == Role.COMMUNITY_STAFF).values(until=MORNING + MINUTE)
        )
        assert relieving.relieve(session, one, MORNING + MINUTE)
        assert owner_post(session, one).role == Role.SUBDISTRICT_STAFF
        assert one.level == Level.SUBDISTRICT


@pytest.mark.parametrize("about", About)
def test_no_leave_brings_a_matter_to_those_it_is_about(database: Database, about: About) -> None:
    town(database)
    with database.writing() as session:
        session.execute(delete(Absence))
        one = ticket(session, building(session), about=about)
        hidden = {
            About.PROPERTY: post_of(session, "property_staff"),
            About.BUILDING_HEAD: post_of(session, "building_head"),
            About.COMMITTEE: post_of(session, "committee_member"),
            About.GRID: post_of(session, "grid_worker"),
            About.COMMUNITY: post_of(session, "community_staff"),
        }[about]
        away(session, owner_post(session, one), MORNING + HOUR, MORNING + DAY, hidden)
        first = one.owner_id
        assert relieving.relieve(session, one, MORNING + HOUR)
        assert one.owner_id not in (first, hidden.person_id)


@pytest.mark.parametrize("begins", ["a post of their own", "standing in"])
def test_an_owner_whom_the_matter_comes_to_be_about_has_it_no_more(
    store: Database, begins: str
) -> None:
    town(store)
    with store.writing() as session:
        session.execute(delete(Absence))
        other = accepted(session)
        one = accepted(session, about=About.BUILDING_HEAD)
        first, head = one.owner_id, post_of(session, "building_head")
        own = owner_post(session, one)
        if begins == "standing in":
            away(session, head, MORNING + HOUR, MORNING + DAY, own)
        else:
            post(session, head.role, building(session), first, since=MORNING + HOUR)
        other_id, ticket_id = other.id, one.id
    assert tickets.dispatch_ownerless(store, MORNING + HOUR - MINUTE) is None
    assert tickets.dispatch_ownerless(store, MORNING + HOUR) == "relieved=1"
    with store.reading() as session:
        one = session.get_one(Ticket, ticket_id)
        assert one.owner_id not in (None, first)
        assert one.state == State.DISPATCHED
        assert not may_see(session, one, first, MORNING + HOUR)
        assert told(session, one) == {
            "task_relieved": [one.owner_id],
            "ticket_transferred": [one.reporter_id],
        }
        assert session.get_one(Ticket, other_id).state == State.ACCEPTED


def test_with_nobody_else_in_the_house_it_stays_and_staff_are_told(store: Database) -> None:
    town(store)
    with store.writing() as session:
        session.execute(delete(Absence))
        one = accepted(session)
        admin = post(session, Role.ADMIN, area_named(session, "云溪区"))
        session.execute(update(Post).where(Post.id != admin.id).values(until=MORNING + HOUR))
        ticket_id, first = one.id, one.owner_id
    assert tickets.dispatch_ownerless(store, MORNING + HOUR) == "left=1"
    with store.reading() as session:
        assert session.get_one(Ticket, ticket_id).owner_id == first
        said = select(OutboxMessage.person_id).where(
            OutboxMessage.template == "tickets_without_owner"
        )
        assert session.scalars(said).all() == [admin.person_id]


def test_the_figures_made_from_the_events_agree_after_it(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = accepted(session)
        away(session, owner_post(session, one), MORNING + HOUR, MORNING + DAY)
        assert relieving.relieve(session, one, MORNING + HOUR)
    with rebuilding.one_moment(database) as session:
        assert rebuilding.compare(session, MORNING + 2 * HOUR).agrees


def test_owners_who_left_are_found_by_the_index_of_open_tickets(database: Database) -> None:
    asked: list[str] = []
    town(database)
    with database.reading() as session:
        listened = session.get_bind()
        event.listen(listened, "before_cursor_execute", lambda *said: asked.append(said[2]))
        relieving.left_behind(session, 0, 9, MORNING)
        explained = f"EXPLAIN QUERY PLAN {asked[0]}"
        plan = session.connection().exec_driver_sql(explained, (0,) * asked[0].count("?"))
        assert any("ix_tickets_owner_open" in row[3] for row in plan)
