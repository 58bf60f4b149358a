"""After a change of the calendar every open deadline is the one the new calendar makes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from config.categories import Urgency
from jobs import calendar
from jobs.queue import Queue
from models import sla, work_calendars
from models.base import Database
from models.events import Event
from models.tasks import Task, TaskState
from models.ticket_flow import Action, State
from models.tickets import recomputing, refining, reminding, ticking
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests import factories
from tests.factories import MORNING, actor, area_named, building, demo_person

TYPHOON = date(2026, 3, 4)  # the day after MORNING
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MORNING + HOUR


@pytest.fixture
def town(store: Database) -> Database:
    factories.town(store)
    return store


def close_for_a_typhoon(town: Database, at: datetime = MORNING, area: str = "幸福社区") -> None:
    with town.writing() as session:
        where = area_named(session, area).id
        work_calendars.mark_days(session, where, rest=[TYPHOON], by=None, at=at)


def work_off(town: Database, now: datetime) -> int:
    return Queue(town, lambda: now).drain()


def moved(town: Database) -> list[Event]:
    with town.reading() as session:
        found = select(Event).where(Event.verb == recomputing.MOVED).order_by(Event.id)
        return list(session.scalars(found))


def test_open_tickets_of_the_area_move_and_no_others(town: Database) -> None:
    with town.writing() as session:
        inside = factories.ticket(session, building(session))
        outside = factories.ticket(session, area_named(session, "和平社区"))
        alarm = factories.ticket(session, building(session), urgency=Urgency.EMERGENCY)
        before = {one.id: one.resolve_due_at for one in (inside, outside, alarm)}
    close_for_a_typhoon(town)
    assert work_off(town, MORNING) == 0, "what was under way is waited for"
    assert work_off(town, LATER) == 1
    with town.reading() as session:
        after = {one: session.get_one(Ticket, one).resolve_due_at for one in before}
    assert after == before | {inside.id: before[inside.id] + DAY}
    [told] = moved(town)
    assert (told.subject_id, told.actor_id, told.at) == (inside.id, None, LATER)
    assert told.detail == {
        "policy": 1,
        "resolve_due": [before[inside.id].isoformat(), after[inside.id].isoformat()],
    }


def test_a_task_that_is_run_again_moves_nothing_twice(town: Database) -> None:
    with town.writing() as session:
        factories.ticket(session, building(session))
    close_for_a_typhoon(town)
    work_off(town, LATER)
    with town.writing() as session:
        task = session.scalars(select(Task)).one()
        task.state = TaskState.DUE
    assert work_off(town, LATER) == 1
    assert len(moved(town)) == 1


def test_pages_follow_each_other_until_all_are_done(
    town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "PAGE", 2)
    monkeypatch.setattr(calendar, "PAGES", 2)
    with town.writing() as session:
        made = {factories.ticket(session, building(session)).id for _ in range(11)}
    close_for_a_typhoon(town)
    assert work_off(town, LATER) == 3
    assert {one.subject_id for one in moved(town)} == made


def test_one_ticket_that_fails_does_not_stop_the_rest(
    town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.writing() as session:
        first, second = (factories.ticket(session, building(session)).id for _ in range(2))
    real = recomputing.recompute

    def failing(session, ticket, revision, now) -> bool:
        if ticket.id == first:
            raise ZeroDivisionError
        return real(session, ticket, revision, now)

    monkeypatch.setattr(recomputing, "recompute", failing)
    close_for_a_typhoon(town)
    work_off(town, LATER)
    assert [one.subject_id for one in moved(town)] == [second]


def test_a_deadline_that_passed_and_was_told_is_told_again_only_when_it_lies_ahead_again(
    town: Database,
) -> None:
    with town.writing() as session:
        one = factories.ticket(session, building(session))
        due = one.resolve_due_at
        ticking.tick(session, one, due)
        assert one.overdue_at == due
    # Known three days too late: the new deadline has passed as well, and everybody was told.
    close_for_a_typhoon(town, due + 3 * DAY)
    work_off(town, due + 3 * DAY + HOUR)
    assert overdue_told(town, one.id, due + 3 * DAY + HOUR) == 1
    with town.writing() as session:
        where = area_named(session, "幸福社区").id
        far = [TYPHOON + n * DAY for n in range(1, 20)]
        work_calendars.mark_days(session, where, rest=far, by=None, at=due + 4 * DAY)
    work_off(town, due + 4 * DAY + HOUR)
    with town.reading() as session:
        new_due = session.get_one(Ticket, one.id).resolve_due_at
    assert new_due > due + 4 * DAY + HOUR
    assert overdue_told(town, one.id, new_due - HOUR) == 1
    assert overdue_told(town, one.id, new_due) == 2
    assert overdue_told(town, one.id, new_due + DAY) == 2


def overdue_told(town: Database, ticket_id: int, now: datetime) -> int:
    """How often it has been told, after the clock's round at this moment."""
    with town.writing() as session:
        ticking.tick(session, session.get_one(Ticket, ticket_id), now)
    with town.reading() as session:
        told = select(Event).where(Event.subject_id == ticket_id, Event.verb == reminding.OVERDUE)
        return len(session.scalars(told).all())


