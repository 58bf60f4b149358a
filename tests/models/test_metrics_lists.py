"""Behind each number exactly its list, whatever the tickets are and whoever reads."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import registry
from models.base import Database
from models.errors import NotFound
from models.metrics import figures, rollups, sight
from models.metrics.counted import of
from models.metrics.cuts import SPANS, Axis
from models.metrics.figures import Scope
from models.metrics.lists import Behind, listed, number
from models.metrics.periods import Period
from models.metrics.tally import Count, tally
from models.places import root_area_id
from models.posts import Post, Role
from models.protection import accused_persons, may_see
from models.tickets.table import About, Ticket
from tests import copies
from tests.factories import MORNING, area_named, building, demo_person, post, post_of, ticket, town
from tests.matters import DAYS, scatter

registry.load_tables()

TODAY = MORNING.date()
PERIOD = Period(TODAY - timedelta(days=DAYS // 2), TODAY)
AXES = [None, *(one for one in Axis if one not in SPANS)]
MANY = 120
SAMPLE = 12  # numbers of each axis and area
SEED = 20260303


@pytest.fixture
def house(store: Database) -> Database:
    copies.once(store, __name__, town_with_matters)
    return store


def town_with_matters(store: Database) -> None:
    town(store, MORNING - timedelta(days=400))
    with store.writing() as session:
        scatter(session, Random(SEED), MANY, MORNING)
        rollups.roll_up(session, MORNING, MANY // 4)


def ids(session: Session, scope: Scope, behind: Behind) -> Iterator[tuple[int, int]]:
    """Every page of the list."""
    below = None
    while True:
        page = listed(session, scope, behind, below)
        yield from ((one.id, amount) for one, amount in page.tickets)
        below = page.after
        if below is None:
            return


def test_each_number_of_each_part_is_the_length_of_its_list(house: Database) -> None:
    chance = Random(SEED)
    with house.reading() as session:
        root = root_area_id(session)
        assert root is not None
        reader = demo_person(session, "community_staff")
        for axis, area_id in product(AXES, (root, area_named(session, "幸福社区").id)):
            without = sight.hidden(session, reader, area_id, MORNING)
            scope = Scope(area_id, PERIOD, MORNING, without)
            sheet = {"": figures.total(session, scope)}
            if axis is not None:
                (sheet,) = figures.parts(session, scope, axis)
            numbers = [(part, count) for part in sheet for count in Count if sheet[part][count]]
            assert numbers
            for part, count in chance.sample(numbers, min(SAMPLE, len(numbers))):
                found = list(ids(session, scope, Behind((count,), axis, part)))
                assert len({one for one, _ in found}) == len(found)
                assert sum(amount for _, amount in found) == sheet[part][count], (axis, part, count)
            assert number(session, scope, Behind((count,), axis, part)) == sheet[part][count]


def test_the_store_and_the_log_count_each_ticket_alike(house: Database) -> None:
    with house.reading() as session:
        root = root_area_id(session)
        assert root is not None
        expected = {one.id: tally(of(one), MORNING) for one in session.scalars(select(Ticket))}
        scope = Scope(root, Period(TODAY - timedelta(days=2 * DAYS), TODAY), MORNING)
        for count in Count:
            found = dict(ids(session, scope, Behind((count,))))
            assert found == {one: n[count] for one, n in expected.items() if n[count]}


def test_a_moment_before_midnight_belongs_to_the_day_that_ends(house: Database) -> None:
    with house.writing() as session:
        root = root_area_id(session)
        assert root is not None
        midnight = Period(TODAY, TODAY).since
        for at in (midnight - timedelta(seconds=1), midnight):
            ticket(session, None, at, category="pets")
        session.flush()
        for day in (TODAY, TODAY - timedelta(days=1)):
            scope = Scope(root, Period(day, day), MORNING)
            (by_day,) = figures.parts(session, scope, Axis.DAY)
            assert list(by_day) == [day.isoformat()]


def test_who_is_accused_finds_it_neither_counted_nor_listed(house: Database) -> None:
    with house.writing() as session:
        grid = area_named(session, "幸福第一网格").id
        leader = demo_person(session, "grid_leader")
        for who, is_left_out in ((leader, True), (demo_person(session, "community_staff"), False)):
            scope = Scope(grid, PERIOD, MORNING, sight.hidden(session, who, grid, MORNING))
            before = number(session, scope, Behind((Count.OPENED,)))
            one = ticket(session, building(session, 3), MORNING, about=About.GRID)
            session.flush()
            scope = Scope(grid, PERIOD, MORNING, sight.hidden(session, who, grid, MORNING))
            after = number(session, scope, Behind((Count.OPENED,)))
            assert (after == before) is is_left_out
            assert not may_see(session, one, leader, MORNING)


def test_the_figures_hide_from_each_reader_what_protection_hides(house: Database) -> None:
    with house.writing() as session:
        root = root_area_id(session)
        assert root is not None
        for about in About:
            ticket(session, None, MORNING, about=about)
        head = post_of(session, "building_head")
        head.until = MORNING  # who left the post has still been meant
        accusing = session.scalars(select(Ticket).where(Ticket.about.is_not(None))).all()
        accused = {one.id: accused_persons(session, one, MORNING) for one in accusing}
        for who in session.scalars(select(Post.person_id).distinct()):
            about_them = {one for one, people in accused.items() if who in people}
            assert sight.hidden(session, who, root, MORNING) == about_them


def test_what_is_hidden_stays_out_once_it_is_rolled_up(house: Database) -> None:
    with house.writing() as session:
        grid = area_named(session, "幸福第一网格").id
        leader = demo_person(session, "grid_leader")
        without = sight.hidden(session, leader, grid, MORNING)
        assert without
        scope = Scope(grid, PERIOD, MORNING, without)
        before = {axis: figures.parts(session, scope, axis) for axis in Axis}
        while rollups.roll_up(session, MORNING, MANY):
            pass
        session.expire_all()
        rolled = select(func.count()).where(Ticket.id.in_(without), Ticket.is_rolled_up)
        assert session.scalar(rolled)
        assert {axis: figures.parts(session, scope, axis) for axis in Axis} == before


def test_one_reads_of_the_areas_one_supervises_the_widest_first(house: Database) -> None:
    with house.writing() as session:
        community = area_named(session, "幸福社区")
        staff = demo_person(session, "community_staff")
        grid = area_named(session, "幸福第一网格")
        post(session, Role.GRID_LEADER, grid, staff)
        mine = sight.supervised(session, staff, MORNING)
        assert [one.id for one in mine] == [community.id, grid.id]
        assert sight.area_seen(session, mine, building(session).id).id == building(session).id
        for other in (area_named(session, "和平社区").id, root_area_id(session), 10**6):
            with pytest.raises(NotFound):
                sight.area_seen(session, mine, other or 0)
        assert sight.supervised(session, demo_person(session, "property_staff"), MORNING) == []
