"""`linli import` and `linli export` as staff type them: checked first, whole or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from sqlalchemy import func, select

from app.commands.imports import export_list, import_sheet
from models.access_log import Access
from models.base import Database
from models.places import Area
from models.sealing import KEYRING
from tests import factories

Say = Callable[..., Result]
STAFF, STRANGER = "demo-community_staff-1", "demo-community_staff-3"
GOOD = "小区,网格,楼号,户数\n阳光花园,幸福第三网格,31,40\n"


@pytest.fixture
def say(database: Database, monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.setenv("LINLI_DATABASE_URL", str(database.url))
    monkeypatch.setenv("LINLI_DATA_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    KEYRING.use({"1": b"01234567890123456789012345678901"})
    factories.town(database, datetime.now(UTC) - timedelta(days=1))

    def invoke(*words: str, by: str = STAFF, text: str = "") -> Result:
        command = export_list if words[0] == "export" else import_sheet
        return CliRunner().invoke(command, [*words[1:], "--by", by], input=text.encode())

    return invoke


def areas(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Area)) or 0


def test_a_sheet_is_checked_and_only_taken_in_when_told_so(database: Database, say: Say) -> None:
    before = areas(database)
    checked = say("import", "buildings", "-", text=GOOD)
    assert checked.exit_code == 0 and "1 added; checked only, nothing was kept" in checked.output
    assert areas(database) == before
    assert say("import", "buildings", "-", "--apply", text=GOOD).output.endswith("1 added\n")
    assert areas(database) == before + 1
    bad = say("import", "buildings", "-", "--apply", text=GOOD + "阳光花园,,32,多\n没有,,3,\n")
    assert bad.exit_code == 1 and areas(database) == before + 1
    assert "row 3: refused" in bad.output and "(户数: not_a_number)" in bad.output
    assert "row 4: refused" in bad.output and "2 of 3 rows refused" in bad.output
    foreign = say("import", "buildings", "-", by=STRANGER, text=GOOD)
    assert "unknown_area" in foreign.output
    assert "not readable: wrong_type" in say("import", "buildings", "-", text="\0").output
    assert "headings are missing" in say("import", "buildings", "-", text="甲\n乙\n").output


def test_a_list_is_written_as_its_reader_sees_it(
    database: Database, say: Say, tmp_path: Path
) -> None:
    path = tmp_path / "people.xlsx"
    said = say("export", "people", str(path))
    assert said.exit_code == 0, said.output
    names = {row[0] for row in load_workbook(path).active.iter_rows(values_only=True)}
    assert "3号楼楼长" in names and "和平社区书记" not in names
    assert said.output == f"{len(list(load_workbook(path).active.rows)) - 1} rows\n"
    with database.reading() as session:
        assert session.scalars(select(Access.listing)).all() == ["people"]
    assert "may not take" in say("export", "access_log", str(path)).output
    assert "must end in" in say("export", "people", str(tmp_path / "a.pdf")).output