def test_a_paused_matter_gets_the_day_off_on_top_of_its_pause(town: Database) -> None:
    with town.writing() as session:
        one = factories.ticket(session, building(session))
        owner = Actor(one.owner_id)
        apply(session, one, Action.ACCEPT, by=owner, at=MORNING)
        until = MORNING + 2 * HOUR
        apply(session, one, Action.SUSPEND, by=owner, at=MORNING, reason="等料", until=until)
        planned = one.resolve_due_at
    close_for_a_typhoon(town)
    work_off(town, LATER)
    with town.writing() as session:
        one = session.get_one(Ticket, one.id)
        assert (one.state, one.resolve_due_at) == (State.SUSPENDED, planned + DAY)
        assert one.clock_at == until
        apply(session, one, Action.RESUME, by=owner, at=LATER)
        plain = sla.shipped().deadlines("noise", one.urgency, MORNING).resolve_due_at
        assert one.resolve_due_at == plain + DAY + HOUR


def test_the_level_that_has_it_gets_the_day_off_too(town: Database) -> None:
    with town.writing() as session:
        one = factories.ticket(session, building(session))
        staff = actor(session, "community_staff")
        apply(session, one, Action.ESCALATE, by=staff, at=MORNING + 8 * HOUR, reason="管不了")
        level_due = one.level_due_at
    assert level_due == datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
    close_for_a_typhoon(town)
    work_off(town, LATER)
    with town.reading() as session:
        one = session.get_one(Ticket, one.id)
        assert one.level_due_at == level_due + DAY
        assert one.clock_at is not None and one.clock_at <= level_due + DAY


def test_undo_after_the_calendar_changed_gives_the_class_back_and_not_the_old_calendar(
    town: Database,
) -> None:
    with town.writing() as session:
        one = factories.ticket(session, building(session))
        due = one.resolve_due_at
        reporter = demo_person(session, "resident")
        refining.reclassify(session, one, "house_rights", None, by=reporter, at=MORNING)
    close_for_a_typhoon(town)
    work_off(town, MORNING + timedelta(minutes=1))
    with town.writing() as session:
        one = session.get_one(Ticket, one.id)
        apply(session, one, Action.UNDO, by=Actor(reporter), at=MORNING + timedelta(minutes=5))
        assert (one.category, one.resolve_due_at) == ("noise", due + DAY)
        assert one.clock_at is not None and one.clock_at > MORNING


def test_a_class_whose_time_to_accept_is_over_already_is_passed_up_with_the_next_round(
    town: Database,
) -> None:
    at = MORNING + HOUR
    with town.writing() as session:
        one = factories.ticket(session, building(session))
        owner, level = one.owner_id, one.level
        by = demo_person(session, "resident")
        refining.reclassify(session, one, "security", None, by=by, at=at)
        assert (one.owner_id, one.accept_due_at) == (owner, MORNING + HOUR / 2)
        assert ticking.tick(session, one, at + timedelta(minutes=1)) == "accept_overdue"
        assert one.level != level


def test_whom_a_changed_class_brings_in_late_has_the_time_to_accept_anew(town: Database) -> None:
    at = MORNING + HOUR
    with town.writing() as session:
        one = factories.ticket(session, building(session))
        owner = one.owner_id
        by = demo_person(session, "resident")
        refining.reclassify(session, one, "elevator", None, by=by, at=at)
        assert one.owner_id != owner
        assert ticking.tick(session, one, at + timedelta(minutes=1)) is None
        assert ticking.tick(session, one, at + HOUR / 2) == "level_overdue"


def test_a_moment_that_passed_just_before_somebody_acted_is_not_dropped(town: Database) -> None:
    with town.writing() as session:
        one = factories.ticket(session, building(session))
        owner = Actor(one.owner_id)
        apply(session, one, Action.ACCEPT, by=owner, at=MORNING)
        half = one.clock_at
        assert (half, one.clock_step) == (MORNING + DAY, "half")
        just_after = half + timedelta(seconds=20)
        apply(session, one, Action.START, by=owner, at=just_after)
        assert one.clock_at == half
        assert ticking.tick(session, one, just_after) == "half"
        assert one.clock_at is not None and one.clock_at > just_after
