"""Figures by company: the contract of the day decides, and few answers judge nobody."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.base import Database
from models.companies import Company, ServiceContract
from models.metrics import figures, rollups
from models.metrics.cuts import NO_CONTRACT, Axis
from models.metrics.figures import Scope
from models.metrics.households import households_of, households_served
from models.metrics.periods import Period, Span, holding
from models.metrics.rates import satisfaction_shown
from models.metrics.sheet import sheet
from models.metrics.tally import Count
from models.places import root_area_id
from models.ticket_flow import Action
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.factories import area_named, building, post_of, ticket, town

CHANGE = date(2025, 10, 1)  # on which the second company took over, by the demo's contracts
LAST_DAY_OF_FIRST = datetime(2025, 9, 30, 15, 59, tzinfo=UTC)  # one minute to midnight in Shanghai
FIRST_DAY_OF_SECOND = LAST_DAY_OF_FIRST + timedelta(minutes=1)
NOW = datetime(2025, 10, 20, 4, 0, tzinfo=UTC)
AUTUMN = Period(date(2025, 9, 1), date(2025, 10, 31))


@pytest.fixture
def house(store: Database) -> Database:
    town(store, LAST_DAY_OF_FIRST - timedelta(days=90))
    with store.writing() as session:
        for at in (LAST_DAY_OF_FIRST, FIRST_DAY_OF_SECOND, FIRST_DAY_OF_SECOND):
            in_hand(session, at)
    return store


def in_hand(session: Session, at: datetime) -> None:
    """A matter of 阳光花园 that its property post has."""
    one = ticket(session, building(session, 1, "阳光花园"), at, category="elevator")
    one.owner_post_id = post_of(session, "property_staff", 2).id
    session.flush()


def root(session: Session) -> int:
    found = root_area_id(session)
    assert found is not None
    return found


def by_company(session: Session, period: Period) -> dict[str, int]:
    """Name → how many matters."""
    (found,) = figures.parts(session, Scope(root(session), period, NOW), Axis.COMPANY)
    names = {str(one.id): one.name for one in session.scalars(select(Company))}
    return {names.get(key, key): counts[Count.OPENED] for key, counts in found.items()}


def test_a_matter_counts_for_the_company_of_the_day_on_which_it_was_reported(
    house: Database,
) -> None:
    expected = {"云溪第一物业公司": 1, "云溪第二物业公司": 2}
    with house.writing() as session:
        assert by_company(session, AUTUMN) == expected
        one = ticket(session, building(session, 1, "阳光花园"), LAST_DAY_OF_FIRST)
        apply(session, one, Action.WITHDRAW, by=Actor(one.reporter_id), at=LAST_DAY_OF_FIRST)
        assert by_company(session, AUTUMN) == expected  # it was never theirs
        assert by_company(session, Period(CHANGE, AUTUMN.last)) == {"云溪第二物业公司": 2}


def test_rolled_up_days_count_for_the_same_companies(house: Database) -> None:
    with house.writing() as session:
        before = by_company(session, AUTUMN)
        for number in (1, 2, 3):
            one = session.get_one(Ticket, number)
            me = Actor(one.reporter_id)
            apply(session, one, Action.WITHDRAW, by=me, at=FIRST_DAY_OF_SECOND)
        assert rollups.roll_up(session, NOW, 10) == 3
        assert by_company(session, AUTUMN) == before


def test_without_a_contract_it_still_shows(house: Database) -> None:
    with house.writing() as session:
        session.execute(delete(ServiceContract).where(ServiceContract.starts_on == CHANGE))
        assert by_company(session, AUTUMN) == {"云溪第一物业公司": 1, NO_CONTRACT: 2}


def test_a_company_is_held_against_what_is_said_of_it_by_households_and_days(
    house: Database,
) -> None:
    with house.writing() as session:
        place = building(session, 2, "阳光花园")
        for at in (LAST_DAY_OF_FIRST, FIRST_DAY_OF_SECOND):
            ticket(session, place, at, category="property_service")
        session.flush()
        estates = {name: area_named(session, name).id for name in ("阳光花园", "幸福里小区")}
        sizes = households_of(session, estates.values())
        rows = sheet(session, Scope(root(session), AUTUMN, NOW), Axis.COMPANY).rows
        first = session.scalars(select(Company).where(Company.name == "云溪第一物业公司")).one()
        density = rows[str(first.id)].density
        assert density is not None
        # All the while one estate, and of 50 days so far (since 1 September) 30 the other.
        served = sizes[estates["幸福里小区"]] + sizes[estates["阳光花园"]] * Fraction(30, 50)
        assert density.households == served
        assert density.now == 10_000 / served


def test_before_a_period_has_begun_its_first_day_alone_is_asked_for_households(
    house: Database,
) -> None:
    with house.reading() as session:
        ahead = holding(date(2026, 5, 1), Span.MONTH)
        (served,) = households_served(session, root(session), [ahead], NOW)
        homes = households_of(session, [area_named(session, "幸福里小区").id])
    assert min(served.values()) == min(homes.values())


@pytest.mark.parametrize(("ratings", "shown"), [(4, None), (5, Fraction(3, 5))])
def test_few_answers_show_no_satisfaction(ratings: int, shown: Fraction | None) -> None:
    counts = Counter({Count.RATINGS: ratings, Count.SATISFIED: 3})
    assert satisfaction_shown(counts) == shown
