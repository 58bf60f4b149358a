"""What staff wrote is said by every process that follows; what fails is said as we ship it."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from bots import samples, wording
from bots.rendering import WORDING, render
from models import policies
from models.base import Database
from tests.factories import MORNING


@pytest.fixture(autouse=True)
def as_shipped() -> Iterator[None]:
    yield
    WORDING.use({})


def write(store: Database, name: str, text: str | None, after: int = 0) -> None:
    body = {"text": text} if text else {}
    with store.writing() as session:
        policies.publish(session, f"wording/{name}", body, after=after, by=None, at=MORNING)


def followed(store: Database) -> None:
    with store.reading() as session:
        wording.follow(session)


def test_what_staff_wrote_is_said_once_a_process_follows_and_taken_back_as_well(
    store: Database,
) -> None:
    shipped = render("courtesy", {})
    write(store, "courtesy", "应该的。")
    assert render("courtesy", {}) == shipped
    followed(store)
    assert render("courtesy", {}) == render("courtesy", {}, "en") == "应该的。"
    assert render("go_on", {}) == wording.text_as_shipped("go_on")
    write(store, "courtesy", None, after=1)
    followed(store)
    assert render("courtesy", {}) == shipped


def test_a_piece_that_staff_wrote_is_said_in_every_sentence_that_takes_it(
    database: Database,
) -> None:
    parts = wording.text_as_shipped("_parts").replace("（地点待补充）", "（地点待问）")
    write(database, "_parts", parts)
    followed(database)
    context = {**samples.contexts("ticket_received")[0], "place": None, "spot": None}
    assert "（地点待问）" in render("ticket_received", context)


def test_what_can_not_be_filled_is_said_as_we_ship_it_and_told_in_the_log(
    database: Database,
) -> None:
    shipped = render("courtesy", {})
    write(database, "courtesy", "{{ nobody_fills_this }}")
    followed(database)
    with capture_logs() as logs:
        assert render("courtesy", {}) == shipped
    assert [one["event"] for one in logs] == ["wording_failed"]


def test_a_version_of_a_template_that_is_gone_or_says_nothing_changes_nothing(
    database: Database,
) -> None:
    write(database, "no_such_template", "谁也不说")
    followed(database)
    assert WORDING.written == {}


def test_a_store_without_versions_has_the_process_speak_as_shipped(
    database: Database,
) -> None:
    WORDING.use({"courtesy": "别的库里写的。"})
    followed(database)
    assert "别的库里写的。" not in render("courtesy", {})
