"""The schedule: rows and functions fit, times are Beijing's, missed firings follow the policy."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import load
from jobs.schedule import (
    FUNCTIONS,
    Misfire,
    ScheduleBroken,
    ScheduledJob,
    import_modules,
    job,
    load_schedule,
    read_schedule,
)
from models.base import Database

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=SHANGHAI)


def nothing(database: Database, now: datetime) -> str | None:
    return None


def document(**row: Any) -> dict[str, Any]:
    default = {"misfire": "once", "grace_hours": 24, "lease_minutes": 5}
    return {
        "zone": "Asia/Shanghai",
        "default": default,
        "job": {"digest": {"label": "简报", **row}},
    }


def scheduled(**row: Any) -> ScheduledJob:
    return read_schedule(document(**row), {"digest": nothing})["digest"]


def test_every_job_of_the_shipped_schedule_has_its_function_and_the_reverse() -> None:
    schedule = load_schedule()
    assert set(schedule) == set(load("schedule")["job"]) == set(FUNCTIONS)
    assert all(one.label and one.next_after(SATURDAY) > SATURDAY for one in schedule.values())


def test_a_row_without_a_function_stops_the_start() -> None:
    with pytest.raises(ScheduleBroken, match="digest"):
        read_schedule(document(cron="0 8 * * *"), {})


def test_a_function_without_a_row_stops_the_start() -> None:
    with pytest.raises(ScheduleBroken, match="forgotten"):
        read_schedule(document(cron="0 8 * * *"), {"digest": nothing, "forgotten": nothing})


def test_two_functions_can_not_bear_one_name() -> None:
    import_modules()
    with pytest.raises(ScheduleBroken, match="sweep"):
        job("sweep")(nothing)


@pytest.mark.parametrize(
    "row",
    [
        {"cron": "0 25 * * *"},
        {"cron": "0 8 * *"},
        {"cron": "0 8 * * 1"},
        {"cron": "0 8 * * *", "misfire": "sometimes"},
        {},
    ],
)
def test_a_row_that_makes_no_sense_stops_the_start(row: dict[str, str]) -> None:
    with pytest.raises(ScheduleBroken, match="digest"):
        scheduled(**row)


def test_times_are_beijings_and_come_out_in_utc() -> None:
    due = scheduled(cron="0 8 * * *").next_after(SATURDAY)
    assert due == datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
    assert due.tzinfo is UTC


def test_weekdays_by_name_are_the_weekdays_meant() -> None:
    due = scheduled(cron="30 17 * * mon").next_after(SATURDAY)
    assert due == datetime(2026, 11, 23, 17, 30, tzinfo=SHANGHAI)


def test_of_several_missed_digests_only_the_latest_is_left() -> None:
    missed = scheduled(cron="0 8 * * *").firings(SATURDAY - timedelta(days=7), SATURDAY)
    assert missed == [datetime(2026, 11, 20, 8, 0, tzinfo=SHANGHAI)]


def test_each_missed_firing_is_kept_but_none_older_than_its_grace() -> None:
    each = scheduled(cron="0 8 * * *", misfire="each", grace_hours=72)
    missed = each.firings(SATURDAY - timedelta(days=7), SATURDAY)
    assert [due.astimezone(SHANGHAI).day for due in missed] == [18, 19, 20]
    assert scheduled(cron="0 8 * * *", grace_hours=2).firings(missed[0], SATURDAY) == []


def test_the_moment_itself_is_due_and_the_last_one_is_not_again() -> None:
    daily = scheduled(cron="0 8 * * *")
    eight = datetime(2026, 11, 21, 8, 0, tzinfo=SHANGHAI)
    assert daily.firings(SATURDAY, eight - timedelta(microseconds=1)) == []
    assert daily.firings(SATURDAY, eight) == [eight]
    assert daily.firings(eight, eight + timedelta(hours=1)) == []


@given(st.lists(st.timedeltas(timedelta(0), timedelta(hours=3)), max_size=12))
def test_however_the_ticks_fall_each_firing_comes_once_and_in_order(gaps: list[timedelta]) -> None:
    quarterly = scheduled(cron="*/15 * * * *", misfire="each")
    assert quarterly.misfire is Misfire.EACH
    tick, since, fired = SATURDAY, SATURDAY, []
    for gap in gaps:
        tick += gap
        due = quarterly.firings(since, tick)
        fired += due
        since = due[-1] if due else since
    quarters = int((tick - SATURDAY) / timedelta(minutes=15))
    assert fired == [SATURDAY + timedelta(minutes=15 * n) for n in range(1, quarters + 1)]
