"""四个一: the four ways up, each level once, both sides told, and what the figures say of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.base import Database
from models.events import Event
from models.localtime import local
from models.metrics.figures import Scope
from models.metrics.periods import Period
from models.metrics.sheet import Axis, sheet
from models.metrics.tally import Count
from models.outbox import OutboxMessage
from models.places import root_area_id
from models.posts import Absence, Post, Role
from models.ticket_flow import Action, Level, State
from models.tickets import assigning, clock, refining, ticking
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.factories import MORNING, actor, building, demo_person, ticket, town

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def owner(one: Ticket) -> Actor:
    return Actor(one.owner_id)


def overdue(session: Session, one: Ticket) -> None:
    apply(session, one, Action.ACCEPT, by=owner(one), at=MORNING + MINUTE)
    ticking.tick(session, one, one.resolve_due_at)


def returned_twice(session: Session, one: Ticket) -> None:
    for hours in (1, 2):
        at = MORNING + hours * HOUR
        apply(session, one, Action.SEND_BACK, by=owner(one), at=at, reason="不归我管")


def unsatisfied(session: Session, one: Ticket) -> None:
    by, at = owner(one), MORNING + HOUR
    apply(session, one, Action.ACCEPT, by=by, at=at)
    apply(session, one, Action.RESOLVE, by=by, at=at, reason="已劝停")
    resident = Actor(one.reporter_id)
    apply(session, one, Action.REOPEN, by=resident, at=at + HOUR, solved=False, stars=1)


def by_hand(session: Session, one: Ticket) -> None:
    staff = actor(session, "community_staff", 2)
    apply(session, one, Action.ESCALATE, by=staff, at=MORNING + HOUR, reason="请社区出面")


WAYS: list[Callable[[Session, Ticket], None]] = [overdue, returned_twice, unsatisfied, by_hand]


def told(session: Session, one: Ticket) -> set[int | None]:
    """Who hears of the last thing that happened to it."""
    last = select(Event.id).where(Event.subject_kind == "ticket", Event.subject_id == one.id)
    event_id = session.scalars(last.order_by(Event.id.desc())).first()
    heard = select(OutboxMessage.person_id).where(OutboxMessage.event_id == event_id)
    return set(session.scalars(heard))


@pytest.mark.parametrize("way", WAYS)
def test_each_way_leads_one_level_up_and_tells_both_sides(
    store: Database, way: Callable[[Session, Ticket], None]
) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        first = one.owner_id
        way(session, one)
        assert (one.level, one.state) == (Level.COMMUNITY, State.DISPATCHED)
        assert session.get_one(Post, one.owner_post_id).role == Role.COMMUNITY_STAFF
        heard = told(session, one)
        assert one.owner_id in heard
        if way in (overdue, by_hand):
            assert first in heard
        if way != returned_twice:  # the resident was told who has it when the first returned it
            assert (one.reporter_id in heard) == (way != unsatisfied)


def test_the_figures_count_every_way_on_the_level_it_led_to(database: Database) -> None:
    town(database)
    with database.writing() as session:
        for way in WAYS:
            way(session, ticket(session, building(session), category="noise"))
        ticket(session, building(session), category="noise")
        root = root_area_id(session)
        assert root is not None
        day = local(MORNING).date()
        scope = Scope(root, Period(day, day + timedelta(9)), MORNING + 9 * 24 * HOUR)
        rows = sheet(session, scope, Axis.LEVEL).rows
        counted = {level: row.counts[Count.OPENED] for level, row in rows.items()}
    assert counted == {Level.ESTATE: 1, Level.COMMUNITY: len(WAYS)}


def test_the_third_return_is_for_the_community_to_decide_within_the_same_deadline(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        promised = one.accept_due_at, one.resolve_due_at
        returned_twice(session, one)
        at = MORNING + 3 * HOUR
        event_id = apply(session, one, Action.SEND_BACK, by=owner(one), at=at, reason="不归我管")
        assert session.get_one(Event, event_id).detail["is_arbitration"] is True
        assert session.get_one(Post, one.owner_post_id).role == Role.COMMUNITY_STAFF
        assert (one.accept_due_at, one.resolve_due_at) == promised
        # Nobody can let it lie: who decides has the time to accept, and then it goes up.
        assert one.clock_at == one.level_due_at == clock.level_due(one, at)
        ticking.tick(session, one, one.clock_at)
        assert one.level == Level.SUBDISTRICT


def test_a_matter_that_nobody_owns_goes_up_as_well(store: Database) -> None:
    town(store)
    with store.writing() as session:
        session.execute(delete(Absence))
        kept = Post.role.in_([Role.DEPARTMENT_LIAISON, Role.ADMIN])
        session.execute(update(Post).where(~kept).values(until=MORNING))
        one = ticket(session, building(session), category="noise")
        assert (one.state, one.owner_id) == (State.REPORTED, None)
        assert ticking.tick(session, one, one.accept_due_at) == clock.ACCEPT
        liaison = session.get_one(Post, one.owner_post_id)
        assert (one.level, one.state) == (Level.DEPARTMENT, State.DISPATCHED)
        assert (liaison.role, liaison.department) == (Role.DEPARTMENT_LIAISON, "police")
        event = session.scalars(select(Event).where(Event.verb == "ticket_escalated")).one()
        assert event.detail["gap"] == [Level.COMMUNITY, Level.SUBDISTRICT]


def test_a_level_that_took_over_a_minute_ago_is_not_passed_by_when_the_time_to_accept_ends(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), category="noise")
        staff, late = actor(session, "community_staff", 2), one.accept_due_at - MINUTE
        apply(session, one, Action.ESCALATE, by=staff, at=late, reason="请社区出面")
        assert one.clock_at == clock.level_due(one, late) > one.accept_due_at + HOUR


def test_a_step_taken_back_after_a_reminder_reminds_nobody_again(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        apply(session, one, Action.ACCEPT, by=owner(one), at=MORNING + MINUTE)
        half = one.clock_at
        assert half is not None
        apply(session, one, Action.START, by=owner(one), at=half - 2 * MINUTE)
        assert ticking.tick(session, one, half) == "half"
        apply(session, one, Action.UNDO, by=owner(one), at=half + MINUTE)
        while one.clock_at is not None and one.clock_at <= half + HOUR:
            ticking.tick(session, one, one.clock_at + MINUTE)
        reminded = select(Event.id).where(Event.verb == "ticket_reminded_half")
        assert len(session.scalars(reminded).all()) == 1


def test_a_pause_that_begins_before_the_clock_comes_by_does_not_hide_who_never_answered(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        by, late = owner(one), one.accept_due_at + timedelta(seconds=30)
        until = late + 24 * HOUR
        apply(session, one, Action.SUSPEND, by=by, at=late, reason="等配件", until=until)
        assert one.clock_at == until
        apply(session, one, Action.RESUME, by=by, at=late + HOUR)
        assert ticking.tick(session, one, late + HOUR + MINUTE) == clock.ACCEPT
        assert one.level == Level.COMMUNITY


def test_where_nobody_is_above_the_clock_looks_again_until_a_post_is_filled(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        kept = Post.role.in_([Role.GRID_WORKER, Role.ADMIN])
        session.execute(update(Post).where(~kept).values(until=MORNING))
        one = ticket(session, building(session), category="noise")
        ticking.tick(session, one, one.accept_due_at)
        again = one.clock_at
        assert one.level == Level.ESTATE
        assert again == clock.level_due(one, one.accept_due_at)
        who = demo_person(session, "subdistrict_staff")
        session.execute(update(Post).where(Post.person_id == who).values(until=None))
        assert ticking.tick(session, one, again) == clock.LEVEL
        assert (one.level, one.owner_id) == (Level.SUBDISTRICT, who)


def test_a_resident_who_reports_for_two_homes_meets_the_posts_of_each(database: Database) -> None:
    town(database)
    with database.writing() as session:
        who = demo_person(session, "resident")
        here, there = building(session, 3), building(session, 1, "和平家园")
        owners = {ticket(session, place, reporter=who).owner_id for place in (here, there)}
        assert len(owners) == 2


def test_a_transfer_within_a_level_gives_it_no_more_time_once_a_pause_is_over(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="noise")
        staff, up = actor(session, "community_staff", 2), MORNING + 10 * MINUTE
        apply(session, one, Action.ESCALATE, by=staff, at=up, reason="请社区出面")
        due = one.level_due_at
        assert due == clock.level_due(one, up)
        choices = assigning.paid_choices(session, one, up)
        [colleague] = [who for who in choices if who.role == Role.COMMUNITY_STAFF][:1]
        at = MORNING + HOUR
        by = owner(one)
        apply(session, one, Action.TRANSFER, by=by, at=at, reason="换人", holder=colleague)
        until = at + 30 * MINUTE
        apply(session, one, Action.SUSPEND, by=owner(one), at=at, reason="等配件", until=until)
        apply(session, one, Action.RESUME, by=owner(one), at=until)
        assert one.level_due_at == due + 30 * MINUTE


def test_a_deadline_told_before_the_matter_was_opened_again_hides_none_that_passes_later(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), category="elevator")
        apply(session, one, Action.ACCEPT, by=owner(one), at=MORNING)
        assert ticking.tick(session, one, one.resolve_due_at) == clock.DUE
        at = one.resolve_due_at + HOUR
        apply(session, one, Action.ACCEPT, by=owner(one), at=at)
        apply(session, one, Action.RESOLVE, by=owner(one), at=at, reason="已修好")
        resident = Actor(one.reporter_id)
        apply(session, one, Action.REOPEN, by=resident, at=at, solved=False, stars=1)
        who = one.reporter_id
        refining.reclassify(session, one, "house_rights", None, by=who, at=at + HOUR)
        apply(session, one, Action.ACCEPT, by=owner(one), at=at + HOUR)
        late = at + timedelta(days=5)
        refining.reclassify(session, one, "elevator", None, by=who, at=late)
        assert one.resolve_due_at < late
        assert ticking.tick(session, one, late) == clock.DUE
        told_late = select(Event.id).where(Event.verb == "ticket_overdue")
        assert len(session.scalars(told_late).all()) == 2
