"""`linli reports`: a report of a period that is over, made and written to a file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from app.cli import main
from jobs import reports
from models.base import Database
from tests.bots.lexicons import shipped
from tests.copies import migrated
from tests.factories import building, ticket, town

FEBRUARY = datetime(2026, 2, 10, 1, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(reports, "_lexicon", shipped)
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}", synchronous="NORMAL")
    migrated(store)
    town(store, FEBRUARY)
    with store.writing() as session:
        for number in range(1, 7):
            ticket(session, building(session, number), FEBRUARY, text="灭火器又过期了")
    store.dispose()
    return tmp_path


def run(*words: str) -> Any:
    return CliRunner().invoke(main, ["reports", *words])


def test_a_report_is_made_once_and_written_as_a_workbook(house: Path) -> None:
    made = run("make", "monthly", "幸福社区", "--at", "2026-03-05T08:00")
    assert made.output.splitlines()[-1] == "1 monthly 幸福社区 2026-02-01 – 2026-02-28"
    again = run("make", "monthly", "幸福社区", "--at", "2026-03-20T08:00")
    assert again.output.splitlines()[-1].startswith("1 ")
    written = run("write", "1", str(house / "report.xlsx"))
    assert written.exit_code == 0, written.output
    assert "幸福社区月研判 2026年2月1日至2026年2月28日" in written.output
    sheet = load_workbook(house / "report.xlsx")["总的情况"]
    assert ("受理", 6, 0, 0) in list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("make", "daily", "幸福社区"), "daily"),
        (("make", "monthly", "没有的社区"), "no area is named"),
        (("write", "7", "report.xlsx"), "there is no report 7"),
        (("write", "1", "report.doc"), ".xlsx or .pdf"),
    ],
)
def test_what_can_not_be_done_is_said_in_words(
    house: Path, words: tuple[str, ...], said: str
) -> None:
    told = run(*words)
    assert told.exit_code != 0 and said in told.output
    assert "Traceback" not in told.output
