"""The ticket's verbs one by one: what each changes, for whom, and what it may never touch."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import sla
from models.base import Database
from models.errors import NotAllowed, NotFound, ReasonMissing, TooLate, TransitionNotAllowed
from models.events import Event
from models.people import Person
from models.places import Area, AreaKind
from models.posts import Post, Role
from models.sealing import open_for
from models.ticket_flow import Action, Level, Outcome, State
from models.tickets import refining, undoing
from models.tickets.actions import allowed, apply, can
from models.tickets.step import Actor
from models.tickets.table import Answer, Assignment, Part, Supporter, Ticket
from tests.factories import MORNING, actor, area, building, demo_person, person, post, ticket, town

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def do(
    session: Session, one: Ticket, action: Action, by: Actor, at: datetime, **given: Any
) -> Event:
    given.setdefault("reason", "说明原因")
    return session.get_one(Event, apply(session, one, action, by=by, at=at, **given))


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


def test_the_whole_loop_leaves_one_event_a_change_with_old_and_new(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = taken(session)
        do(session, one, Action.START, owner(one), MORNING + 2 * MINUTE)
        do(session, one, Action.RESOLVE, owner(one), MORNING + HOUR, reason="已劝停装修")
        reporter = Actor(one.reporter_id)
        do(session, one, Action.RATE, reporter, MORNING + 2 * HOUR, solved=True, stars=5)
        ticket_id = one.id
    with store.reading() as session:
        one = session.get_one(Ticket, ticket_id)
        assert (one.state, one.stars, one.outcome) == (State.ARCHIVED, 5, Outcome.FIXED)
        assert one.result == "已劝停装修"
        rows = session.execute(
            select(Event.verb, Event.old, Event.new, Event.capacity)
            .where(Event.subject_id == ticket_id, Event.subject_kind == "ticket")
            .order_by(Event.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("ticket_opened", None, "reported", "reporter"),
        ("ticket_dispatched", "reported", "dispatched", None),
        ("ticket_accepted", "dispatched", "accepted", "owner"),
        ("ticket_started", "accepted", "in_progress", "owner"),
        ("ticket_resolved", "in_progress", "resolved", "owner"),
        ("ticket_rated", "resolved", "archived", "reporter"),
    ]


def test_what_somebody_wrote_lies_in_the_event_under_their_own_key(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = resolved(session)
        event = session.scalars(select(Event).where(Event.verb == "ticket_resolved")).one()
        assert "已劝停装修".encode() not in (event.words or b"")
        author = session.get_one(Person, one.owner_id)
        assert open_for(author.own_key, event.words) == "已劝停装修"


def test_a_reason_is_asked_for_and_nothing_changes_without_it(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        before = undoing.snapshot(session, one)
        with pytest.raises(ReasonMissing):
            apply(session, one, Action.SEND_BACK, by=owner(one), at=MORNING + HOUR, reason="  ")
        assert undoing.snapshot(session, one) == before


def test_who_has_nothing_to_do_with_a_matter_may_do_nothing(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        stranger = actor(session, "resident", 5)
        assert allowed(session, one, by=stranger, at=MORNING + HOUR) == []
        with pytest.raises(NotAllowed):
            do(session, one, Action.RESOLVE, stranger, MORNING + HOUR)
        with pytest.raises(NotAllowed):
            do(session, one, Action.UNDO, stranger, MORNING + HOUR)


def test_the_second_return_goes_up_a_level_and_the_third_to_arbitration(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = taken(session)
        due = one.resolve_due_at
        seen = [one.owner_id]
        events = []
        for count in range(1, 4):
            at = MORNING + count * HOUR
            events.append(do(session, one, Action.SEND_BACK, owner(one), at))
            assert one.returns == count
            assert one.owner_id != seen[-1]
            seen.append(one.owner_id)
        assert [event.detail.get("to_level") for event in events] == [None, Level.COMMUNITY, None]
        assert [event.detail.get("is_arbitration") for event in events] == [None, None, True]
        post = session.get_one(Post, one.owner_post_id)
        assert post.role == Role.COMMUNITY_STAFF
        assert one.resolve_due_at == due


def test_escalating_ends_with_the_department_of_the_matter(database: Database) -> None:
    town(database)
    with database.writing() as session:
        staff = actor(session, "subdistrict_staff", 2)
        one = ticket(session, building(session), category="ebike_charging")
        roles = []
        at = MORNING
        while can(session, one, Action.ESCALATE, by=staff, at=at):
            at += HOUR
            do(session, one, Action.ESCALATE, staff, at)
            post = session.get_one(Post, one.owner_post_id)
            roles.append((one.level, post.role, post.department))
        assert roles == [
            (Level.COMMUNITY, Role.COMMUNITY_STAFF, None),
            (Level.SUBDISTRICT, Role.SUBDISTRICT_STAFF, None),
            (Level.DEPARTMENT, Role.DEPARTMENT_LIAISON, "fire"),
        ]
        with pytest.raises(TransitionNotAllowed):
            do(session, one, Action.ESCALATE, staff, at + HOUR)


def test_an_unhappy_reporter_reopens_once_with_a_new_clock_a_level_up(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = resolved(session)
        reporter, at = Actor(one.reporter_id), MORNING + timedelta(days=1)
        do(session, one, Action.REOPEN, reporter, at, solved=False, stars=1)
        assert (one.state, one.level, one.reopens) == (State.DISPATCHED, Level.COMMUNITY, 1)
        assert one.outcome is one.result is one.resolved_at is None
        assert (
            one.resolve_due_at
            == sla.shipped().deadlines(one.category, one.urgency, at).resolve_due_at
        )
        do(session, one, Action.ACCEPT, owner(one), at + MINUTE)
        do(session, one, Action.RESOLVE, owner(one), at + HOUR)
        assert not can(session, one, Action.REOPEN, by=reporter, at=at + 2 * HOUR)
        assert can(session, one, Action.RATE, by=reporter, at=at + 2 * HOUR)


def test_a_reopened_matter_goes_to_the_equal_of_who_did_not_solve_it(store: Database) -> None:
    """It counts as open for them already, though that is not written yet."""
    with store.writing() as session:
        estate = area(session, AreaKind.ESTATE, "和平家园")
        two = [post(session, Role.GRID_WORKER, estate).person_id for _ in range(2)]
        reporter, estate_id = person(session).id, estate.id
    with store.writing() as session:
        one = ticket(session, session.get_one(Area, estate_id), reporter=reporter)
        first = one.owner_id
        do(session, one, Action.ACCEPT, owner(one), MORNING)
        do(session, one, Action.RESOLVE, owner(one), MORNING)
    with store.writing() as session:
        again = session.get_one(Ticket, one.id)
        do(session, again, Action.REOPEN, Actor(reporter), MORNING + HOUR)
        assert again.owner_id != first and again.owner_id in two


def test_the_first_paid_post_that_took_it_stays_first_contact(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        do(session, one, Action.ACCEPT, actor(session, "building_head"), MORNING + MINUTE)
        assert one.first_contact_id is None
        do(session, one, Action.ACCEPT, owner(one), MORNING + 2 * MINUTE)
        first = one.owner_post_id
        assert one.first_contact_id == first
        do(session, one, Action.ESCALATE, actor(session, "grid_leader"), MORNING + HOUR)
        do(session, one, Action.ACCEPT, owner(one), MORNING + 2 * HOUR)
        assert one.owner_post_id != first
        assert one.first_contact_id == first


def test_nobody_accepts_the_same_task_twice(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        with pytest.raises(TransitionNotAllowed):
            do(session, one, Action.ACCEPT, owner(one), MORNING + HOUR)


def test_of_two_who_resolve_at_once_one_does_and_one_is_refused(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = taken(session)
        ticket_id, both = one.id, [owner(one), actor(session, "building_head")]
    at_once = Barrier(2)

    def resolve(by: Actor) -> str:
        try:
            at_once.wait()
            with store.writing() as session:
                found = session.get_one(Ticket, ticket_id)
                do(session, found, Action.RESOLVE, by, MORNING + HOUR)
            return "done"
        except TransitionNotAllowed:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(resolve, both)) == ["done", "refused"]
    with store.reading() as session:
        events = select(func.count(Event.id)).where(Event.verb == "ticket_resolved")
        assert session.scalar(events) == 1


def test_a_neighbour_declines_without_a_reason_and_the_paid_post_stays(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session))
        head, before = actor(session, "building_head"), one.owner_id
        apply(session, one, Action.DECLINE, by=head, at=MORNING + MINUTE)
        assert (one.state, one.owner_id) == (State.DISPATCHED, before)
        mine = session.scalars(
            select(Assignment).where(Assignment.person_id == head.person_id)
        ).one()
        assert (mine.part, mine.answer) == (Part.HELPER, Answer.DECLINED)
        assert allowed(session, one, by=head, at=MORNING + HOUR) == []


def test_a_suspension_moves_the_deadlines_by_exactly_its_working_time(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = taken(session)
        begins, ends = MORNING + 2 * HOUR, MORNING + timedelta(days=1, hours=3)
        planned = MORNING + timedelta(days=5)
        do(session, one, Action.SUSPEND, owner(one), begins, until=planned)
        expected = sla.shipped().deadlines(one.category, one.urgency, MORNING, [(begins, planned)])
        assert one.resolve_due_at == expected.resolve_due_at
        do(session, one, Action.RESUME, owner(one), ends)
        expected = sla.shipped().deadlines(one.category, one.urgency, MORNING, [(begins, ends)])
        assert (one.accept_due_at, one.resolve_due_at) == (
            expected.accept_due_at,
            expected.resolve_due_at,
        )
        assert one.state == State.ACCEPTED


def test_a_suspension_needs_an_end_that_lies_ahead(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = taken(session)
        with pytest.raises(TooLate), session.begin_nested():
            do(session, one, Action.SUSPEND, owner(one), MORNING + HOUR, until=MORNING)
        assert one.state == State.ACCEPTED


def test_a_note_an_answer_and_urging_never_move_a_deadline(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = taken(session)
        before = undoing.snapshot(session, one)
        at = MORNING + HOUR
        refining.add_note(session, one, "补充一句", by=one.reporter_id, at=at, for_reporter=False)
        refining.add_note(session, one, "在路上了", by=one.owner_id or 0, at=at, for_reporter=True)
        refining.urge(session, one, by=one.reporter_id, at=at)
        refining.hide_reporter(one, by=one.reporter_id)
        after = undoing.snapshot(session, one)
        changed = {key for key, old in before["ticket"].items() if after["ticket"][key] != old}
        assert changed == {"urged_at", "hides_reporter"}


def test_a_changed_class_recomputes_the_deadline_from_when_it_was_opened(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = taken(session)
        refining.reclassify(
            session, one, "house_rights", None, by=one.reporter_id, at=MORNING + HOUR
        )
        expected = sla.shipped().deadlines("house_rights", one.urgency, MORNING)
        assert one.resolve_due_at == expected.resolve_due_at


def test_a_merged_matter_joins_the_other_and_comes_out_again(store: Database) -> None:
    town(store)
    with store.writing() as session:
        place, staff = building(session), actor(session, "community_staff")
        first = ticket(session, place)
        second = ticket(session, place, reporter=demo_person(session, "resident", 2))
        do(session, second, Action.MERGE, staff, MORNING + HOUR, into=first)
        assert (second.state, second.outcome) == (State.MERGED, Outcome.DUPLICATE)
        joined = select(Supporter.person_id).where(Supporter.ticket_id == first.id)
        assert session.scalars(joined).all() == [second.reporter_id]
        do(session, second, Action.UNMERGE, staff, MORNING + 2 * HOUR)
        assert (second.state, second.merged_into, second.outcome) == (State.DISPATCHED, None, None)
        assert second.owner_id is not None
        assert session.scalars(joined).all() == []


def test_undoing_a_merge_leaves_who_had_joined_before(database: Database) -> None:
    town(database)
    with database.writing() as session:
        place, staff = building(session), actor(session, "community_staff")
        first = ticket(session, place)
        second = ticket(session, place, reporter=demo_person(session, "resident", 2))
        session.add(Supporter(ticket_id=first.id, person_id=second.reporter_id, joined_at=MORNING))
        do(session, second, Action.MERGE, staff, MORNING + HOUR, into=first)
        do(session, second, Action.UNDO, staff, MORNING + HOUR + MINUTE)
        assert session.scalar(select(func.count(Supporter.id))) == 1


def test_nothing_is_merged_into_itself_or_into_what_has_ended(database: Database) -> None:
    town(database)
    with database.writing() as session:
        place, staff = building(session), actor(session, "community_staff")
        one, gone = ticket(session, place), ticket(session, place)
        do(session, gone, Action.WITHDRAW, Actor(gone.reporter_id), MORNING + MINUTE)
        for into in (one, gone):
            with pytest.raises(NotFound), session.begin_nested():
                do(session, one, Action.MERGE, staff, MORNING + HOUR, into=into)
            assert one.state == State.DISPATCHED


def test_a_suspended_matter_that_is_merged_keeps_its_pause_as_done(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one, staff = taken(session), actor(session, "community_staff")
        into = ticket(session, building(session))
        begins, ends = MORNING + HOUR, MORNING + 2 * HOUR
        do(session, one, Action.SUSPEND, staff, begins, until=MORNING + timedelta(days=3))
        do(session, one, Action.MERGE, staff, ends, into=into)
        assert one.pauses == [[begins.isoformat(), ends.isoformat()]]
        do(session, one, Action.UNMERGE, staff, MORNING + 3 * HOUR)
        assert (one.state, one.suspended_until) == (State.DISPATCHED, None)


def test_a_reporter_withdraws_what_is_open_and_nobody_stays_asked(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = taken(session)
        with pytest.raises(NotAllowed):
            do(session, one, Action.WITHDRAW, owner(one), MORNING + HOUR)
        do(session, one, Action.WITHDRAW, Actor(one.reporter_id), MORNING + HOUR)
        assert (one.state, one.outcome) == (State.WITHDRAWN, Outcome.WITHDRAWN)
        assert one.clock_at is None
        active = select(Assignment).where(
            Assignment.ticket_id == one.id, Assignment.answer.in_(["asked", "accepted"])
        )
        assert session.scalars(active).all() == []
