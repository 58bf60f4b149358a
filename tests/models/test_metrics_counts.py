"""At the edges: the very moment of a deadline, the third star, the last day of a month."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from config.categories import Intent
from models import registry
from models.base import Database
from models.metrics import figures
from models.metrics.counted import CountedTicket
from models.metrics.figures import Scope
from models.metrics.periods import Period, Span, holding
from models.metrics.tally import Count, tally
from models.places import root_area_id
from models.ticket_flow import Level, Outcome, State
from tests.factories import MORNING, building, ticket, town

registry.load_tables()

SECOND = timedelta(seconds=1)
RUNNING = CountedTicket(
    id=1,
    area_id=1,
    category="noise",
    intent=Intent.REPORT,
    state=State.DISPATCHED,
    level=Level.ESTATE,
    outcome=None,
    owner_post_id=None,
    reported_at=None,
    opened_at=MORNING,
    accept_due_at=MORNING + timedelta(hours=2),
    resolve_due_at=MORNING + timedelta(days=2),
    resolved_at=None,
    is_answered_late=None,
    is_resolved_late=None,
    is_solved=None,
    stars=None,
    rated_at=None,
    returns=0,
    reopens=0,
    joined_ratings=0,
    joined_satisfied=0,
)
FIXED = replace(
    RUNNING,
    state=State.ARCHIVED,
    outcome=Outcome.FIXED,
    resolved_at=MORNING,
    is_answered_late=False,
    is_resolved_late=False,
)


def test_at_the_very_moment_of_a_deadline_nothing_is_late_yet() -> None:
    at = RUNNING.accept_due_at
    assert tally(RUNNING, at)[Count.WAITING] == 1
    assert tally(RUNNING, at + SECOND)[Count.ANSWER_MISSED] == 1
    assert tally(RUNNING, RUNNING.resolve_due_at)[Count.OVERDUE] == 0
    assert tally(RUNNING, RUNNING.resolve_due_at + SECOND)[Count.OVERDUE] == 1


def test_the_store_says_the_same_of_that_moment(store: Database) -> None:
    town(store, MORNING - timedelta(days=40))
    with store.writing() as session:
        one = ticket(session, building(session))
        root = root_area_id(session)
        assert root is not None
        year = holding(MORNING.date(), Span.YEAR)
        for due, late in (
            (one.accept_due_at, Count.ANSWER_MISSED),
            (one.resolve_due_at, Count.OVERDUE),
        ):
            assert figures.total(session, Scope(root, year, due))[late] == 0
            assert figures.total(session, Scope(root, year, due + SECOND))[late] == 1


@pytest.mark.parametrize(
    ("stars", "is_solved", "satisfied"),
    [(3, False, 1), (2, True, 0), (None, True, 1), (None, False, 0)],
)
def test_three_stars_are_content_and_without_stars_the_word_counts(
    stars: int | None, is_solved: bool | None, satisfied: int
) -> None:
    rated = replace(FIXED, stars=stars, is_solved=is_solved, rated_at=MORNING + SECOND)
    counts = tally(rated, MORNING)
    assert (counts[Count.RATINGS], counts[Count.SATISFIED]) == (1, satisfied)


def test_a_word_in_the_moment_of_the_end_is_of_that_end() -> None:
    said = replace(FIXED, is_solved=False, rated_at=MORNING)
    assert tally(said, MORNING)[Count.DISPUTED] == 1
    assert tally(replace(said, rated_at=MORNING - SECOND), MORNING)[Count.FIXED] == 1
    assert tally(replace(said, outcome=Outcome.CANNOT_FIX), MORNING)[Count.CANNOT_FIX] == 1


def test_the_day_of_a_matter_is_that_of_the_neighbourhood() -> None:
    midnight = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    assert replace(RUNNING, opened_at=midnight).day == date(2026, 3, 3)
    assert replace(RUNNING, opened_at=midnight - SECOND).day == date(2026, 3, 2)
    assert replace(RUNNING, reported_at=midnight - SECOND).day == date(2026, 3, 2)


def test_a_quarter_and_a_year_are_compared_with_whole_ones() -> None:
    first = holding(date(2026, 2, 14), Span.QUARTER)
    assert first == Period(date(2026, 1, 1), date(2026, 3, 31))
    assert first.before() == Period(date(2025, 10, 1), date(2025, 12, 31))
    assert first.year_before() == Period(date(2025, 1, 1), date(2025, 3, 31))
    year = holding(date(2024, 12, 31), Span.YEAR)
    assert year == Period(date(2024, 1, 1), date(2024, 12, 31))
    assert year.before() == year.year_before() == Period(date(2023, 1, 1), date(2023, 12, 31))


def test_what_still_runs_is_compared_with_as_many_days_and_what_is_over_with_the_whole() -> None:
    march = holding(date(2026, 3, 1), Span.MONTH)
    for today, last in ((10, 10), (28, 28), (30, 28), (31, 28)):
        itself, before, _ = march.compared(date(2026, 3, today))
        assert itself == march
        assert before == Period(date(2026, 2, 1), date(2026, 2, last))
    assert march.compared(date(2026, 3, 10))[2] == Period(date(2025, 3, 1), date(2025, 3, 10))
    assert march.compared(date(2026, 4, 1)) == (march, march.before(), march.year_before())
    assert march.compared(date(2026, 2, 28)) == (march, march.before(), march.year_before())
