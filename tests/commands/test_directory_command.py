"""`linli directory` as staff type it: sheets come in whole or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from app.commands.directory import directory
from config.categories import Intent
from models.base import Database
from models.directory import questions
from models.directory.table import DirectoryEntry
from models.sealing import KEYRING
from tests import factories

Say = Callable[..., Result]
STAFF, STRANGER = "demo-community_staff-1", "demo-community_staff-3"
HEADINGS = "区域,类别,标题,内容,电话,手机号可公开\n"
GOOD = HEADINGS + "幸福社区,常见问题,合唱团,每周三,,\n幸福里小区,工具借用,雨伞,门卫处,0000-1,\n"


@pytest.fixture
def say(database: Database, monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.setenv("LINLI_DATABASE_URL", str(database.url))
    monkeypatch.setenv("LINLI_DATA_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    KEYRING.use({"1": b"01234567890123456789012345678901"})
    factories.town(database, datetime.now(UTC) - timedelta(days=1))

    def invoke(*words: str, text: str = "") -> Result:
        return CliRunner().invoke(directory, list(words), input=text.encode())

    return invoke


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(DirectoryEntry)) or 0


def test_a_sheet_comes_in_row_by_row_and_again_changes_nothing(
    say: Say, database: Database
) -> None:
    first = say("import", "-", "--by", STAFF, text=HEADINGS + "幸福社区,常见问题,合唱团,每周三,,\n")
    assert first.stdout == "row 2: added 合唱团\n1 added\n"
    again = say("import", "-", "--by", STAFF, text=HEADINGS + "幸福社区,常见问题,合唱团,每周三,,\n")
    assert again.stdout == "row 2: unchanged 合唱团\n1 unchanged\n"
    changed = say("import", "-", "--by", STAFF, text=HEADINGS + "幸福社区,faq,合唱团,每周四,,\n")
    assert changed.stdout == "row 2: revised 合唱团\n1 revised\n"
    with database.reading() as session:
        number = session.scalars(
            select(DirectoryEntry.id).where(DirectoryEntry.text == "每周三")
        ).one()
    shown = say("history", str(number)).stdout
    assert "version 1" in shown and "每周三" in shown
    assert "version 2" in shown and "每周四" in shown


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("月亮小区,faq,标题,文,,", "no area is named 月亮小区"),
        ("3号楼,faq,标题,文,,", "several areas are named 3号楼"),
        ("和平社区,faq,标题,文,,", "may not write for this area"),
        ("幸福社区,天气,标题,文,,", "kind: unknown"),
        ("幸福社区,faq,,文,,", "title: missing"),
        ("幸福社区,faq,标题,找13800001234,,", "text: private_mobile"),
        ("幸福社区,faq,标题,文,13800001234,否", "phone: private_mobile"),
        ("幸福社区,faq,标题,文,,或许", "is_public_mobile: must be yes or no"),
        ("幸福社区,faq,合唱团,文,,", "stand in a row above"),
    ],
)
def test_one_bad_row_keeps_everything_out_and_is_named(
    say: Say, database: Database, row: str, reason: str
) -> None:
    before = count(database)
    text = HEADINGS + f"幸福社区,faq,合唱团,每周三,,\n{row}\n幸福社区,faq,书法,每周五,,\n"
    refused = say("import", "-", "--by", STAFF, text=text)
    assert refused.exit_code == 1
    assert "row 2: added 合唱团" in refused.stdout
    assert "row 3: refused" in refused.stdout and reason in refused.stdout
    assert "row 4: added 书法" in refused.stdout, "the rows behind it are looked at too"
    assert "1 of 3 rows refused; nothing was kept" in refused.stderr
    assert count(database) == before


def test_a_mobile_number_comes_in_when_it_is_said_to_be_public(
    say: Say, database: Database
) -> None:
    text = HEADINGS + "幸福社区,faq,夜间值班,文,13800001234,是\n"
    assert "1 added" in say("import", "-", "--by", STAFF, text=text).stdout


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_is_exported_comes_back_unchanged(
    say: Say, database: Database, tmp_path: Path, kind: str
) -> None:
    exported = say("export", "--area", "幸福社区", "--format", kind)
    file = tmp_path / f"directory.{kind}"
    file.write_bytes(exported.stdout_bytes)
    before = count(database)
    report = say("import", str(file), "--by", "demo-community_staff-1").stdout
    assert "refused" not in report and "added" not in report and "revised" not in report
    assert report.splitlines()[-1].endswith(" unchanged")
    assert count(database) == before


def test_the_list_is_of_the_area_and_kind_asked_for(say: Say) -> None:
    everything = say("list").stdout
    assert "阳光花园充电棚" in everything and "幸福社区老年食堂" in everything
    inside = say("list", "--area", "阳光花园").stdout
    assert "阳光花园充电棚" in inside and "老年食堂" not in inside
    canteens = say("list", "--kind", "canteen").stdout
    assert "老年食堂" in canteens and "充电棚" not in canteens


def test_an_entry_is_taken_out_by_who_serves_the_place_alone(say: Say) -> None:
    number = next(line.split()[0] for line in say("list", "--kind", "canteen").stdout.splitlines())
    assert "may not write" in say("withdraw", number, "--by", STRANGER).stderr
    assert say("withdraw", number, "--by", STAFF).stdout == f"{number} withdrawn\n"
    assert say("list", "--kind", "canteen").stdout == ""
    assert (
        f"no entry in force has the number {number}"
        in say("withdraw", number, "--by", STAFF).stderr
    )
    assert "version 1" in say("history", number).stdout


def test_the_unanswered_are_listed_by_area_until_they_are_answered(
    say: Say, database: Database
) -> None:
    now = datetime.now(UTC)
    with database.writing() as session:
        ticket = factories.ticket(
            session, factories.building(session, 3), now, intent=Intent.ENQUIRY, text="泳池几点开"
        )
        questions.note(session, ticket.id, now)
    shown = say("unanswered").stdout
    assert shown.startswith(f"#{ticket.id}") and "泳池几点开" in shown
    assert "泳池" in say("unanswered", "--area", "幸福社区").stdout
    assert say("unanswered", "--area", "和平社区").stdout == ""
    with database.writing() as session:
        questions.answered(session, session.get_one(type(ticket), ticket.id), now)
    assert say("unanswered").stdout == ""


@pytest.mark.parametrize(
    ("words", "text", "answer"),
    [
        (("import", "-", "--by", STAFF), "", "there are no rows"),
        (("import", "-", "--by", STAFF), "颜色\n红", "no column is named 颜色"),
        (("import", "-", "--by", "nobody"), GOOD, "nobody on the account main"),
        (("history", "99999"), "", "no entry has the number 99999"),
        (("list", "--area", "月亮小区"), "", "no area is named 月亮小区"),
    ],
)
def test_what_can_not_be_is_answered_in_words(
    say: Say, words: tuple[str, ...], text: str, answer: str
) -> None:
    refused = say(*words, text=text)
    assert refused.exit_code == 1
    assert answer in refused.stderr
