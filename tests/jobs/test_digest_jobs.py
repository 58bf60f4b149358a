"""The daily digests by the clock: to every community's staff, once, and one after downtime."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bots.rendering import render
from jobs.clock import Clock
from jobs.digests import evening_digest, morning_digest
from jobs.schedule import load_schedule
from models.base import Database
from models.digests.table import Digest
from models.outbox import OutboxMessage
from models.tickets.table import About
from tests import factories

YESTERDAY = factories.MORNING  # Tuesday 3 March
MORNING = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)  # Wednesday, 8:00 in Shanghai
EVENING = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
JOBS = ("morning_digest", "evening_digest")


@pytest.fixture
def place(store: Database) -> Iterator[Database]:
    factories.town(store, YESTERDAY - timedelta(days=30))
    yield store


def report(store: Database, estate: str = factories.ESTATE, **more: object) -> None:
    with store.writing() as session:
        factories.ticket(session, factories.building(session, 1, estate), YESTERDAY, **more)


def told(store: Database) -> dict[str, list[str]]:
    """Who was told what, by the name of the person."""
    with store.reading() as session:
        rows = session.execute(
            select(factories.Person.name, OutboxMessage.template, OutboxMessage.context)
            .join(factories.Person, factories.Person.id == OutboxMessage.person_id)
            .where(OutboxMessage.template == "digest")
            .order_by(OutboxMessage.id)
        ).all()
    found: dict[str, list[str]] = {}
    for name, template, context in rows:
        found.setdefault(name, []).append(render(template, context))
    return found


def test_each_communitys_staff_are_told_of_their_own(place: Database) -> None:
    report(place)
    report(place, estate="春风苑")
    report(place, estate="春风苑")
    assert morning_digest(place, MORNING) == "sent=4"
    found = told(place)
    assert set(found) == {"幸福社区工作者", "幸福社区书记", "和平社区工作者", "和平社区书记"}
    assert "昨天新报：1 件" in found["幸福社区书记"][0]
    assert "昨天新报：2 件" in found["和平社区书记"][0]


def test_no_staff_hear_anything_when_there_is_nothing_to_say(place: Database) -> None:
    report(place, about=About.COMMUNITY)
    assert evening_digest(place, EVENING) is None
    assert told(place) == {}


def test_a_run_that_is_repeated_sends_nothing_twice(place: Database) -> None:
    report(place)
    report(place, estate="春风苑")
    morning_digest(place, MORNING)
    before = told(place)
    assert morning_digest(place, MORNING) is None
    assert told(place) == before


def test_after_days_of_downtime_one_digest_comes_and_not_one_a_day(database: Database) -> None:
    factories.town(database, YESTERDAY - timedelta(days=30))
    schedule = {name: load_schedule()[name] for name in JOBS}
    report(database)
    Clock(database, schedule).tick(MORNING - timedelta(hours=1))
    late = MORNING + timedelta(days=3, hours=2)  # Saturday, 10:00
    fired = Clock(database, schedule).tick(late)
    assert [(one.job, one.due_at) for one in fired] == [
        ("morning_digest", MORNING + timedelta(days=3))
    ], "the evening before is too long ago to be told now"
    with database.reading() as session:
        per_person = select(func.count(Digest.id)).group_by(Digest.person_id)
        assert set(session.scalars(per_person)) == {1}


def test_they_come_at_eight_and_at_half_past_five_in_shanghai() -> None:
    schedule = load_schedule()
    midnight = MORNING - timedelta(hours=8)
    assert schedule["morning_digest"].next_after(midnight) == MORNING
    assert schedule["evening_digest"].next_after(midnight) == EVENING
