"""Notices by the clock: out at their time and once, and brought to everybody in batches."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from jobs.notices import close_notices, publicity_calendar, publish_notices, tell_notice
from jobs.queue import Queue
from models.base import Database
from models.errors import StoreBusy
from models.events import Event
from models.homes import Home, HomeState
from models.notices import actions, audience, chain, objections
from models.notices.table import Notice, NoticeState
from models.outbox import OutboxMessage
from models.people import Person
from models.tasks import Task, TaskState
from tests import factories

NOW = factories.MORNING
SOON = NOW + timedelta(hours=2)


@pytest.fixture
def place(store: Database) -> Database:
    factories.town(store)
    return store


def scheduled(store: Database, kind: str = "income_expense") -> int:
    """Written and reviewed now, to go out SOON."""
    with store.writing() as session:
        author, reviewer = staff(session, 1), staff(session, 2)
        notice = actions.draft(
            session,
            kind=kind,
            title="一季度收支",
            body="结余 4000 元",
            area_id=factories.area_named(session, factories.ESTATE).id,
            by=author,
            at=NOW,
        )
        actions.review(session, notice, by=reviewer, at=NOW)
        actions.schedule(session, notice, publish_at=SOON, by=reviewer, at=NOW)
        return notice.id


def staff(session: Session, count: int) -> int:
    return factories.demo_person(session, "community_staff", count)


def state(store: Database, notice_id: int) -> NoticeState:
    with store.reading() as session:
        return session.get_one(Notice, notice_id).state


def told(store: Database) -> int:
    with store.reading() as session:
        found = select(func.count()).where(OutboxMessage.template == "notice_published")
        return session.scalar(found) or 0


def crowd(store: Database, count: int) -> None:
    """So many more residents of building 3."""
    with store.writing() as session:
        where = factories.building(session).id
        rows = [{"created_at": NOW} for _ in range(count)]
        ids = session.scalars(insert(Person).returning(Person.id), rows).all()
        home = {"area_id": where, "state": HomeState.CLAIMED, "claimed_at": NOW}
        session.execute(insert(Home), [{"person_id": one, **home} for one in ids])


def test_a_notice_goes_out_at_its_time_and_not_before(place: Database) -> None:
    notice_id = scheduled(place)
    assert publish_notices(place, SOON - timedelta(seconds=1)) is None
    assert state(place, notice_id) == NoticeState.SCHEDULED
    assert publish_notices(place, SOON) == "published=1"
    assert state(place, notice_id) == NoticeState.PUBLISHED
    assert publish_notices(place, SOON) is None


def test_several_clocks_publish_it_once(place: Database) -> None:
    notice_id = scheduled(place)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: publish_until_free(place), range(4)))
    assert sorted(runs, key=str) == [None, None, None, "published=1"]
    with place.reading() as session:
        published = select(func.count()).where(
            Event.verb == "notice_published", Event.subject_id == notice_id
        )
        assert session.scalar(published) == 1


def publish_until_free(store: Database) -> str | None:
    while True:
        try:
            return publish_notices(store, SOON)
        except StoreBusy:
            continue


def test_a_notice_that_was_taken_back_in_time_stays_in(place: Database) -> None:
    notice_id = scheduled(place)
    with place.writing() as session:
        notice = session.get_one(Notice, notice_id)
        actions.withdraw(session, notice, by=staff(session, 1), at=NOW)
    assert publish_notices(place, SOON) is None
    assert state(place, notice_id) == NoticeState.WITHDRAWN


def test_a_crowd_is_told_in_batches_and_everybody_once(
    place: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "ROUND", audience.BATCH)
    crowd(place, 2 * audience.BATCH + 10)
    scheduled(place)
    publish_notices(place, SOON)
    queue = Queue(place, lambda: SOON)
    assert queue.run_next()
    assert told(place) == audience.BATCH, "one transaction holds no more"
    assert queue.drain() == 2
    with place.reading() as session:
        persons = session.scalars(
            select(OutboxMessage.person_id).where(OutboxMessage.template == "notice_published")
        ).all()
    assert len(persons) == len(set(persons)) > 2 * audience.BATCH


def test_what_a_crash_left_half_told_is_told_whole_and_not_twice(
    place: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "ROUND", audience.BATCH)
    crowd(place, audience.BATCH + 10)
    notice_id = scheduled(place)
    publish_notices(place, SOON)
    tell_notice(place, SOON, notice_id)  # the worker died before it noted that this was done
    queue = Queue(place, lambda: SOON)
    queue.drain()
    everybody = told(place)
    with place.writing() as session:
        session.execute(update(Task).values(state=TaskState.DUE))
    queue.drain()
    assert told(place) == everybody > audience.BATCH


def test_nobody_is_reminded_of_what_came_in_today(place: Database) -> None:
    notice_id = scheduled(place)
    publish_notices(place, SOON)
    with place.writing() as session:
        who = factories.demo_person(session, "resident")
        notice = session.get_one(Notice, notice_id)
        objections.object_to(session, notice, "不对", by=who, at=SOON, account="main")
    assert close_notices(place, SOON + timedelta(hours=1)) is None
    tomorrow = SOON + timedelta(days=1)
    assert close_notices(place, tomorrow) == "archived=0 reminded=2"
    assert close_notices(place, tomorrow + timedelta(minutes=10)) is None


@pytest.mark.parametrize(
    ("kind", "days", "ends"),
    [
        ("income_expense", 6, NoticeState.PUBLISHED),
        ("income_expense", 7, NoticeState.ARCHIVED),
        ("safety_tip", 179, NoticeState.PUBLISHED),
        ("safety_tip", 181, NoticeState.ARCHIVED),
    ],
)
def test_it_is_archived_when_its_time_is_over(
    place: Database, kind: str, days: int, ends: NoticeState
) -> None:
    notice_id = scheduled(place, kind)
    publish_notices(place, SOON)
    close_notices(place, SOON + timedelta(days=days))
    assert state(place, notice_id) == ends


def test_clocks_that_archive_at_once_make_one_chain(place: Database) -> None:
    ids = [scheduled(place, "safety_tip") for _ in range(3)]
    publish_notices(place, SOON)
    later = SOON + timedelta(days=181)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: close_until_free(place, later), range(3)))
    close_notices(place, later)  # the round after: whoever lost a place in the chain
    assert {state(place, one) for one in ids} == {NoticeState.ARCHIVED}
    with place.reading() as session:
        verdict = chain.verify(session)
    assert (verdict.links, verdict.broken) == (3, None)


def close_until_free(store: Database, at: datetime) -> None:
    while True:
        try:
            close_notices(store, at)
        except StoreBusy:
            continue
        return


def test_the_calendar_runs_once_a_day_and_says_what_it_did(place: Database) -> None:
    opened = datetime(2026, 4, 1, 1, 5, tzinfo=UTC)
    first = publicity_calendar(place, opened)
    assert first is not None and first.startswith("proposed=")
    assert publicity_calendar(place, opened) is None
    late = publicity_calendar(place, opened + timedelta(days=31))
    assert late is not None and "late=" in late
    alarmed = publicity_calendar(place, opened + timedelta(days=34))
    assert alarmed is not None and "alarmed=" in alarmed
    assert publicity_calendar(place, opened + timedelta(days=34)) is None
