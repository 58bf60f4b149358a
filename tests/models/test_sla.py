"""Deadlines by category and urgency: the shipped table, pauses, emergencies."""

import copy
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.categories import LEVEL_ONE, Urgency
from config.policy import load
from models.sla import ServiceTerms, shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
MONDAY = datetime(2025, 9, 22, 9, 0, tzinfo=SHANGHAI)

opened = st.timedeltas(timedelta(days=-600), timedelta(days=430)).map(lambda gap: MONDAY + gap)
seconds = st.integers(0, 40 * 24 * 3600)


def test_an_ordinary_matter_has_two_hours_and_three_workdays() -> None:
    due = shipped().deadlines("pets", Urgency.NORMAL, MONDAY)
    assert due.accept_due_at == datetime(2025, 9, 22, 11, 0, tzinfo=SHANGHAI)
    assert due.resolve_due_at == datetime(2025, 9, 25, 9, 0, tzinfo=SHANGHAI)
    assert due.arrive_due_at is None


def test_a_matter_without_a_class_yet_has_the_default_term() -> None:
    assert shipped().deadlines(None, Urgency.NORMAL, MONDAY) == shipped().deadlines(
        "pets", Urgency.NORMAL, MONDAY
    )


def test_housing_rights_have_fifteen_workdays_over_the_holiday() -> None:
    due = shipped().deadlines("house_rights", Urgency.NORMAL, MONDAY).resolve_due_at
    assert due == datetime(2025, 10, 17, 9, 0, tzinfo=SHANGHAI)


def test_an_emergency_at_night_runs_on_the_clock() -> None:
    night = datetime(2025, 10, 2, 2, 30, tzinfo=SHANGHAI)
    due = shipped().deadlines("elevator", Urgency.EMERGENCY, night)
    assert due.accept_due_at - night == timedelta(minutes=1)
    assert due.arrive_due_at is not None
    assert due.arrive_due_at - night == timedelta(minutes=5)
    assert due.resolve_due_at - night == timedelta(hours=4)


@given(opened, st.sampled_from(LEVEL_ONE))
def test_the_more_urgent_is_never_due_later(start: datetime, category: str) -> None:
    normal, urgent, emergency = (
        shipped().deadlines(category, urgency, start) for urgency in Urgency
    )
    assert emergency.resolve_due_at <= urgent.resolve_due_at <= normal.resolve_due_at
    assert start < emergency.accept_due_at <= urgent.accept_due_at <= normal.accept_due_at


@given(opened, st.lists(st.tuples(seconds, seconds), max_size=4), st.sampled_from(list(Urgency)))
def test_pauses_give_back_exactly_the_counted_time_they_took(
    start: datetime, offsets: list[tuple[int, int]], urgency: Urgency
) -> None:
    pauses = [
        (start + timedelta(seconds=min(pair)), start + timedelta(seconds=max(pair)))
        for pair in offsets
    ]
    due = shipped().deadlines("facility", urgency, start, pauses).resolve_due_at
    term = shipped().term("facility", urgency)
    edges = sorted({start, due, *(edge for pause in pauses for edge in pause if edge < due)})
    running = sum(
        term.keeping.between(begin, end)
        for begin, end in zip(edges, edges[1:], strict=False)
        if begin >= start and not any(low <= begin and end <= high for low, high in pauses)
    )
    assert running == pytest.approx(term.resolve.minutes(term.keeping, start), abs=1e-6)


def test_a_suspended_matter_gets_back_its_lunch_free_hours() -> None:
    pause = (
        datetime(2025, 9, 22, 11, 0, tzinfo=SHANGHAI),
        datetime(2025, 9, 22, 14, 30, tzinfo=SHANGHAI),
    )
    due = shipped().deadlines("pets", Urgency.NORMAL, MONDAY, [pause]).resolve_due_at
    assert due == datetime(2025, 9, 25, 11, 0, tzinfo=SHANGHAI)


