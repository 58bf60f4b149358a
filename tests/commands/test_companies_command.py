"""`linli companies` as the operator types it: who serves which estate, from when to when."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from models.base import Database
from tests.copies import migrated
from tests.factories import town

Say = Callable[..., Any]
ESTATE = "幸福里小区"


@pytest.fixture(scope="module")
def say(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Say]:
    """One house; each test has days of its own."""
    folder: Path = tmp_path_factory.mktemp("companies")
    store = Database(f"sqlite:///{folder / 'linli.db'}")
    migrated(store)
    town(store)
    store.dispose()

    def said(*words: str) -> Any:
        return CliRunner(env={"LINLI_DATA_DIR": str(folder)}).invoke(main, ["companies", *words])

    yield said


def test_a_contract_changes_hands_on_a_day_and_ends(say: Say) -> None:
    before = say("list", "--area", ESTATE, "--on", "2040-01-01").stdout
    assert before.startswith(f"{ESTATE}: ")
    done = say("hand-over", ESTATE, "乙物业公司", "--from", "2040-07-01")
    assert done.exit_code == 0, done.output
    assert f"{ESTATE}: 乙物业公司 2040-07-01..\n" in done.stdout
    assert "goes on; end it if they leave" in done.stdout
    first, second = say("list", "--area", ESTATE, "--on", "2040-01-01").stdout.splitlines()
    assert first.endswith("..2040-06-30") and second.endswith("乙物业公司 2040-07-01..")
    assert say("list", "--area", ESTATE, "--on", "2040-07-01").stdout.count("\n") == 1
    assert "..2041-12-31" in say("end", ESTATE, "--last", "2041-12-31").stdout
    signed = say("sign", ESTATE, "丙物业公司", "--from", "2042-01-01", "--to", "2042-12-31")
    assert signed.stdout == f"{ESTATE}: 丙物业公司 2042-01-01..2042-12-31\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sign", ESTATE, "丁公司", "--from", "2039-01-01"), "has a company in these days"),
        (("sign", "幸福社区", "丁公司", "--from", "2050-01-01"), "is no estate"),
        (("sign", ESTATE, "丁公司", "--from", "2050-02-01", "--to", "2050-01-01"), "can not end"),
        (("sign", ESTATE, " ", "--from", "2050-02-01"), "needs a name"),
        (("sign", "月亮小区", "丁公司", "--from", "2050-02-01"), "no area is named"),
        (("end", ESTATE, "--last", "1999-01-01"), "nobody serves"),
        (("hand-over", ESTATE, "丁公司", "--from", "1999-01-01"), "nobody serves"),
        (
            ("sign", ESTATE, "丁公司", "--from", "2050-02-01", "--by", "demo-property_staff-1"),
            "may not sign",
        ),
    ],
)
def test_what_can_not_be_is_said_and_changes_nothing(
    say: Say, words: tuple[str, ...], said: str
) -> None:
    done = say(*words)
    assert done.exit_code != 0 and said in done.output
    assert "丁公司" not in say("list", "--on", "1999-01-01").stdout
