"""What a desk lists is what protection allows, page by page, and counts are as long as lists."""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models import registry
from models.base import Database
from models.errors import NotFound
from models.people import Person
from models.places import Area
from models.posts import Absence, Post, Role
from models.protection import accused_persons, capacities, may_see
from models.ticket_flow import OPEN, Action, Capacity
from models.tickets import queue
from models.tickets.actions import apply
from models.tickets.queue import STATES, Conditions, Due, Group, Owner
from models.tickets.sight import sight_of, ticket_in
from models.tickets.step import Actor
from models.tickets.table import About, Assignment, Ticket
from models.whistles import calling
from models.whistles.lists import was_called
from tests import copies
from tests.factories import MORNING, actor, area_named, demo_person, post, ticket, town

registry.load_tables()

NOW = MORNING + timedelta(hours=5)
SEED = 20260303


def crowd(session: Session, chance: random.Random) -> None:
    """Matters everywhere, about everybody, some worked on; leaves in chains; second posts."""
    areas = session.scalars(select(Area)).all()
    for _ in range(70):
        where = chance.choice([None, *areas])
        one = ticket(
            session,
            where,
            MORNING + timedelta(minutes=chance.randrange(240)),
            about=chance.choice([None, *About]),
            category=chance.choice(["noise", "parking", "facility", "property_fee"]),
            urgency=chance.choice(list(Urgency)[:2]),
        )
        act_at_random(session, one, chance)
    posts = session.scalars(select(Post)).all()
    for away in chance.sample(posts, 12):
        stand_in = chance.choice([None, *chance.sample(posts, 3)])
        begin = MORNING - timedelta(hours=chance.randrange(48))
        session.add(
            Absence(
                post_id=away.id,
                since=begin,
                until=begin + timedelta(hours=chance.randrange(1, 96)),
                substitute_id=stand_in.id if stand_in else None,
            )
        )
    for _ in range(8):
        who = chance.choice(posts).person_id
        made = post(session, chance.choice(list(Role)[1:]), chance.choice(areas), who)
        made.until = chance.choice([None, MORNING + timedelta(hours=2)])
    session.flush()


def act_at_random(session: Session, one: Ticket, chance: random.Random) -> None:
    at = NOW - timedelta(minutes=30)
    if one.owner_id and chance.random() < 0.6:
        apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=at)
        act = chance.choice([Action.RESOLVE, Action.SUSPEND, Action.SEND_BACK, None])
        given = {"until": NOW + timedelta(days=1)} if act == Action.SUSPEND else {}
        if act:
            apply(session, one, act, by=Actor(one.owner_id), at=at, reason="原因", **given)
    caller = actor(session, "subdistrict_staff").person_id
    may_call = Capacity.SUPERVISOR in capacities(session, one, caller or 0, at)
    if one.is_open and one.area_id and may_call and chance.random() < 0.2:
        calling.sound(session, one, ["fire"], by=caller or 0, at=at)


def fill(store: Database) -> None:
    town(store)
    with store.writing() as session:
        crowd(session, random.Random(SEED))


def filled(store: Database) -> Database:
    copies.once(store, __name__, fill)
    return store


@pytest.fixture
def crowded(database: Database) -> Database:
    return filled(database)


@pytest.fixture
def either_crowded(store: Database) -> Database:
    return filled(store)


def works_on(session: Session, one: Ticket, who: int) -> bool:
    """By the rule of one ticket, without what somebody is as a resident."""
    if who in accused_persons(session, one, NOW):
        return False
    if capacities(session, one, who, NOW) - {Capacity.REPORTER}:
        return True
    took_part = select(Assignment.id).where(
        Assignment.ticket_id == one.id, Assignment.person_id == who
    )
    return session.scalar(took_part.limit(1)) is not None or was_called(session, one.id, who)


def staff(session: Session) -> Iterator[int]:
    yield from sorted(set(session.scalars(select(Post.person_id))))


def test_a_desk_sees_exactly_what_protection_lets_it_see(either_crowded: Database) -> None:
    with either_crowded.reading() as session:
        tickets = session.scalars(select(Ticket)).all()
        hidden = shown = 0
        for who in staff(session):
            sight = sight_of(session, who, NOW)
            listed = set(session.scalars(select(Ticket.id).where(sight.condition())))
            allowed = {one.id for one in tickets if works_on(session, one, who)}
            assert listed == allowed, session.get_one(Person, who).name
            assert all(may_see(session, one, who, NOW) for one in tickets if one.id in listed)
            shown += len(listed)
            hidden += sum(who in accused_persons(session, one, NOW) for one in tickets)
        assert shown > 150 and hidden > 60