def test_a_pause_after_the_deadline_changes_nothing() -> None:
    due = shipped().deadlines("pets", Urgency.URGENT, MONDAY)
    later = (due.resolve_due_at, due.resolve_due_at + timedelta(days=3))
    assert shipped().deadlines("pets", Urgency.URGENT, MONDAY, [later]) == due


@given(st.timedeltas(timedelta(0), timedelta(hours=20)), st.timedeltas(timedelta(0), DAY))
@settings(deadline=None)
def test_a_pause_from_the_very_deadline_on_changes_nothing_whatever_was_paused_before(
    late: timedelta, gap: timedelta
) -> None:
    """To the microsecond: a remainder too small to count must not be carried over the pause."""
    start = MONDAY + late
    due = shipped().deadlines("pets", Urgency.NORMAL, start)
    moment = (start + gap, start + gap)
    later = (due.resolve_due_at, due.resolve_due_at + timedelta(days=3))
    assert shipped().deadlines("pets", Urgency.NORMAL, start, [moment, later]) == due


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError):
        shipped().deadlines("pets", Urgency.NORMAL, MONDAY, [(MONDAY, MONDAY - timedelta(hours=1))])


def test_reminders_come_at_half_at_four_fifths_and_at_the_deadline() -> None:
    points = shipped().remind_points("pets", Urgency.NORMAL, MONDAY)
    assert [point.percent for point in points] == [50, 80, 100]
    # 1350 working minutes: 675, 1080 and all of them after Monday 09:00.
    assert [point.at.astimezone(SHANGHAI).strftime("%d %H:%M") for point in points] == [
        *("23 14:15", "24 12:00", "25 09:00")
    ]
    assert points[-1].at == shipped().deadlines("pets", Urgency.NORMAL, MONDAY).resolve_due_at


def test_reminders_of_an_emergency_run_on_the_clock() -> None:
    points = shipped().remind_points("fire_safety", Urgency.EMERGENCY, MONDAY)
    assert [point.at - MONDAY for point in points] == [
        timedelta(minutes=minutes) for minutes in (120, 192, 240)
    ]


def test_reminders_move_with_a_pause_that_came_before_them() -> None:
    pause = (MONDAY + timedelta(days=1), MONDAY + timedelta(days=2))
    before = shipped().remind_points("pets", Urgency.NORMAL, MONDAY)
    after = shipped().remind_points("pets", Urgency.NORMAL, MONDAY, [pause])
    assert all(new.at > old.at for new, old in zip(after, before, strict=True))


@settings(deadline=None)  # the whole table is read anew each time
@given(st.sampled_from(LEVEL_ONE), st.sampled_from(list(Urgency)), opened)
def test_a_changed_calendar_recomputes_from_the_facts_alone(
    category: str, urgency: Urgency, start: datetime
) -> None:
    assert ServiceTerms(load("sla")).deadlines(category, urgency, start) == shipped().deadlines(
        category, urgency, start.astimezone(UTC)
    )


def change(document: dict, *path: str, value: object) -> dict:
    changed = copy.deepcopy(document)
    row = changed
    for key in path[:-1]:
        row = row.setdefault(key, {})
    row[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    "path",
    [
        ("terms", "parkng"),
        ("terms", "parking", "urgnt"),
        ("terms", "parking", "normal", "resolve_weeks"),
    ],
)
def test_a_misspelt_row_is_refused_and_not_passed_over(path: tuple[str, ...]) -> None:
    value = {"normal": {}} if len(path) == 2 else {} if len(path) == 3 else 2
    with pytest.raises(ValueError, match=path[-1]):
        ServiceTerms(change(load("sla"), *path, value=value))


def test_a_time_to_accept_longer_than_to_resolve_is_refused() -> None:
    odd = change(load("sla"), "terms", "pets", "normal", value={"accept_minutes": 99999})
    with pytest.raises(ValueError, match="accept"):
        ServiceTerms(odd)
