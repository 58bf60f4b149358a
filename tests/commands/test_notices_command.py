"""`linli notices` as staff type it, from the draft to everybody's message."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from app.commands.notices import notices
from jobs.notices import close_notices, publish_notices
from jobs.queue import Queue
from models.base import Database
from models.notices.table import Notice, PersonTag
from models.outbox import OutboxMessage
from models.sealing import KEYRING
from tests import factories
from tests.app.test_paper import printing

Say = Callable[..., Result]
DRAFT = ("draft", "property_fee", "物业费标准", "--area", factories.ESTATE)
FIRST, SECOND = ("demo-community_staff-1", "demo-community_staff-2")


@pytest.fixture
def say(database: Database, monkeypatch: pytest.MonkeyPatch) -> Say:
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    monkeypatch.setenv("LINLI_DATABASE_URL", str(database.url))
    monkeypatch.setenv("LINLI_DATA_KEY", key)
    KEYRING.use({"1": b"01234567890123456789012345678901"})
    factories.town(database, datetime.now(UTC) - timedelta(days=1))

    def invoke(*words: str, by: str | None = None, text: str = "") -> Result:
        arguments = [*words, "--by", by] if by else list(words)
        return CliRunner().invoke(notices, arguments, input=text)

    return invoke


def test_from_the_draft_to_the_message_of_everybody(say: Say, database: Database) -> None:
    assert say(*DRAFT, by=FIRST, text="每月每平方米 1.2 元").stdout == "1 draft\n"
    reviewed = say("review", "1", by=SECOND)
    assert "每月每平方米 1.2 元" in reviewed.stdout
    assert reviewed.stdout.endswith("1 reviewed\n")
    assert say("schedule", "1", by=SECOND).stdout.startswith("1 scheduled 20")
    now = datetime.now(UTC)
    publish_notices(database, now)
    Queue(database, lambda: now).drain()
    with database.reading() as session:
        told = select(func.count()).where(OutboxMessage.template == "notice_published")
        assert (session.scalar(told) or 0) > 10
    shown = say("list", "--area", "幸福社区").stdout
    assert "1      published" in shown
    assert "物业服务与收费: 物业费标准" in shown
    assert say("list", "--area", "和平社区").stdout == ""
    assert say("correct", "1", "物业费标准", by=FIRST, text="1.1 元").stdout == "2 draft\n"


def test_the_text_may_come_from_a_file(say: Say, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("每月每平方米 1.2 元\n", "utf-8")
    assert say(*DRAFT, "--body", str(file), by=FIRST).exit_code == 0
    with database.reading() as session:
        assert session.scalars(select(Notice.body)).one() == "每月每平方米 1.2 元"


def test_a_time_in_beijing_is_kept_and_shown_as_such(say: Say, database: Database) -> None:
    say(*DRAFT, by=FIRST, text="1.2 元")
    say("review", "1", by=SECOND)
    assert say("schedule", "1", "--at", "2999-01-02T09:00", by=SECOND).stdout == (
        "1 scheduled 2999-01-02 09:00\n"
    )
    with database.reading() as session:
        publish_at = session.scalars(select(Notice.publish_at)).one()
    assert publish_at == datetime(2999, 1, 2, 1, 0, tzinfo=UTC)
    assert say("withdraw", "1", by=FIRST).stdout == "1 withdrawn\n"


@pytest.mark.parametrize(
    ("words", "by", "text", "answer"),
    [
        (("review", "1"), FIRST, "", "second person"),
        (("review", "1"), "demo-resident-1", "", "may not do that"),
        (("review", "1"), "nobody", "", "nobody on the account main"),
        (("review", "99"), SECOND, "", "no notice has the number 99"),
        (("schedule", "1"), SECOND, "", "not possible in state draft: schedule"),
        (("correct", "1", "新标题"), FIRST, "新内容", "not possible in state draft: correct"),
        ((*DRAFT[:3], "--area", "月亮小区"), FIRST, "1.2 元", "no area is named 月亮小区"),
        ((*DRAFT[:3], "--area", "3号楼"), FIRST, "1.2 元", "several areas are named 3号楼"),
        ((*DRAFT[:3], "--area", "和平家园"), FIRST, "1.2 元", "may not do that"),
        (DRAFT, FIRST, "  \n", "needs a body of at most"),
        (("draft", "gossip", "标题", "--area", "幸福社区"), FIRST, "文", "is not one of"),
    ],
)
def test_what_may_not_be_is_answered_in_words_and_changes_nothing(
    say: Say, database: Database, words: tuple[str, ...], by: str, text: str, answer: str
) -> None:
    say(*DRAFT, by=FIRST, text="1.2 元")
    refused = say(*words, by=by, text=text)
    assert refused.exit_code in (1, 2)
    assert answer in refused.stderr
    with database.reading() as session:
        assert session.scalars(select(Notice.state)).all() == ["draft"]


def test_the_archive_is_verified_and_who_tampers_is_found_out(say: Say, database: Database) -> None:
    assert say("verify").stdout.startswith("0 links hold")
    say("draft", "policy", "通知", "--area", factories.ESTATE, by=FIRST, text="停水半天")
    say("review", "1", by=SECOND)
    say("schedule", "1", by=SECOND)
    now = datetime.now(UTC)
    publish_notices(database, now)
    close_notices(database, now + timedelta(days=181))
    held = say("verify").stdout
    assert held.startswith("1 links hold, the last is ")
    head = held.split()[-1]
    assert say("verify", "--expect", head).exit_code == 0
    assert "not among 1 links" in say("verify", "--expect", "f" * 64).stderr
    with database.writing() as session:
        session.execute(update(Notice).values(body="停水三天"))
    broken = say("verify", "--expect", head)
    assert broken.exit_code == 1
    assert "link 1 (notice 1) does not hold: notice" in broken.stderr


def test_a_draft_is_sent_back_with_a_reason_and_a_group_is_told_of_its_own(
    say: Say, database: Database
) -> None:
    say(*DRAFT, "--audience", "owners", "--channel", "page", by=FIRST, text="1.2 元")
    assert "reason" in say("send-back", "1", " ", by=SECOND).stderr
    assert say("send-back", "1", "写上依据", by=SECOND).stdout == "1 draft\n"
    owner = "demo-resident-1"
    assert say("tag", owner, "owner", "--by", FIRST).exit_code == 0
    assert "may not" in say("tag", owner, "owner", "--by", owner).stderr
    with database.reading() as session:
        assert session.scalars(select(PersonTag.tag)).all() == ["owner"]
        assert session.scalars(select(Notice)).one().channels == ["page"]
    say("tag", owner, "owner", "--remove", "--by", FIRST)
    with database.reading() as session:
        assert session.scalars(select(PersonTag.tag)).all() == []


def test_a_poster_is_written_to_a_file(say: Say, tmp_path: Path) -> None:
    printing()
    say(*DRAFT, by=FIRST, text="1.2 元")
    file = tmp_path / "poster.pdf"
    assert say("poster", "1", str(file)).exit_code == 0
    assert file.read_bytes().startswith(b"%PDF-")
    assert "no notice has the number 9" in say("poster", "9", str(file)).stderr
