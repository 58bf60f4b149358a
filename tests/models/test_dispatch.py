"""Who is asked: the table over the posts of a place, with leave, load and gaps."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config.categories import LEVEL_ONE, Intent, Urgency
from config.policy import load
from models import dispatch, on_duty
from models.base import Database
from models.dispatch import Plan
from models.on_duty import Holder
from models.outbox import OutboxMessage
from models.places import Area, AreaKind, GridKind
from models.posts import PAID, Absence, Post, Role
from models.ticket_flow import Level, State
from models.tickets.table import About, Assignment, Part
from tests.factories import MORNING, area, building, demo_person, post, post_of, ticket, town

DAY = timedelta(days=1)


def plan_at(session: Session, place: Area, category: str = "noise", **more: object) -> Plan:
    urgency = more.pop("urgency", Urgency.NORMAL)
    about = more.pop("about", None)
    emergency = more.pop("emergency", None)
    rule = dispatch.rule_for(category, urgency, Intent.REPORT, about, emergency, True)  # type: ignore[arg-type]
    holders = on_duty.holders_at(session, place.id, MORNING)
    return dispatch.plan(holders, rule, dispatch.loads(session), **more)  # type: ignore[arg-type]


def owner(session: Session, place: Area, category: str = "noise", **more: object) -> Holder:
    found = plan_at(session, place, category, **more).owner
    assert found is not None
    return found


def test_a_building_is_served_by_its_own_grid_of_several_in_the_estate(store: Database) -> None:
    town(store)
    with store.reading() as session:
        first, second = building(session, 3), building(session, 8)
        assert first.estate_id == second.estate_id
        leaders = {owner(session, one, "enterprise").person_id for one in (first, second)}
        assert leaders == {demo_person(session, "grid_leader", count) for count in (1, 2)}


def test_one_grid_worker_serves_buildings_of_two_estates(store: Database) -> None:
    town(store)
    with store.reading() as session:
        one, other = building(session, 1, "和平家园"), building(session, 2, "春风苑")
        assert one.estate_id != other.estate_id
        worker = demo_person(session, "grid_worker", 4)
        assert owner(session, one).person_id == owner(session, other).person_id == worker


def test_the_head_of_that_very_building_is_invited_beside_the_owner(database: Database) -> None:
    town(database)
    with database.reading() as session:
        found = plan_at(session, building(session, 3))
        assert [one.person_id for one in found.helpers] == [demo_person(session, "building_head")]
        assert plan_at(session, building(session, 4)).helpers == ()


def test_an_exclusive_grid_has_its_own_worker_and_no_estate(database: Database) -> None:
    town(database)
    with database.reading() as session:
        grid = session.scalars(select(Area).where(Area.grid_kind == GridKind.EXCLUSIVE)).one()
        place = session.scalars(
            select(Area).where(Area.grid_id == grid.id, Area.kind == AreaKind.BUILDING)
        ).first()
        assert place is not None
        assert owner(session, place).person_id == demo_person(session, "grid_worker", 5)


def test_a_substitute_is_asked_in_place_of_who_is_away(store: Database) -> None:
    town(store)
    with store.reading() as session:
        found = owner(session, building(session, 7))
        substitute = post_of(session, "grid_worker", 1)
        assert (found.person_id, found.post_id) == (substitute.person_id, substitute.id)
        assert found.role == Role.GRID_WORKER


def test_without_a_substitute_the_next_post_is_asked_until_the_leave_ends(store: Database) -> None:
    town(store)
    with store.writing() as session:
        session.execute(update(Absence).values(substitute_id=None))
        place = building(session, 7)
        assert owner(session, place).person_id == demo_person(session, "grid_leader", 2)
        later = on_duty.holders_at(session, place.id, MORNING + 15 * DAY)
        workers = [one.person_id for one in later if one.role == Role.GRID_WORKER]
        assert workers == [demo_person(session, "grid_worker", 2)]


def test_a_post_holds_from_its_first_to_its_last_day(database: Database) -> None:
    with database.writing() as session:
        root = area(session, AreaKind.DISTRICT, "云溪区")
        post(session, Role.DUTY_DESK, root, until=MORNING + DAY)
        for moment, count in ((MORNING - DAY, 0), (MORNING, 1), (MORNING + DAY, 0)):
            assert len(on_duty.holders_at(session, root.id, moment)) == count


def test_of_two_equal_posts_the_less_loaded_is_asked(store: Database) -> None:
    town(store)
    with store.writing() as session:
        place = building(session, 3)
        owners = [ticket(session, place, category="property_fee").owner_id for _ in range(4)]
        staff = [demo_person(session, "community_staff", count) for count in (1, 2)]
        assert owners == staff * 2


def test_however_many_are_equal_each_is_weighed(store: Database) -> None:
    town(store)
    with store.writing() as session:
        for _ in range(3):
            last = ticket(session, building(session, 3)).owner_id
    assert last is not None
    nobody = tuple(range(10**6, 10**6 + 2100))
    with store.reading() as session:
        counts = dispatch.loads(session)((*nobody, last))
    assert list(counts) == [0] * len(nobody) + [3]


def test_nobody_in_the_first_role_means_the_next_post_up_and_a_gap_is_told(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        place = building(session, 3, "和平家园")  # a grid without a worker
        assert owner(session, place).role == Role.GRID_LEADER
        leader = post_of(session, "grid_leader", 5)
        session.execute(update(Post).where(Post.id == leader.id).values(until=MORNING))
        one = ticket(session, place)
        staff = {demo_person(session, "community_staff", count) for count in (3, 4)}
        assert one.owner_id in staff
        told = select(OutboxMessage).where(OutboxMessage.template == "gap_found")
        messages = session.scalars(told).all()
        assert {message.person_id for message in messages} == staff
        assert messages[0].context["gap"] == ["grid_worker", "grid_leader"]


def test_a_gap_is_told_once_and_again_when_it_is_another_or_comes_anew(store: Database) -> None:
    town(store)
    with store.writing() as session:
        place = building(session, 3, "和平家园")  # a grid without a worker
        leader = post_of(session, "grid_leader", 5)

        def told_by(moment: datetime) -> int:
            ticket(session, place, moment)
            told = select(OutboxMessage.id).where(
                OutboxMessage.template == "gap_found", OutboxMessage.created_at == moment
            )
            return len(session.scalars(told).all())

        assert told_by(MORNING) == 0  # the leader is asked as the table says
        leader.until = MORNING + DAY
        assert [told_by(MORNING + days * DAY) for days in (1, 2, 9)] == [2, 0, 0]
        post(
            session,
            Role.GRID_WORKER,
            session.get_one(Area, leader.area_id),
            since=MORNING + 10 * DAY,
            until=MORNING + 11 * DAY,
        )
        assert [told_by(MORNING + days * DAY) for days in (10, 12, 13)] == [0, 2, 0]
        assert [told_by(MORNING + 14 * DAY)] == [0]


def test_the_duty_desk_is_the_last_to_be_asked_and_then_nobody(database: Database) -> None:
    town(database)
    with database.writing() as session:
        place = building(session, 3)
        desk = post_of(session, "duty_desk")
        session.execute(delete(Absence))
        session.execute(update(Post).where(Post.id != desk.id).values(until=MORNING))
        assert owner(session, place).post_id == desk.id
        session.execute(update(Post).values(until=MORNING))
        assert plan_at(session, place).owner is None
        one = ticket(session, place)
        assert (one.state, one.owner_id) == (State.REPORTED, None)


def vacate(session: Session, *roles: Role) -> None:
    session.execute(update(Post).where(Post.role.in_(roles)).values(until=MORNING))


@pytest.mark.parametrize("category", ["property_fee", "property_service", "house_rights"])
def test_a_matter_of_the_community_goes_up_and_only_at_last_down_when_nobody_is_there(
    store: Database, category: str
) -> None:
    town(store)
    with store.writing() as session:
        session.execute(delete(Absence))
        place, found = building(session, 3), []
        above = (Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.DUTY_DESK)
        for role in (*above, Role.GRID_LEADER):
            found.append(owner(session, place, category).role)
            vacate(session, role)
        assert found == [*above, Role.GRID_LEADER]
        assert plan_at(session, place, category).owner is None


@pytest.mark.parametrize("about", About)
def test_a_matter_about_somebody_never_comes_down_to_those_below_them(
    database: Database, about: About
) -> None:
    town(database)
    with database.writing() as session:
        session.execute(delete(Absence))
        vacate(session, Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF)
        place = building(session, 3)
        assert owner(session, place, about=about).role == Role.DUTY_DESK
        vacate(session, Role.DUTY_DESK)
        assert plan_at(session, place, about=about).owner is None


def test_a_raised_matter_is_not_handed_down_when_its_level_is_empty(database: Database) -> None:
    town(database)
    with database.writing() as session:
        place = building(session, 3)
        vacate(session, Role.COMMUNITY_STAFF)
        found = plan_at(session, place, level=Level.COMMUNITY)
        assert found.owner is not None
        assert (found.owner.role, found.gap) == (Role.SUBDISTRICT_STAFF, ("community_staff",))


def test_without_place_the_duty_desk_keeps_it(database: Database) -> None:
    town(database)
    with database.writing() as session:
        assert ticket(session, None).owner_id == demo_person(session, "duty_desk")


@pytest.mark.parametrize("category", LEVEL_ONE)
def test_every_category_has_a_paid_owner_and_a_department_with_a_liaison(
    database: Database, category: str
) -> None:
    town(database)
    with database.reading() as session:
        place = building(session, 3)
        assert owner(session, place, category).role in PAID
        liaison = owner(session, place, category, level=Level.DEPARTMENT)
        assert liaison.role == Role.DEPARTMENT_LIAISON
        assert liaison.department == dispatch.department_of(category)


def test_an_emergency_alerts_everybody_of_the_place_and_its_departments(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(
            session,
            building(session, 3),
            category="fire_safety",
            urgency=Urgency.EMERGENCY,
            emergency="gas",
        )
        rows = session.execute(
            select(Post.role, Post.department)
            .join(Assignment, Assignment.post_id == Post.id)
            .where(Assignment.ticket_id == one.id, Assignment.part != Part.OWNER)
        ).all()
        departments = {row[1] for row in rows if row[0] == Role.DEPARTMENT_LIAISON}
        assert departments == set(load("dispatch")["emergency"]["departments"]["gas"])
        roles = {row[0] for row in rows}
        assert roles >= {Role.PROPERTY_STAFF, Role.COMMUNITY_STAFF, Role.BUILDING_HEAD}


def test_nobody_is_asked_twice_for_one_matter(database: Database) -> None:
    town(database)
    with database.writing() as session:
        place = building(session, 3)
        post(session, Role.BUILDING_HEAD, place, demo_person(session, "grid_worker"))
        one = ticket(session, place, urgency=Urgency.EMERGENCY, emergency="fire")
        asked = session.scalars(
            select(Assignment.person_id).where(Assignment.ticket_id == one.id)
        ).all()
        assert len(asked) == len(set(asked))


@pytest.mark.parametrize("about", About)
def test_a_matter_about_somebody_asks_none_of_them(database: Database, about: About) -> None:
    town(database)
    with database.reading() as session:
        hidden = load("dispatch")["about"][about]["hidden_from"]
        found = plan_at(session, building(session, 3), about=about)
        assert found.owner is not None
        asked = (found.owner, *found.helpers, *found.alerted)
        assert not {one.role for one in asked} & set(hidden)
