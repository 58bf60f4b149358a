"""The timetable: times that staff set hold for clocks that run, from then on and not before."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jobs import standings
from jobs.clock import Clock
from jobs.schedule import Schedule
from jobs.standings import Health
from jobs.timetable import POLICY, timetable
from models import policies
from models.base import Database

SEVEN = datetime(2026, 11, 17, 7, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = timedelta(hours=1)
DIGEST = "morning_digest"


def publish(store: Database, jobs: dict[str, Any], at: datetime) -> None:
    with store.writing() as session:
        last = policies.current(session, POLICY)
        body = {"jobs": jobs} if jobs else {}
        after = last.version if last else 0
        policies.publish(session, POLICY, body, after=after, by=None, at=at)


def one_job(name: str) -> Any:
    def read(session: Any) -> Schedule:
        return {name: timetable(session)[name]}

    return read


def fired(clock: Clock, at: datetime) -> list[datetime]:
    return [one.due_at for one in clock.tick(at)]


def test_a_running_clock_takes_other_times_and_makes_up_for_nothing_that_was_not_due(
    store: Database,
) -> None:
    clock = Clock(store, {}, one_job(DIGEST))
    fired(clock, SEVEN)
    assert fired(clock, SEVEN + HOUR) == [SEVEN + HOUR]
    publish(store, {DIGEST: {"cron": "30 9 * * *"}}, SEVEN + HOUR)
    assert fired(clock, SEVEN + 2 * HOUR) == []
    assert fired(clock, SEVEN + 2.5 * HOUR) == [SEVEN + 2.5 * HOUR]
    publish(store, {DIGEST: {"cron": "0 6 * * *"}}, SEVEN + 5 * HOUR)
    assert fired(clock, SEVEN + 6 * HOUR) == [], "six o'clock was before it was set"
    assert fired(clock, SEVEN + 23 * HOUR) == [SEVEN + 23 * HOUR]


def test_a_job_that_is_off_is_not_fired_and_shown_as_such_until_it_is_on_again(
    database: Database,
) -> None:
    clock = Clock(database, {}, one_job(DIGEST))
    fired(clock, SEVEN)
    publish(database, {DIGEST: {"is_off": True}}, SEVEN)
    assert fired(clock, SEVEN + 25 * HOUR) == []
    with database.reading() as session:
        found = {one.job.name: one for one in standings.standings(session, SEVEN + 25 * HOUR)}
        assert (found[DIGEST].health, found[DIGEST].missed) == (Health.OFF, None)
        assert found["evening_digest"].health is not Health.OFF
    publish(database, {}, SEVEN + 26 * HOUR)
    assert fired(clock, SEVEN + 27 * HOUR) == []
    assert fired(clock, SEVEN + 49 * HOUR) == [SEVEN + 49 * HOUR]


def test_another_job_s_change_drops_nothing_that_a_stopped_clock_has_missed(
    database: Database,
) -> None:
    fired(Clock(database, {}, one_job(DIGEST)), SEVEN)
    publish(database, {"evening_digest": {"cron": "0 18 * * *"}}, SEVEN + 2 * HOUR)
    assert fired(Clock(database, {}, one_job(DIGEST)), SEVEN + 3 * HOUR) == [SEVEN + HOUR]


def test_a_version_that_the_files_no_longer_bear_leaves_the_shipped_times(
    database: Database,
) -> None:
    publish(database, {"gone_job": {"cron": "0 1 * * *"}}, SEVEN)
    publish(database, {DIGEST: {"cron": "0 8 * * 1"}}, SEVEN)
    with database.reading() as session:
        assert timetable(session)[DIGEST].cron == "0 8 * * *"
