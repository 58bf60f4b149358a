"""A matter about somebody passes them by: they may neither see, get nor close it."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.categories import Urgency
from models.base import Database
from models.errors import NotAllowed
from models.outbox import OutboxMessage
from models.places import Area
from models.posts import Absence, Post, Role
from models.protection import accused_persons, capacities, may_see, seen
from models.ticket_flow import Action, Capacity
from models.tickets import assigning, refining
from models.tickets.actions import allowed, apply
from models.tickets.sight import sight_of
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests.factories import (
    ESTATE,
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
ACCUSED = {
    About.PROPERTY: "property_staff",
    About.BUILDING_HEAD: "building_head",
    About.COMMITTEE: "committee_member",
    About.GRID: "grid_worker",
    About.COMMUNITY: "community_staff",
}
# A second post that would see, get and close any other matter of the place.
SECOND = {
    About.PROPERTY: Role.COMMUNITY_STAFF,
    About.BUILDING_HEAD: Role.GRID_LEADER,
    About.COMMITTEE: Role.COMMUNITY_STAFF,
    About.GRID: Role.COMMUNITY_STAFF,
    About.COMMUNITY: Role.SUBDISTRICT_STAFF,
}


def second_post(session: Session, about: About) -> int:
    """The accused gets the second post; returns who they are."""
    who = demo_person(session, ACCUSED[about])
    where = {
        Role.GRID_LEADER: "幸福第一网格",
        Role.COMMUNITY_STAFF: "幸福社区",
        Role.SUBDISTRICT_STAFF: "和顺街道",
    }[SECOND[about]]
    post(session, SECOND[about], area_named(session, where), who)
    return who


def complaint(session: Session, about: About, place: Area | None = None) -> Ticket:
    return ticket(session, place or building(session), about=about)


def assert_shut_out(session: Session, one: Ticket, who: int) -> None:
    now = MORNING + HOUR
    assert capacities(session, one, who, now) == frozenset()
    assert not may_see(session, one, who, now)
    assert allowed(session, one, by=Actor(who), at=now) == []
    assert who != one.owner_id
    assert who not in {choice.person_id for choice in assigning.paid_choices(session, one, now)}
    with pytest.raises(NotAllowed):
        seen(session, one.id, who, now)
    told = select(OutboxMessage.id).where(
        OutboxMessage.ticket_id == one.id, OutboxMessage.person_id == who
    )
    assert session.scalars(told).all() == []


@pytest.mark.parametrize("about", About)
def test_the_accused_are_shut_out_also_by_a_second_post(store: Database, about: About) -> None:
    town(store)
    with store.writing() as session:
        who = second_post(session, about)
        assert_shut_out(session, complaint(session, about), who)


@pytest.mark.parametrize("about", About)
def test_without_the_accusation_the_second_post_would_see_it(
    database: Database, about: About
) -> None:
    town(database)
    with database.writing() as session:
        who = second_post(session, about)
        one = ticket(session, building(session))
        assert Capacity.SUPERVISOR in capacities(session, one, who, MORNING + HOUR)


@pytest.mark.parametrize("about", About)
def test_leave_makes_nobody_impartial_nor_their_substitute(
    database: Database, about: About
) -> None:
    town(database)
    with database.writing() as session:
        who = second_post(session, about)
        stands_in = post(session, Role.GRID_LEADER, area_named(session, "幸福第一网格"))
        session.add(
            Absence(
                post_id=post_of(session, ACCUSED[about]).id,
                since=MORNING - HOUR,
                until=MORNING + timedelta(days=9),
                substitute_id=stands_in.id,
            )
        )
        session.flush()
        one = complaint(session, about)
        assert_shut_out(session, one, who)
        assert_shut_out(session, one, stands_in.person_id)


def test_who_stands_in_for_a_substitute_is_meant_as_well(store: Database) -> None:
    """3号楼楼长 is away, their substitute too: who answers for the building is accused too."""
    town(store)
    with store.writing() as session:
        grid = area_named(session, "幸福第一网格")
        first, second, third = (post(session, Role.GRID_LEADER, grid) for _ in range(3))
        chain = (post_of(session, "building_head"), first, second, third)
        for days, (away, instead) in enumerate(pairwise(chain)):
            session.add(
                Absence(
                    post_id=away.id,
                    since=MORNING - HOUR,
                    until=MORNING + timedelta(days=3 - 2 * (days == 2)),
                    substitute_id=instead.id,
                )
            )
        session.flush()
        one = complaint(session, About.BUILDING_HEAD)
        for stands_in in (first, second, third):
            assert_shut_out(session, one, stands_in.person_id)
            sight = sight_of(session, stands_in.person_id, MORNING + HOUR)
            found = select(Ticket.id).where(Ticket.id == one.id, sight.condition())
            assert session.scalars(found).all() == []
        later = complaint(session, About.BUILDING_HEAD)
        later.opened_at = MORNING + timedelta(days=2)
        accused = accused_persons(session, later, MORNING + timedelta(days=2, hours=1))
        assert {first.person_id, second.person_id} <= accused
        assert third.person_id not in accused


def test_stepping_down_after_the_complaint_opens_no_door(database: Database) -> None:
    town(database)
    with database.writing() as session:
        who = second_post(session, About.BUILDING_HEAD)
        one = complaint(session, About.BUILDING_HEAD)
        held = post_of(session, "building_head")
        session.execute(
            update(Post).where(Post.id == held.id).values(until=MORNING + timedelta(minutes=5))
        )
        assert_shut_out(session, one, who)


def test_of_a_complaint_that_names_no_building_every_head_inside_is_meant(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        who = second_post(session, About.BUILDING_HEAD)
        assert_shut_out(
            session, complaint(session, About.BUILDING_HEAD, area_named(session, ESTATE)), who
        )


@pytest.mark.parametrize("about", About)
def test_it_stays_past_them_through_escalation_return_and_a_new_class(
    database: Database, about: About
) -> None:
    town(database)
    with database.writing() as session:
        who = second_post(session, about)
        one = complaint(session, about)
        at = MORNING
        desk = actor(session, "duty_desk")
        refining.reclassify(session, one, "noise", None, by=one.reporter_id, at=at)
        assert_shut_out(session, one, who)
        for _ in range(3):
            at += HOUR
            apply(session, one, Action.SEND_BACK, by=Actor(one.owner_id), at=at, reason="不归我管")
            assert_shut_out(session, one, who)
        while Action.ESCALATE in allowed(session, one, by=desk, at=at):
            at += HOUR
            apply(session, one, Action.ESCALATE, by=desk, at=at, reason="请上级处理")
            assert_shut_out(session, one, who)


def test_an_emergency_about_somebody_does_not_alert_them(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(
            session,
            building(session),
            urgency=Urgency.EMERGENCY,
            emergency="fire",
            about=About.PROPERTY,
        )
        assert_shut_out(session, one, demo_person(session, "property_staff"))


def test_staff_whom_a_matter_is_about_do_not_hear_of_its_gap(database: Database) -> None:
    town(database)
    with database.writing() as session:
        for count in (1, 2):
            held = post_of(session, "subdistrict_staff", count)
            session.execute(update(Post).where(Post.id == held.id).values(until=MORNING))
        one = complaint(session, About.COMMUNITY)
        for count in (1, 2):
            assert_shut_out(session, one, demo_person(session, "community_staff", count))


def test_the_reporter_sees_their_own_matter_whoever_they_are(database: Database) -> None:
    town(database)
    with database.writing() as session:
        head = demo_person(session, "building_head")
        one = ticket(session, building(session), reporter=head, about=About.BUILDING_HEAD)
        assert capacities(session, one, head, MORNING) == {Capacity.REPORTER}


def test_a_neighbour_sees_nothing_and_learns_no_numbers(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session))
        neighbour = demo_person(session, "resident", 2)
        for ticket_id in (one.id, one.id + 1000):
            with pytest.raises(NotAllowed) as refusal:
                seen(session, ticket_id, neighbour, MORNING)
            assert refusal.value.context == {"number": f"#{ticket_id}"}


def test_supervisors_are_those_of_the_place_and_no_other(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        here, there = (demo_person(session, "community_staff", count) for count in (2, 3))
        assert capacities(session, one, here, MORNING) == {Capacity.SUPERVISOR}
        assert capacities(session, one, there, MORNING) == frozenset()


def test_without_an_accusation_nobody_is_accused(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        assert accused_persons(session, one, MORNING) == frozenset()
