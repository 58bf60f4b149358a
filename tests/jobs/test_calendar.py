"""A year without holidays is noticed before deadlines run into it."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from app import demo_data
from bots.rendering import render
from jobs.calendar import calendar_ahead
from models import work_calendars
from models.base import Database
from models.calendar_gaps import missing_years
from models.outbox import OutboxMessage
from models.places import root_area_id
from models.worktime import WorkCalendar
from tests.factories import MORNING, area_named, demo_person

DECEMBER = datetime(2060, 12, 5, 1, 0, tzinfo=UTC)
NEW_YEARS_NIGHT = datetime(2060, 12, 31, 16, 30, tzinfo=UTC)  # already the first of January there


def calendar(years: tuple[int, ...]) -> WorkCalendar:
    document = {"years": {str(year): {"rest": [f"{year}-10-01"]} for year in years}}
    return WorkCalendar.parse({"zone": "Asia/Shanghai", "spans": ["08:30-17:30"]}, document)


@pytest.mark.parametrize(
    ("now", "known", "missing"),
    [
        (datetime(2060, 10, 31, 1, 0, tzinfo=UTC), (2060,), []),
        (DECEMBER, (2060,), [2061]),
        (DECEMBER, (2060, 2061), []),
        (NEW_YEARS_NIGHT, (2060,), [2061]),
        (DECEMBER, (2061,), [2060]),
    ],
)
def test_the_next_year_counts_from_november(
    now: datetime, known: tuple[int, ...], missing: list[int]
) -> None:
    assert missing_years(now, calendar(known)) == missing


def test_those_who_keep_the_house_are_asked_to_enter_it(store: Database) -> None:
    with store.writing() as session:
        demo_data.fill(session, MORNING)
    assert calendar_ahead(store, DECEMBER) == "missing=2060,2061"
    with store.reading() as session:
        found = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template == "calendar_missing")
        ).all()
        assert demo_person(session, "subdistrict_staff") in {one.person_id for one in found}
        text = render("calendar_missing", found[0].context)
    assert text.startswith("【放假安排】2060、2061 年的放假调休还没有录入")


def test_nothing_is_said_while_the_calendar_knows(store: Database) -> None:
    with store.writing() as session:
        demo_data.fill(session, MORNING)
    assert calendar_ahead(store, datetime(2026, 6, 1, 1, 0, tzinfo=UTC)) is None


def test_a_year_that_staff_enter_is_known_at_once_to_the_running_job(store: Database) -> None:
    with store.writing() as session:
        demo_data.fill(session, MORNING)
    assert calendar_ahead(store, DECEMBER) == "missing=2060,2061"
    with store.writing() as session:
        root = root_area_id(session)
        assert root is not None
        staff = demo_person(session, "admin")
        for year in (2060, 2061):
            work_calendars.list_year(
                session, root, year, [date(year, 2, 1)], [], by=staff, at=DECEMBER
            )
    assert calendar_ahead(store, DECEMBER) is None


def test_a_community_that_knows_better_does_not_stop_the_question(store: Database) -> None:
    with store.writing() as session:
        demo_data.fill(session, MORNING)
        where = area_named(session, "幸福社区").id
        work_calendars.list_year(session, where, 2061, [date(2061, 2, 1)], [], by=None, at=DECEMBER)
    assert calendar_ahead(store, DECEMBER) == "missing=2060,2061"
