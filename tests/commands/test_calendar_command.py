"""`linli calendar` as staff type it: what is in force, hours, days, years, and back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from app.commands.calendar import calendar
from models.base import Database
from models.sealing import KEYRING
from tests import factories

Say = Callable[..., Result]
STAFF, RESIDENT = "demo-community_staff-1", "demo-resident-1"


@pytest.fixture
def say(database: Database, monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.setenv("LINLI_DATABASE_URL", str(database.url))
    monkeypatch.setenv("LINLI_DATA_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    KEYRING.use({"1": b"01234567890123456789012345678901"})
    factories.town(database, datetime.now(UTC) - timedelta(days=1))
    return lambda *words: CliRunner().invoke(calendar, list(words))


def test_the_shipped_calendar_shows_its_hours_and_the_days_that_are_not_as_their_weekday(
    say: Say,
) -> None:
    shown = say("show", "幸福社区", "--year", "2026").stdout.splitlines()
    assert shown[0] == "幸福社区: 08:30-12:00 13:30-17:30"
    assert "2026-10-01 Thu rest" in shown and "2026-10-10 Sat work" in shown
    assert "is not listed yet" in say("show", "幸福社区", "--year", "2061").stdout


def test_hours_count_for_the_area_and_all_within_it(say: Say) -> None:
    done = say("hours", "幸福社区", "10:00-14:00", "15:30-19:30", "--by", STAFF)
    assert done.stdout == "幸福社区: version 1; open deadlines follow within a minute\n"
    assert say("show", "幸福里小区").stdout.startswith("幸福里小区: 10:00-14:00 15:30-19:30\n")
    assert say("show", "和平社区").stdout.startswith("和平社区: 08:30-12:00 13:30-17:30\n")
    say("hours", "幸福社区")
    assert say("show", "幸福里小区").stdout.startswith("幸福里小区: 08:30-12:00 13:30-17:30\n")


def test_summer_hours_are_kept_by_their_days_and_taken_back(say: Say) -> None:
    summer = ("--season", "06-01..09-30")
    say("hours", "幸福社区", "08:30-12:00", "14:30-18:00", *summer)
    shown = say("show", "幸福里小区").stdout.splitlines()
    assert shown[:2] == [
        "幸福里小区: 08:30-12:00 13:30-17:30",
        "06-01..09-30: 08:30-12:00 14:30-18:00",
    ]
    say("hours", "幸福社区", *summer)
    assert "06-01" not in say("show", "幸福里小区").stdout


def test_days_off_are_a_day_or_several_and_are_taken_back(say: Say) -> None:
    say("days", "幸福社区", "--rest", "2026-05-26..2026-05-28", "--reason", "古尔邦节")
    assert "2026-05-27 Wed rest" in say("show", "幸福里小区", "--year", "2026").stdout
    told = say("history", "幸福社区").stdout
    assert told.startswith("v1 ") and "古尔邦节" in told
    say("days", "幸福社区", "--forget", "2026-05-27")
    shown = say("show", "幸福里小区", "--year", "2026").stdout
    assert "2026-05-26" in shown and "2026-05-27" not in shown
    say("revert", "幸福社区", "0")
    assert "2026-05-26" not in say("show", "幸福里小区", "--year", "2026").stdout


def test_a_year_is_listed_for_the_whole_house(say: Say) -> None:
    root = "云溪区"
    listed = say("year", root, "2061", "--rest", "2061-02-01..2061-02-05", "--work", "2061-02-06")
    assert listed.exit_code == 0, listed.output
    shown = say("show", "幸福里小区", "--year", "2061").stdout
    assert "not listed" not in shown
    assert "2061-02-01 Tue rest" in shown and "2061-02-06 Sun work" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hours", "幸福社区", "9-17"), "9-17 is not like 08:30-12:00"),
        (("hours", "幸福社区", "09:00-17:00", "--season", "6.1-9.30"), "6.1-9.30 is no season"),
        (("hours", "幸福社区", "09:00-17:00", "--season", "06-01..09-31"), "day is out of range"),
        (("days", "幸福社区"), "name a day"),
        (("days", "幸福社区", "--rest", "tomorrow"), "tomorrow is no day"),
        (("days", "幸福社区", "--rest", "2026-05-28..2026-05-26"), "runs backwards"),
        (("days", "幸福社区", "--forget", "2026-05-28"), "says so already"),
        (("days", "月亮社区", "--rest", "2026-05-28"), "no area is named 月亮社区"),
        (("days", "幸福社区", "--rest", "2026-05-28", "--by", RESIDENT), "may not change"),
        (("days", "和平社区", "--rest", "2026-05-28", "--by", STAFF), "may not change"),
        (("year", "幸福社区", "2061"), "names no day off"),
        (("revert", "幸福社区", "7"), "has no such version"),
    ],
)
def test_what_can_not_be_is_refused_in_words(say: Say, words: tuple[str, ...], said: str) -> None:
    refused = say(*words)
    assert refused.exit_code != 0
    assert said in refused.output
    assert say("history", "幸福社区").stdout == ""
