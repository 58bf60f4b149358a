"""What the clock does to a ticket that has come due, and what it leaves alone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bots.rendering import render
from config.categories import Urgency
from models import sla
from models.base import Database
from models.events import Event
from models.outbox import Delivery, OutboxMessage
from models.posts import Post, Role
from models.ticket_flow import Action, Level, State
from models.tickets import clock, gaps, ticking
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Assignment, Part, Ticket
from tests.factories import MORNING, actor, building, demo_person, ticket, town

MINUTE = timedelta(minutes=1)


def verbs(session: Session, one: Ticket) -> list[str]:
    found = select(Event.verb).where(Event.subject_kind == "ticket", Event.subject_id == one.id)
    return list(session.scalars(found.order_by(Event.id)))


def told(session: Session, template: str) -> list[int | None]:
    return list(
        session.scalars(
            select(OutboxMessage.person_id)
            .where(OutboxMessage.template == template)
            .order_by(OutboxMessage.id)
        )
    )


def accepted(session: Session, **more: object) -> Ticket:
    """A matter its owner has taken, so that only the time to resolve runs."""
    one = ticket(session, building(session), **more)  # type: ignore[arg-type]
    apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=MORNING + MINUTE)
    return one


def run_to(session: Session, one: Ticket, end: datetime) -> list[str]:
    """Every round of the clock up to `end`, a minute behind each moment."""
    done = []
    while one.clock_at is not None and one.clock_at <= end:
        now = one.clock_at + MINUTE
        step = ticking.tick(session, one, now)
        assert one.clock_at is None or one.clock_at > now or step is not None
        done.append(step or "")
    return done


def test_the_owner_is_reminded_at_half_and_at_four_fifths_of_the_time(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        half, most, _ = sla.shipped().remind_points(one.category, one.urgency, one.opened_at)
        assert one.clock_at == half.at
        assert ticking.tick(session, one, half.at - MINUTE) is None
        assert ticking.tick(session, one, half.at) == "half"
        assert one.clock_at == most.at
        assert ticking.tick(session, one, most.at) == "most"
        assert one.clock_at == one.resolve_due_at
        assert told(session, "task_reminded_half") == [one.owner_id]
        assert told(session, "task_reminded_most") == [one.owner_id]


def test_neighbours_who_help_are_never_reminded(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = accepted(session)
        head = demo_person(session, "building_head")
        helper = select(Assignment).where(
            Assignment.person_id == head, Assignment.part == Part.HELPER
        )
        assert session.scalars(helper).one()
        run_to(session, one, one.resolve_due_at + timedelta(days=30))
        reminders = ("task_reminded_half", "task_reminded_most", "task_overdue")
        for template in (*reminders, "task_overdue_here", "task_stuck"):
            assert head not in told(session, template)


def test_a_matter_nobody_takes_goes_up_a_level_each_time_to_accept(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session))
        first = one.owner_id
        assert ticking.tick(session, one, one.accept_due_at) == clock.ACCEPT
        assert one.level == Level.COMMUNITY
        assert one.owner_id == demo_person(session, "community_staff")
        # The promise to the resident stays, the new level has the time to accept again.
        assert one.level_due_at == clock.level_due(one, one.accept_due_at)
        event = session.scalars(select(Event).where(Event.verb == "ticket_escalated")).one()
        assert (event.actor_id, event.capacity) == (None, "clock")
        assert event.detail["cause"] == clock.ACCEPT
        assert told(session, "task_escalated") == [one.owner_id]
        assert told(session, "task_passed_up") == [first]
        assert told(session, "ticket_escalated") == [one.reporter_id]


def test_it_climbs_level_by_level_tells_staff_once_at_the_top_and_is_quiet(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        steps = run_to(session, one, MORNING + timedelta(days=60))
        names = verbs(session, one)
        assert one.level == Level.DEPARTMENT
        assert names.count("ticket_escalated") == 3
        assert names.count("ticket_overdue") == 1
        assert names.count("ticket_stuck") == 1
        assert one.clock_at is None
        assert len(steps) < 12
        owner = session.get_one(Post, one.owner_post_id)
        assert (owner.role, owner.department) == (Role.DEPARTMENT_LIAISON, "police")


def test_escalations_are_never_closer_than_the_time_to_accept(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        run_to(session, one, MORNING + timedelta(days=60))
        moments = session.scalars(
            select(Event.at).where(Event.verb == "ticket_escalated").order_by(Event.id)
        ).all()
        for earlier, later in zip(moments, moments[1:], strict=False):
            assert later >= clock.level_due(one, earlier)


def test_overdue_tells_who_supervises_and_goes_up_with_both_sides_told(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        first = one.owner_id
        assert ticking.tick(session, one, one.resolve_due_at) == clock.DUE
        assert one.overdue_at == one.resolve_due_at
        assert one.level == Level.COMMUNITY
        assert set(told(session, "task_overdue_here")) == {
            demo_person(session, "grid_leader"),
            demo_person(session, "community_staff", 1),
            demo_person(session, "community_staff", 2),
        }
        assert told(session, "task_escalated") == [one.owner_id]
        assert told(session, "task_followed") == [first]
        # One message for one thing: the step up tells the reporter that it took too long.
        assert told(session, "ticket_escalated") == [one.reporter_id]
        assert told(session, "ticket_overdue") == []


def test_a_level_that_has_just_taken_over_keeps_its_time_when_the_deadline_passes(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = accepted(session)
        supervisor = actor(session, "community_staff", 2)
        late = one.resolve_due_at - MINUTE
        apply(session, one, Action.ESCALATE, by=supervisor, at=late, reason="需要社区出面")
        new_owner = one.owner_id
        assert ticking.tick(session, one, one.resolve_due_at) == clock.DUE
        assert (one.level, one.owner_id) == (Level.COMMUNITY, new_owner)
        assert told(session, "task_overdue") == [new_owner]
        assert told(session, "ticket_overdue") == [one.reporter_id]
        assert one.clock_at == clock.level_due(one, late)


def test_a_clock_that_stood_still_sends_one_reminder_and_one_escalation(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        _, most, _ = sla.shipped().remind_points(one.category, one.urgency, one.opened_at)
        assert ticking.tick(session, one, most.at + MINUTE) == "most"
        assert told(session, "task_reminded_half") == []

        other = accepted(session)
        assert ticking.tick(session, other, other.resolve_due_at + timedelta(days=9)) == clock.DUE
        assert verbs(session, other).count("ticket_escalated") == 1
        assert "ticket_reminded_half" not in verbs(session, other)
        assert "ticket_reminded_most" not in verbs(session, other)


def test_the_same_round_twice_does_nothing_more(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        now = one.resolve_due_at + MINUTE
        ticking.tick(session, one, now)
        before = session.scalar(select(func.count(Event.id)))
        assert ticking.tick(session, one, now) is None
        assert session.scalar(select(func.count(Event.id))) == before


def test_a_step_between_the_deadline_and_the_clocks_round_does_not_hide_the_deadline(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = accepted(session)
        late = one.resolve_due_at + timedelta(seconds=20)
        apply(session, one, Action.START, by=Actor(one.owner_id), at=late)
        assert ticking.tick(session, one, late + MINUTE) == clock.DUE


def test_nobody_is_reminded_of_what_has_been_resolved(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        half = one.clock_at
        assert half is not None
        # Found at night: the message waits for the morning, and by then all is done.
        night = half.replace(hour=15)
        assert ticking.tick(session, one, night) == "most"
        waiting = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template == "task_reminded_most")
        ).one()
        assert waiting.not_before > night
        apply(
            session,
            one,
            Action.RESOLVE,
            by=Actor(one.owner_id),
            at=night + MINUTE,
            reason="已劝停装修",
        )
        session.refresh(waiting)
        assert waiting.state == Delivery.CANCELLED
        run_to(session, one, one.resolve_due_at + timedelta(days=1))
        assert told(session, "task_overdue_here") == []


def test_a_pause_ends_by_the_clock_at_its_planned_end_however_late_it_looks(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = accepted(session)
        begins, until = MORNING + timedelta(hours=1), MORNING + timedelta(days=2)
        owner = Actor(one.owner_id)
        apply(session, one, Action.SUSPEND, by=owner, at=begins, reason="等配件", until=until)
        promised = one.resolve_due_at
        assert one.clock_at == until
        assert ticking.tick(session, one, until + timedelta(hours=5)) == clock.RESUME
        assert one.state == State.ACCEPTED
        assert one.pauses == [[begins.isoformat(), until.isoformat()]]
        assert one.resolve_due_at == promised


def resolved(session: Session) -> Ticket:
    one = accepted(session)
    done = MORNING + timedelta(hours=2)
    apply(session, one, Action.RESOLVE, by=Actor(one.owner_id), at=done, reason="已劝停装修")
    return one


def test_an_unrated_matter_is_asked_about_once_after_three_days_and_archived_after_seven(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = resolved(session)
        done = one.resolved_at
        assert done is not None
        assert one.clock_at == done + timedelta(days=3)
        assert run_to(session, one, done + timedelta(days=30)) == [clock.RATING, clock.ARCHIVE]
        assert told(session, "rating_reminded") == [one.reporter_id]
        assert (one.state, one.stars, one.clock_at) == (State.ARCHIVED, None, None)


def test_after_a_week_of_downtime_it_is_archived_without_a_reminder(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = resolved(session)
        assert ticking.tick(session, one, MORNING + timedelta(days=8)) == clock.ARCHIVE
        assert told(session, "rating_reminded") == []


def test_a_rated_matter_is_left_alone(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = resolved(session)
        reporter = Actor(one.reporter_id)
        at = MORNING + timedelta(hours=3)
        apply(session, one, Action.RATE, by=reporter, at=at, solved=True, stars=5)
        assert one.clock_at is None


def test_an_emergency_climbs_by_the_minute_and_wakes_people(database: Database) -> None:
    town(database)
    with database.writing() as session:
        night = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)
        one = ticket(
            session,
            building(session),
            night,
            category="fire_safety",
            urgency=Urgency.EMERGENCY,
            emergency="fire",
        )
        run_to(session, one, night + timedelta(minutes=6))
        assert one.level == Level.DEPARTMENT
        waiting = session.scalars(
            select(OutboxMessage.id).where(
                OutboxMessage.ticket_id == one.id,
                OutboxMessage.not_before > night + timedelta(hours=1),
            )
        ).all()
        assert waiting == []


def test_those_accused_hear_nothing_from_the_clock(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), category="noise", about=About.COMMUNITY)
        run_to(session, one, MORNING + timedelta(days=60))
        accused = {demo_person(session, "community_staff", count) for count in (1, 2)}
        everybody = select(OutboxMessage.person_id).where(OutboxMessage.ticket_id == one.id)
        assert not accused & set(session.scalars(everybody))


def test_a_matter_that_began_with_the_community_goes_up_to_the_subdistrict(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), category="property_fee")
        assert one.owner_id == demo_person(session, "community_staff")
        ticking.tick(session, one, one.accept_due_at)
        assert one.level == Level.SUBDISTRICT
        assert one.owner_id == demo_person(session, "subdistrict_staff")


@pytest.mark.parametrize("end", [timedelta(days=60)])
def test_every_message_of_the_clock_has_its_words(database: Database, end: timedelta) -> None:
    town(database)
    with database.writing() as session:
        for one in (ticket(session, building(session)), accepted(session), resolved(session)):
            run_to(session, one, MORNING + end)
        gaps.tell_staff(session, 3, MORNING)
        seen = set()
        for message in session.scalars(select(OutboxMessage)):
            if message.template in (
                "task_reminded_half",
                "task_reminded_most",
                "task_overdue",
                "task_overdue_here",
                "task_stuck",
                "ticket_overdue",
                "rating_reminded",
                "tickets_without_owner",
            ):
                seen.add(message.template)
                assert "None" not in render(message.template, message.context)
    assert len(seen) >= 6
