"""What stands against a step is known before it is tried: can() says no, apply() the reason."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.base import Database
from models.errors import DomainError, NotAllowed, NotFound, TooLate, TransitionNotAllowed
from models.on_duty import Holder
from models.posts import Post, Role
from models.protection import may_see
from models.ticket_flow import Action, Outcome, State
from models.tickets.actions import apply, can
from models.tickets.sight import sight_of
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests.factories import (
    MORNING,
    actor,
    area_named,
    building,
    demo_person,
    post,
    post_of,
    ticket,
    town,
)

HOUR = timedelta(hours=1)
LATER = MORNING + HOUR


def refused(session: Session, one: Ticket, action: Action, by: Actor, **given: Any) -> type:
    """Why it is refused; the same question asked beforehand says that it will be."""
    assert not can(session, one, action, by=by, at=LATER, **given)
    state = one.state
    with pytest.raises(DomainError) as refusal:
        apply(session, one, action, by=by, at=LATER, reason="说明原因", **given)
    assert one.state == state
    return refusal.type


def holder(session: Session, role: str, count: int = 1) -> Holder:
    post = post_of(session, role, count)
    return Holder(post.id, post.person_id, post.role, post.department, 0)


def test_a_post_that_is_named_is_paid_serves_the_place_and_is_not_accused(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), about=About.PROPERTY)
        staff, hand = actor(session, "community_staff"), Action.TRANSFER
        accused, elsewhere = holder(session, "property_staff"), holder(session, "grid_worker", 4)
        neighbour, right = holder(session, "building_head"), holder(session, "grid_leader")
        assert refused(session, one, hand, staff, holder=accused) is NotAllowed
        assert refused(session, one, hand, staff, holder=elsewhere) is NotFound
        assert refused(session, one, hand, staff, holder=neighbour) is NotFound
        assert can(session, one, hand, by=staff, at=LATER, holder=right)
        apply(session, one, hand, by=staff, at=LATER, reason="就近", holder=right)
        assert one.owner_id == right.person_id


def test_who_was_accused_when_it_was_first_reported_stays_so_after_a_reopening(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), about=About.GRID)
        worker = demo_person(session, "grid_worker")
        by, reporter = Actor(one.owner_id), Actor(one.reporter_id)
        apply(session, one, Action.ACCEPT, by=by, at=MORNING)
        post_of(session, "grid_worker").until = MORNING + HOUR / 2
        session.flush()
        apply(session, one, Action.RESOLVE, by=by, at=LATER, reason="已约谈")
        apply(session, one, Action.REOPEN, by=reporter, at=LATER + HOUR, solved=False)
        assert one.opened_at > MORNING + HOUR / 2
        assert not may_see(session, one, worker, LATER + HOUR)
        # Nor in a list, where they now serve the community and would see all else of it.
        post(session, Role.COMMUNITY_STAFF, area_named(session, "幸福社区"), worker)
        seen = sight_of(session, worker, LATER + HOUR).condition()
        assert session.scalar(select(Ticket.id).where(Ticket.id == one.id, seen)) is None


def test_a_paused_report_is_merged_and_comes_back_paused(database: Database) -> None:
    town(database)
    with database.writing() as session:
        place, staff = building(session), actor(session, "community_staff")
        main = ticket(session, place)
        report = ticket(session, place, reporter=demo_person(session, "resident", 2))
        until = LATER + 5 * HOUR
        apply(session, report, Action.SUSPEND, by=staff, at=LATER, reason="等配件", until=until)
        apply(session, report, Action.MERGE, by=staff, at=LATER, reason="同一件", into=main)
        assert (report.state, report.merged_into) == (State.MERGED, main.id)
        apply(session, report, Action.UNDO, by=staff, at=LATER)
        assert (report.state, report.suspended_until) == (State.SUSPENDED, until)


def test_whom_a_matter_is_about_does_not_come_to_hear_of_it_by_a_report_of_their_own(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        place, staff = building(session), actor(session, "community_staff")
        main = ticket(session, place, about=About.BUILDING_HEAD)
        head = demo_person(session, "building_head")
        own = ticket(session, place, about=About.BUILDING_HEAD, reporter=head)
        other = ticket(
            session, place, about=About.BUILDING_HEAD, reporter=demo_person(session, "resident", 2)
        )
        assert refused(session, own, Action.MERGE, staff, into=main) is NotAllowed
        assert can(session, other, Action.MERGE, by=staff, at=LATER, into=main)


def test_taking_a_report_out_is_not_taken_back_once_the_other_has_ended(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        place, staff = building(session), actor(session, "community_staff")
        main = ticket(session, place)
        report = ticket(session, place, reporter=demo_person(session, "resident", 2))
        apply(session, report, Action.MERGE, by=staff, at=LATER, reason="同一件", into=main)
        apply(session, report, Action.UNMERGE, by=staff, at=LATER)
        assert can(session, report, Action.UNDO, by=staff, at=LATER)
        apply(session, main, Action.WITHDRAW, by=Actor(main.reporter_id), at=LATER)
        assert refused(session, report, Action.UNDO, staff) is TooLate


def test_what_nobody_could_take_is_neither_given_back_nor_opened_again(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        by = Actor(one.owner_id)
        done = ticket(session, building(session))
        apply(session, done, Action.ACCEPT, by=by, at=MORNING)
        apply(session, done, Action.RESOLVE, by=by, at=MORNING, reason="已劝停")
        mine = Post.role == Role.GRID_WORKER
        session.execute(update(Post).where(~mine).values(until=MORNING))
        assert refused(session, one, Action.SEND_BACK, by) is NotFound
        session.execute(update(Post).where(mine).values(until=MORNING))
        assert refused(session, done, Action.REOPEN, Actor(done.reporter_id)) is NotFound


def test_a_pause_ends_later_and_work_ends_honestly(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        by = Actor(one.owner_id)
        apply(session, one, Action.ACCEPT, by=by, at=MORNING)
        assert refused(session, one, Action.SUSPEND, by, until=LATER) is TooLate
        for outcome in (Outcome.DUPLICATE, Outcome.WITHDRAWN):
            assert refused(session, one, Action.RESOLVE, by, outcome=outcome) is (
                TransitionNotAllowed
            )
