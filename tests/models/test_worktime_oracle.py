"""Deadlines of the product are those of a count minute by minute, whatever happens to a matter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import Base, Database
from tests import factories
from tests.models import worktime_cases
from tests.models.deadline_walk import STEPS, Walk
from tests.models.worktime_oracle import SHANGHAI, Layer, Oracle

PURE, WALKS, LENGTH = 1700, 30, 12  # of which each step is a case: 2,060 in all
TOWNS = [worktime_cases.town(Random(number)) for number in range(40)]


@settings(max_examples=PURE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_deadlines_agree_with_the_count_minute_by_minute(random: Random) -> None:
    one = worktime_cases.case(random, TOWNS)
    assert worktime_cases.computed(one) == worktime_cases.expected(one), one


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('oracle') / 'linli.db'}")
    Base.metadata.create_all(store.writer)
    factories.town(store)
    yield store
    store.dispose()


@settings(
    max_examples=WALKS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10**6), steps=st.lists(STEPS, min_size=LENGTH, max_size=LENGTH))
def test_a_real_ticket_keeps_to_the_count_through_everything_people_and_calendars_do(
    town: Database, seed: int, steps: list[tuple[str, int]]
) -> None:
    with town.writing() as session:
        walk = Walk.begin(session, Random(seed))
        for kind, minutes in steps:
            walk.take(kind, minutes)
            assert walk.found() == walk.expected(), (seed, kind, walk)
        session.rollback()


def test_the_oracle_itself_counts_a_week_as_the_notice_of_the_state_council_has_it() -> None:
    """National Day 2025 by hand: off from the 1st to the 8th, at work on Saturday the 11th."""
    oracle = Oracle([worktime_cases.SHIPPED], worktime_cases.FIXED)
    off = [day for day in range(1, 13) if not oracle.is_workday(date(2025, 10, day))]
    assert off == [1, 2, 3, 4, 5, 6, 7, 8, 12]
    opened = worktime_cases.at(date(2025, 9, 30), 17, 0)
    assert oracle.due(opened, timedelta(minutes=60), []) == worktime_cases.at(
        date(2025, 10, 9), 9, 0
    )
    closed = replace(Layer(), rest=frozenset({date(2025, 10, 9)}))
    later = Oracle([closed, worktime_cases.SHIPPED], worktime_cases.FIXED)
    assert later.due(opened, timedelta(minutes=60), []).astimezone(SHANGHAI).day == 10
