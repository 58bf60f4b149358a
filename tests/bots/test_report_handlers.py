"""Reports in chat: the latest of one's areas, and the figures of one as they are now."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from models.base import Database
from models.metrics.periods import Period
from models.reports import making
from models.reports.table import Edition
from models.tickets.table import About
from tests import factories
from tests.chat import Talker, Town

NOW = factories.MORNING
WEEK = Period(date(2026, 2, 23), date(2026, 3, 1))
LAST_WEEK = NOW - timedelta(days=4)


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    factories.town(database, NOW - timedelta(days=30))
    with database.writing() as session:
        for _ in range(3):
            factories.ticket(session, factories.building(session), LAST_WEEK)
        factories.ticket(session, factories.building(session), LAST_WEEK, about=About.COMMUNITY)
    yield Town(database, NOW)


@pytest.fixture
def staff(town: Town) -> Talker:
    return town.person("demo-community_staff-1")


def made(town: Town, edition: Edition, name: str = "幸福社区") -> None:
    with town.database.writing() as session:
        area_id = factories.area_named(session, name).id
        making.keep(session, edition, area_id, WEEK, [], NOW)


def test_the_only_report_is_told_without_what_is_about_the_reader(
    town: Town, staff: Talker
) -> None:
    made(town, Edition.WEEKLY)
    told = staff.say("周报")
    assert told.startswith("【幸福社区周调度】2026年2月23日至3月1日")
    assert "受理 3 件，比上周多 3 件" in told
    above = town.person("demo-subdistrict_staff-1")
    assert "受理 4 件" in above.say("报告")


def test_of_several_one_is_chosen_by_its_digit(town: Town, staff: Talker) -> None:
    made(town, Edition.WEEKLY)
    made(town, Edition.MONTHLY)
    listed = staff.say("报告")
    assert "1 幸福社区月研判" in listed and "2 幸福社区周调度" in listed
    assert len(listed) < 200
    assert "1 到 2" in staff.say("3")
    assert staff.say("2").startswith("【幸福社区周调度】")


def test_who_has_none_and_who_supervises_nobody_is_told_so(town: Town, staff: Talker) -> None:
    made(town, Edition.WEEKLY, "和平社区")
    assert "还没有给您看的报告" in staff.say("报告")
    assert "还没有给您看的报告" in town.person("demo-building_head-1").say("报告")


def test_a_residents_report_of_a_matter_is_no_command(town: Town) -> None:
    made(town, Edition.WEEKLY)
    assert "周调度" not in town.person("demo-resident-2").say("报告")
