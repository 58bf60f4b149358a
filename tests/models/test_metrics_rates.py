"""What counts as what: each rate by hand-made stories, and who is shown whose figures."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.base import Database
from models.metrics import figures, rebuilding, rollups
from models.metrics.cuts import OTHERS, Axis
from models.metrics.figures import Scope
from models.metrics.households import households_of
from models.metrics.own import own_figures
from models.metrics.periods import Period, Span, holding
from models.metrics.rates import RATES, complaints_per_10k_households
from models.metrics.sheet import Density, sheet
from models.metrics.tally import Count, Counts
from models.migrate import migrate
from models.places import root_area_id
from models.ticket_flow import Action, Outcome
from models.tickets import supporting
from models.tickets.actions import apply
from models.tickets.step import CLOCK, Actor
from models.tickets.table import Ticket
from tests.copies import migrated
from tests.factories import MORNING, actor, area_named, building, person, post_of, ticket, town

HOUR = timedelta(hours=1)
MARCH = holding(MORNING.date(), Span.MONTH)


@pytest.fixture
def house(store: Database) -> Database:
    town(store, MORNING - timedelta(days=40))
    return store


def counted(session: Session, later: timedelta = HOUR) -> Counts:
    root = root_area_id(session)
    assert root is not None
    session.flush()
    return figures.total(session, Scope(root, MARCH, MORNING + later))


def rate(name: str, session: Session, later: timedelta = HOUR) -> Fraction | None:
    return RATES[name](counted(session, later))


def accept(session: Session, one: Ticket, after: timedelta = HOUR) -> None:
    apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=MORNING + after)


def resolve(session: Session, one: Ticket, outcome: Outcome, after: timedelta = HOUR) -> None:
    accept(session, one, after)
    by, at = Actor(one.owner_id), MORNING + after
    apply(session, one, Action.RESOLVE, by=by, at=at, reason="看过了", outcome=outcome)


def test_whose_time_to_answer_runs_counts_neither_way(house: Database) -> None:
    with house.writing() as session:
        first, _ = (ticket(session, building(session, number)) for number in (1, 3))
        accept(session, first)
        assert rate("response", session) == 1
        assert counted(session)[Count.WAITING] == 1
        assert rate("response", session, timedelta(days=9)) == Fraction(1, 2)


def test_withdrawn_before_the_time_is_owed_no_answer_and_after_it_was_missed(
    house: Database,
) -> None:
    with house.writing() as session:
        soon, late = (ticket(session, building(session)) for _ in range(2))
        me = Actor(soon.reporter_id)
        apply(session, soon, Action.WITHDRAW, by=me, at=MORNING + HOUR)
        assert rate("response", session) is None
        apply(session, late, Action.WITHDRAW, by=me, at=MORNING + timedelta(days=9))
        assert rate("response", session, timedelta(days=9)) == 0
        assert counted(session)[Count.COMPLAINTS] == 0


def test_each_outcome_is_counted_apart_and_only_what_was_ours_is_owed(house: Database) -> None:
    with house.writing() as session:
        ends = (Outcome.FIXED, Outcome.FIXED, Outcome.CANNOT_FIX, Outcome.NOT_OURS)
        made = [ticket(session, building(session)) for _ in ends]
        for one, outcome in zip(made, ends, strict=True):
            resolve(session, one, outcome)
        double = ticket(session, building(session), MORNING)
        into = ticket(session, building(session), MORNING)
        at = MORNING + HOUR
        apply(session, double, Action.MERGE, by=CLOCK, at=at, reason="x", into=into)
        found = counted(session)
        for name, number in (("fixed", 2), ("cannot_fix", 1), ("not_ours", 1), ("duplicate", 1)):
            assert found[name] == number
        assert RATES["resolution"](found) == Fraction(2, 3)
        assert rate("resolution", session, timedelta(days=60)) == Fraction(2, 4)  # now overdue


def test_the_reporters_word_stands_above_the_handlers(house: Database) -> None:
    with house.writing() as session:
        one = ticket(session, building(session))
        me = Actor(one.reporter_id)
        resolve(session, one, Outcome.FIXED)
        at = MORNING + 2 * HOUR
        apply(session, one, Action.REOPEN, by=me, at=at, solved=False, stars=1)
        assert rate("resolution", session) is None  # it runs again
        assert rate("satisfaction", session) == 0
        resolve(session, one, Outcome.FIXED, 3 * HOUR)
        assert rate("resolution", session) == 1  # what was said of the first end is past
        apply(session, one, Action.RATE, by=me, at=MORNING + 4 * HOUR, solved=False, stars=2)
        found = counted(session)
        assert (found[Count.DISPUTED], found[Count.REOPENED], found[Count.RATINGS]) == (1, 1, 1)
        assert RATES["resolution"](found) == 0


def test_a_reopened_matter_stays_on_the_day_it_was_first_reported(house: Database) -> None:
    with house.writing() as session:
        one = ticket(session, building(session))
        resolve(session, one, Outcome.FIXED)
        later = MORNING + timedelta(days=3)
        apply(session, one, Action.REOPEN, by=Actor(one.reporter_id), at=later, solved=False)
        session.flush()
        day = Period(MORNING.date(), MORNING.date())
        root = root_area_id(session)
        assert root is not None
        assert figures.total(session, Scope(root, day, later))[Count.OPENED] == 1


def test_a_late_end_is_late_no_more_once_the_matter_is_taken_up_again(house: Database) -> None:
    with house.writing() as session:
        one = ticket(session, building(session))
        resolve(session, one, Outcome.FIXED, timedelta(days=20))
        assert rate("on_time", session) == 0
        again = timedelta(days=21)
        me = Actor(one.reporter_id)
        apply(session, one, Action.REOPEN, by=me, at=MORNING + again, solved=False)
        assert counted(session, again)[Count.RESOLVED_LATE] == 0
        assert rate("on_time", session, again) is None  # it runs, and in time
        resolve(session, one, Outcome.FIXED, again + HOUR)
        assert rate("on_time", session, again) == 1


def test_neighbours_who_joined_are_voices_of_their_own_and_each_the_last_one(
    house: Database,
) -> None:
    with house.writing() as session:
        into = ticket(session, building(session))
        neighbour = person(session, "居民B")
        theirs = ticket(session, building(session), reporter=neighbour.id)
        at = MORNING + HOUR
        apply(session, theirs, Action.MERGE, by=CLOCK, at=at, reason="x", into=into)
        resolve(session, into, Outcome.FIXED)
        apply(session, into, Action.RATE, by=Actor(into.reporter_id), at=at, solved=True, stars=5)
        while rollups.roll_up(session, at, 1):
            pass
        session.expire_all()
        for stars, satisfied in ((2, 1), (4, 2), (1, 1)):
            supporting.rate(session, into, is_solved=stars > 2, stars=stars, by=neighbour.id, at=at)
            found = counted(session)
            assert (found[Count.RATINGS], found[Count.SATISFIED]) == (2, satisfied)
        assert found[Count.FIXED] == 1
        assert rebuilding.compare(session, at).agrees


def test_a_comparison_sees_one_moment_whatever_is_written_meanwhile(house: Database) -> None:
    with house.writing() as session:
        ticket(session, building(session))
    with rebuilding.one_moment(house) as session:
        assert rebuilding.compare(session, MORNING).tickets == 1
        with house.writing() as other:
            resolve(other, other.get_one(Ticket, 1), Outcome.FIXED)
            ticket(other, building(other))
        meanwhile = rebuilding.compare(session, MORNING)
        assert (meanwhile.tickets, meanwhile.agrees) == (1, True)


def test_complaints_are_held_against_the_households_that_are_registered(house: Database) -> None:
    with house.writing() as session:
        estate = area_named(session, "幸福里小区").id
        ticket(session, building(session))
        session.flush()
        found = sheet(session, Scope(estate, MARCH, MORNING), Axis.BUILDING)
        households = households_of(session, [estate])[estate]
        assert households > 0
        assert found.whole.density is not None
        assert found.whole.density.now == Fraction(10_000) / households
        assert found.whole.density.on_period is None  # nothing the month before: no change to tell
    assert complaints_per_10k_households(Counter(complaints=3), Fraction()) is None
    density = Density(Fraction(100), Fraction(3), Fraction(2), Fraction(4))
    assert (density.on_period, density.on_year) == (Fraction(1, 2), Fraction(-1, 4))


def test_a_month_is_compared_with_months_and_days_with_days() -> None:
    assert (MARCH.first, MARCH.last) == (date(2026, 3, 1), date(2026, 3, 31))
    assert MARCH.before() == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert MARCH.year_before() == Period(date(2025, 3, 1), date(2025, 3, 31))
    leap = holding(date(2024, 2, 29), Span.MONTH)
    assert leap.year_before() == Period(date(2023, 2, 1), date(2023, 2, 28))
    ten = Period(date(2026, 3, 11), date(2026, 3, 20))
    assert ten.before() == Period(date(2026, 3, 1), date(2026, 3, 10))
    assert Period(date(2024, 2, 29), date(2024, 3, 1)).year_before().first == date(2023, 2, 28)
    with pytest.raises(ValueError):
        Period(date(2026, 3, 2), date(2026, 3, 1))


def test_own_figures_are_of_the_reader_and_a_team_of_one_is_not_shown(house: Database) -> None:
    with house.writing() as session:
        one = ticket(session, building(session))
        accept(session, one)
        session.flush()
        assert one.owner_id is not None
        assert own_figures(session, one.owner_id, MARCH, MORNING)[Count.ANSWERED] == 1
        other = actor(session, "subdistrict_staff").person_id
        assert other is not None
        assert own_figures(session, other, MARCH, MORNING) == Counter()
        mine = post_of(session, "duty_desk")
        one.owner_post_id = mine.id
        session.flush()
        root = root_area_id(session)
        assert root is not None
        rows = sheet(session, Scope(root, MARCH, MORNING), Axis.TEAM).rows
        assert rows.keys() == {OTHERS}
        assert rows[OTHERS].counts == figures.total(session, Scope(root, MARCH, MORNING))
        assert set(rows[OTHERS].rates().values()) == {None}


def test_tickets_of_an_older_house_are_counted_from_the_day_it_learned_to(
    database: Database, tmp_path: Any
) -> None:
    store = Database(f"sqlite:///{tmp_path / 'older.db'}")
    migrated(store)
    town(store, MORNING - timedelta(days=40))
    with store.writing() as session:
        done, _ = (ticket(session, building(session)) for _ in range(2))
        resolve(session, done, Outcome.FIXED)
        before = counted(session)
    migrate(store, "0009")
    with store.writing() as session:
        for name in ("level", "counted"):
            session.execute(text(f"UPDATE events SET detail = json_remove(detail, '$.{name}')"))
    migrate(store)
    with store.writing() as session:
        assert counted(session) == before
        assert rebuilding.compare(session, MORNING + HOUR).differing == []
        rollups.roll_up(session, MORNING, 10)
        assert rebuilding.compare(session, MORNING + HOUR).agrees
    store.dispose()
