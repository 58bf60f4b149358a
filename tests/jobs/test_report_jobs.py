"""Reports by the clock: made once, sent once to each reader and group, whatever was repeated."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bots.rendering import render
from jobs import reports
from jobs.digests import morning_digest
from jobs.reports import make_all
from jobs.schedule import load_schedule
from models.base import Database
from models.outbox import OutboxMessage
from models.reports import making, robots
from models.reports.robots import RobotMessage
from models.reports.table import Edition, Report
from models.tickets.table import About
from tests import factories
from tests.bots.lexicons import shipped

MONDAY = datetime(2026, 3, 9, 0, 10, tzinfo=UTC)
LAST_WEEK = factories.MORNING  # Tuesday 3 March


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "_lexicon", shipped)


@pytest.fixture
def town(store: Database) -> Database:
    factories.town(store, LAST_WEEK - timedelta(days=30))
    with store.writing() as session:
        for number in range(1, 7):
            who = factories.demo_person(session, "resident", (number - 1) % 5 + 1)
            where = factories.building(session, number)
            factories.ticket(session, where, LAST_WEEK, reporter=who, text="灭火器过期了没人换")
    return store


def told(store: Database) -> dict[str, str]:
    with store.reading() as session:
        rows = session.execute(
            select(factories.Person.name, OutboxMessage.template, OutboxMessage.context)
            .join(factories.Person, factories.Person.id == OutboxMessage.person_id)
            .where(OutboxMessage.template == "report")
        )
        return {name: render(template, context) for name, template, context in rows}


def test_each_area_has_its_report_and_its_readers_the_headline(town: Database) -> None:
    said = make_all(town, Edition.WEEKLY, MONDAY)
    assert said is not None and "areas=" in said
    found = told(town)
    words = found["幸福社区书记"]
    assert words.startswith("【幸福社区周调度】2026年3月2日至3月8日")
    assert "受理 6 件，比上周多 6 件" in words and "比上周说得多的：灭火器过期 6" in words
    assert len(words) < 300, words
    assert "受理 0 件，和上周一样" in found["和平社区书记"]
    assert any(name.startswith("街道") for name in found)


def test_run_again_it_makes_and_sends_nothing_twice(town: Database) -> None:
    make_all(town, Edition.WEEKLY, MONDAY)
    with town.reading() as session:
        made, sent = counts(session)
    make_all(town, Edition.WEEKLY, MONDAY + timedelta(hours=1))
    with town.reading() as session:
        assert counts(session) == (made, sent)


def test_what_was_made_and_not_sent_before_a_crash_is_sent_by_the_next_run(town: Database) -> None:
    period = making.period_over(Edition.WEEKLY, MONDAY)
    with town.reading() as session:
        areas = [one.id for one in making.areas(session, Edition.WEEKLY)]
    for area_id in areas:
        reports.make(town, Edition.WEEKLY, area_id, period, MONDAY)
    assert told(town) == {}
    make_all(town, Edition.WEEKLY, MONDAY + timedelta(minutes=9))
    assert "幸福社区书记" in told(town)


def counts(session: Session) -> tuple[int, int]:
    count = [select(func.count(Report.id)), select(func.count(OutboxMessage.id))]
    first, second = (session.scalar(one) for one in count)
    return first, second


def test_a_reader_is_not_told_of_what_is_about_them_and_a_group_of_nobody(town: Database) -> None:
    with town.writing() as session:
        where = factories.building(session)
        factories.ticket(session, where, LAST_WEEK, about=About.COMMUNITY)
        factories.ticket(session, where, LAST_WEEK, about=About.PROPERTY)
        robot(session, [Edition.WEEKLY])
    make_all(town, Edition.WEEKLY, MONDAY)
    assert "受理 7 件" in told(town)["幸福社区书记"]
    above = next(words for name, words in told(town).items() if name.startswith("街道"))
    assert "受理 8 件" in above
    (words,) = posted(town)
    assert words.startswith("**幸福社区周调度**") and "受理 6 件" in words


def robot(session: Session, editions: list[Edition]) -> None:
    robots.add(
        session,
        factories.area_named(session, "幸福社区").id,
        "工作群",
        "12345678-abcd",
        editions,
        by=factories.demo_person(session, "community_staff"),
        at=LAST_WEEK,
    )


def posted(store: Database) -> list[str]:
    with store.reading() as session:
        return [
            render(template, context)
            for template, context in session.execute(
                select(RobotMessage.template, RobotMessage.context)
            )
        ]


def test_a_group_is_told_the_digest_once_without_what_is_about_anybody(town: Database) -> None:
    at = LAST_WEEK + timedelta(hours=23)
    with town.writing() as session:
        robot(session, [Edition.DAILY])
        factories.ticket(session, factories.building(session), LAST_WEEK, about=About.PROPERTY)
    for _ in range(2):
        morning_digest(town, at)
    (words,) = posted(town)
    assert words.startswith("**幸福社区早报**") and "昨天新报：6 件" in words
    assert len(words.encode()) < 4096


@pytest.mark.parametrize(
    ("job", "after", "due"),
    [
        ("weekly_report", "2026-03-03", "2026-03-09T08:10"),
        ("monthly_report", "2026-03-03", "2026-04-01T08:20"),
        ("quarterly_report", "2026-04-02", "2026-07-01T08:30"),
        ("annual_report", "2026-04-02", "2027-01-01T08:40"),
    ],
)
def test_they_come_when_their_period_is_over(job: str, after: str, due: str) -> None:
    found = load_schedule()[job].next_after(datetime.fromisoformat(f"{after}T00:00+08:00"))
    assert found == datetime.fromisoformat(f"{due}+08:00")
