"""Legacy problems: one table for `can()` and every verb, and a clock that speaks once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.policy import load
from jobs.legacy import legacy_clock
from models import due_days, erasure
from models.base import Database
from models.errors import AlreadyDone, DomainError, NotAllowed, TooLate
from models.events import Event
from models.legacy import going, lists, opening, sides
from models.legacy.flow import (
    MOVES,
    LegacyAction,
    LegacyOutcome,
    LegacyState,
    MilestoneState,
)
from models.legacy.steps import can
from models.legacy.table import LegacyProblem, Milestone, Progress
from models.outbox import OutboxMessage
from models.posts import Role
from models.tickets.table import Supporter
from tests import factories
from tests.factories import demo_person

NOW = factories.MORNING  # Tuesday, 3 March 2026
DAY = date(2026, 3, 20)


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database)
    return database


def opened(session: Session, **more: object) -> LegacyProblem:
    ticket = factories.ticket(session, factories.building(session), **more)
    by = demo_person(session, "community_staff")
    return opening.open_problem(session, ticket, "3号楼渗漏治理", by=by, at=NOW)


def under_way(session: Session) -> tuple[LegacyProblem, Milestone]:
    problem = opened(session)
    by = problem.opened_by
    opening.plan(session, problem, "分三步更换管道", by=by, at=NOW)
    opening.join(session, problem, [Role.PROPERTY_STAFF], ["housing"], by=by, at=NOW)
    return problem, opening.schedule(session, problem, "完成勘察", DAY, by=by, at=NOW)


def test_every_action_has_its_place_and_every_state_can_be_reached() -> None:
    assert {action for _, action in MOVES} == set(LegacyAction)
    assert {move.target for move in MOVES.values()} == set(LegacyState)
    assert not any(state == LegacyState.CANCELLED for state, _ in MOVES)


PEOPLE = {
    "community_staff": 1,
    "subdistrict_staff": 1,
    "property_staff": 1,
    "department_liaison": 4,
    "grid_worker": 1,
    "resident": 1,
}


@pytest.mark.parametrize("is_planned", [False, True])
@pytest.mark.parametrize("role", PEOPLE)
def test_who_can_does_and_who_can_not_is_refused(
    town: Database, role: str, is_planned: bool
) -> None:
    def tried(session: Session, action: LegacyAction) -> bool:
        problem = under_way(session)[0] if is_planned else opened(session)
        by = demo_person(session, role, PEOPLE[role])
        allowed = can(session, problem, action, by=by, at=NOW)
        try:
            with session.begin_nested():
                act(session, problem, action, by)
        except DomainError:
            return not allowed
        return allowed

    with town.writing() as session:
        for action in ACTS:
            assert tried(session, action), action


def act(session: Session, problem: LegacyProblem, action: LegacyAction, by: int) -> None:
    ACTS[action](session, problem, by)


def _told(session: Session, problem: LegacyProblem) -> Progress:
    """By somebody else than all who try."""
    other = demo_person(session, "community_staff", 2)
    told = Progress(problem_id=problem.id, author_id=other, text="已进场", at=NOW)
    session.add(told)
    session.flush()
    return told


def _first(session: Session, problem: LegacyProblem) -> Milestone:
    found = lists.waiting(session, problem)
    if found:
        return found[0]
    row = Milestone(
        problem_id=problem.id,
        title="完成勘察",
        first_due_on=DAY,
        due_on=DAY,
        state=MilestoneState.WAITING,
    )
    session.add(row)
    session.flush()
    return row


ACTS = {
    LegacyAction.PLAN: lambda s, one, by: opening.plan(s, one, "换管", by=by, at=NOW),
    LegacyAction.JOIN: lambda s, one, by: opening.join(s, one, [], ["water"], by=by, at=NOW),
    LegacyAction.SCHEDULE: lambda s, one, by: opening.schedule(s, one, "进场", DAY, by=by, at=NOW),
    LegacyAction.NOTE: lambda s, one, by: going.note(s, one, "已进场", by=by, at=NOW),
    LegacyAction.PUBLISH: lambda s, one, by: going.publish(s, _told(s, one), by=by, at=NOW),
    LegacyAction.REACH: lambda s, one, by: going.reach(s, _first(s, one), "", by=by, at=NOW),
    LegacyAction.POSTPONE: lambda s, one, by: going.postpone(
        s, _first(s, one), DAY + timedelta(days=9), "等材料", by=by, at=NOW
    ),
    LegacyAction.END: lambda s, one, by: going.end(
        s, one, LegacyOutcome.SOLVED, "换好了", by=by, at=NOW
    ),
}


def test_a_ticket_is_part_of_one_problem(town: Database) -> None:
    with town.writing() as session:
        problem = opened(session)
        [ticket] = sides.tickets(session, problem)
        with pytest.raises(AlreadyDone):
            opening.open_problem(session, ticket, "又一个", by=problem.opened_by, at=NOW)


def test_neighbours_who_joined_hear_of_it_like_the_reporter(town: Database) -> None:
    with town.writing() as session:
        problem = opened(session)
        [ticket] = sides.tickets(session, problem)
        neighbour = demo_person(session, "resident", 2)
        session.add(Supporter(ticket_id=ticket.id, person_id=neighbour, joined_at=NOW))
        session.flush()
        assert sides.residents(session, problem) == [ticket.reporter_id, neighbour]


def test_a_postponed_milestone_keeps_the_day_it_was_first_set_for(town: Database) -> None:
    with town.writing() as session:
        problem, milestone = under_way(session)
        by = problem.opened_by
        going.postpone(session, milestone, date(2026, 4, 1), "等材料", by=by, at=NOW)
        going.postpone(session, milestone, date(2026, 5, 1), "又等", by=by, at=NOW)
        assert (milestone.first_due_on, milestone.due_on) == (DAY, date(2026, 5, 1))
        moved = session.scalars(select(Event.detail).where(Event.verb == "legacy_postponed")).all()
        assert [(one["before"], one["after"]) for one in moved] == [
            ("2026-03-20", "2026-04-01"),
            ("2026-04-01", "2026-05-01"),
        ]
        with pytest.raises(TooLate):
            going.postpone(session, milestone, date(2026, 3, 1), "更早", by=by, at=NOW)


def test_the_clock_speaks_at_each_moment_once_and_after_that_no_more(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        _, milestone = under_way(session)
        moments = due_days.moments(milestone.due_on, load("legacy"))
    wanted = [f"{one:%m-%d %H:%M}" for one in moments]
    assert wanted == ["03-13 09:00", "03-19 09:00", "03-20 09:00", "03-21 09:00"]
    done = []
    for day in range(4, 32):
        now = datetime(2026, 3, day, 1, 5, tzinfo=UTC)
        done += [legacy_clock(store, now) for _ in range(3)]
    assert [one for one in done if one] == ["reminded=1"] * 3 + ["overdue=1"]


def test_a_milestone_before_its_plan_waits_in_silence(town: Database) -> None:
    with town.writing() as session:
        problem = opened(session)
        opening.schedule(session, problem, "完成勘察", DAY, by=problem.opened_by, at=NOW)
    assert legacy_clock(town, NOW + timedelta(days=30)) is None


def test_the_end_says_whether_it_was_solved_and_the_store_holds_to_it(town: Database) -> None:
    with town.writing() as session:
        problem, milestone = under_way(session)
        by = problem.opened_by
        going.end(session, problem, LegacyOutcome.EASED, "换了一半", by=by, at=NOW)
        assert (problem.outcome, milestone.state) == (LegacyOutcome.EASED, MilestoneState.DROPPED)
        with pytest.raises(DomainError):
            going.note(session, problem, "还有", by=by, at=NOW)
        problem_id = problem.id
    with pytest.raises(IntegrityError), town.writing() as session:
        session.get_one(LegacyProblem, problem_id).result = None


def test_what_is_told_is_public_once_a_second_person_has_looked(town: Database) -> None:
    with town.writing() as session:
        problem, milestone = under_way(session)
        company, staff = demo_person(session, "property_staff"), problem.opened_by
        going.note(session, problem, "已进场", by=company, at=NOW)
        going.reach(session, milestone, "勘察完了", by=staff, at=NOW)
        second, first = lists.progress(session, problem)
        assert lists.public_progress(session, problem) == []
        with pytest.raises(NotAllowed):
            going.publish(session, first, by=company, at=NOW)
        going.publish(session, first, by=staff, at=NOW)
        with pytest.raises(AlreadyDone):
            going.publish(session, first, by=staff, at=NOW)
        assert lists.public_progress(session, problem) == [first]
        told = select(OutboxMessage.person_id).where(OutboxMessage.template == "progress_look")
        asked = session.scalars(told.order_by(OutboxMessage.id)).all()
        assert asked[0] == staff and asked[1] not in (staff, company) and second.public_at is None
        going.end(session, problem, LegacyOutcome.EASED, "换了一半", by=staff, at=NOW)
        going.publish(session, second, by=company, at=NOW)
        assert len(lists.public_progress(session, problem)) == 2


def test_what_an_erased_person_told_is_gone_and_the_plan_goes_on(town: Database) -> None:
    with town.writing() as session:
        problem, milestone = under_way(session)
        company = demo_person(session, "property_staff")
        going.reach(session, milestone, "我们勘察完了", by=company, at=NOW)
        erasure.erase(session, company, NOW)
        session.expire_all()
        assert session.scalars(select(Progress.text)).all() == [None]
        assert session.get_one(Milestone, milestone.id).state == MilestoneState.REACHED


def test_whoever_has_left_their_post_hears_no_more_and_does_nothing(town: Database) -> None:
    with town.writing() as session:
        problem, _ = under_way(session)
        post = factories.post_of(session, "community_staff")
        post.until = NOW
        session.flush()
        later = NOW + timedelta(days=1)
        with pytest.raises(NotAllowed):
            opening.plan(session, problem, "另一个", by=post.person_id, at=later)
        colleague = demo_person(session, "community_staff", 2)
        workers = sides.workers(session, problem, later)
        assert post.person_id not in workers and workers[0] == colleague