def test_a_hidden_number_and_one_nobody_has_are_refused_alike(crowded: Database) -> None:
    with crowded.reading() as session:
        who = demo_person(session, "property_staff")
        sight = sight_of(session, who, NOW)
        about_them = session.scalars(
            select(Ticket.id).where(Ticket.about == About.PROPERTY, ~sight.condition())
        ).first()
        refusals = []
        for number in (about_them, 99999):
            with pytest.raises(NotFound) as refusal:
                ticket_in(session, sight, number or 0)
            refusals.append((type(refusal.value), set(refusal.value.context)))
        assert refusals[0] == refusals[1]


conditions = st.builds(
    Conditions,
    group=st.sampled_from(Group),
    category=st.sampled_from([None, "noise", "parking"]),
    area_id=st.sampled_from([None, 3, 4, 5, 9, 12, 20]),
    urgency=st.sampled_from([None, *Urgency]),
    due=st.sampled_from([None, *Due]),
    owner=st.sampled_from([None, *Owner]),
    is_returned=st.booleans(),
    is_whistled=st.booleans(),
    words=st.sampled_from(["", "", "装修", "#7", "12", "%", "_", "没有这句话"]),
)


def test_counts_are_as_long_as_the_pages_together(either_crowded: Database) -> None:
    with either_crowded.reading() as session:
        desks = [
            sight_of(session, demo_person(session, role), NOW)
            for role in ("subdistrict_staff", "community_staff", "grid_worker", "property_staff")
        ]

        @settings(max_examples=20, deadline=None)
        @given(st.sampled_from(desks), conditions)
        def check(sight, wanted: Conditions) -> None:
            found, after = [], None
            while page := queue.rows(session, sight, wanted, NOW, after, limit=15):
                found.extend(one.ticket.id for one in page)
                after = queue.cursor_of(page[-1], wanted)
            assert len(found) == len(set(found)) == queue.count(session, sight, wanted, NOW)
            if queue.goes_by_deadline(wanted):
                counts = queue.open_counts(session, sight, {"this": wanted}, NOW)
                assert counts == {"this": len(found)}

        check()


def test_filters_keep_what_they_say(crowded: Database) -> None:
    with crowded.reading() as session:
        sight = sight_of(session, demo_person(session, "subdistrict_staff"), NOW)
        everything = list(session.scalars(select(Ticket).where(sight.condition())))

        def listed(**wanted: object) -> set[int]:
            found = queue.rows(session, sight, Conditions(**wanted), NOW, limit=1000)  # type: ignore[arg-type]
            return {one.ticket.id for one in found}

        for group in Group:
            of_group = {one.id for one in everything if one.state in STATES[group]}
            assert listed(group=group) == of_group
        running = [one for one in everything if one.state in OPEN - STATES[Group.SUSPENDED]]
        late = {one.id for one in running if one.resolve_due_at <= NOW}
        assert listed(due=Due.OVERDUE) == late
        estate = area_named(session, "阳光花园")
        inside = {one.id for one in everything if one.is_open and one.place_name}
        inside = {n for n in inside if "阳光花园" in (session.get_one(Ticket, n).place_name or "")}
        assert listed(area_id=estate.id) == inside != set()
        assert listed(words="阳光花园") == inside
        mine = {one.id for one in everything if one.is_open and one.owner_id == sight.person_id}
        assert listed(owner=Owner.ME) == mine


def test_an_open_list_goes_by_the_deadline_and_an_ended_one_by_the_number(
    crowded: Database,
) -> None:
    with crowded.reading() as session:
        sight = sight_of(session, demo_person(session, "subdistrict_staff"), NOW)
        dues = [one.ticket.resolve_due_at for one in queue.rows(session, sight, Conditions(), NOW)]
        assert dues == sorted(dues) and len(set(dues)) > 3
        ended = queue.rows(session, sight, Conditions(group=Group.RESOLVED), NOW)
        numbers = [one.ticket.id for one in ended]
        assert numbers == sorted(numbers, reverse=True) != []
