"""`linli hotline` as staff type it: orders in, the bad rows to mend, results out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from app.commands.hotline import hotline
from models.base import Database
from models.hotline import orders
from models.sealing import KEYRING
from tests import factories
from tests.factories import demo_person

GOOD = "=1+1 电梯坏了\n请回复"


def test_orders_come_in_and_results_go_out_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LINLI_DATABASE_URL", str(database.url))
    monkeypatch.setenv("LINLI_DATA_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    KEYRING.use({"1": b"01234567890123456789012345678901"})
    factories.town(database, datetime.now(UTC) - timedelta(days=1))
    (tmp_path / "in.csv").write_bytes(
        f'工单号,诉求内容,小区,备注\nT-1,"{GOOD}",幸福里小区,甲\n,没有编号,幸福里小区,乙\n'.encode(
            "gb18030"
        )
    )

    def say(*words: str, by: str = "demo-community_staff-1") -> Result:
        return CliRunner().invoke(hotline, [*words, "--by", by])

    refused = say("import", str(tmp_path / "in.csv"), by="demo-resident-1")
    assert refused.exit_code and "keeps no orders" in refused.output
    told = say("import", str(tmp_path / "in.csv"), "--refused", str(tmp_path / "mend.xlsx"))
    assert "row 3: “工单编号”没有写" in told.output and "1 added, 1 refused" in told.output
    sheet = load_workbook(tmp_path / "mend.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[2]][1:4] == ["没有编号", "幸福里小区", "乙"]
    assert "1 refused, 1 unchanged" in say("import", str(tmp_path / "in.csv")).output

    out = tmp_path / "out.csv"
    assert say("export", str(out)).output == "0 results\n"
    with database.writing() as session:
        by = demo_person(session, "community_staff")
        row = orders.numbered(session, "12345", "T-1")
        orders.give_back(session, row, "不归我们", by=by, at=datetime.now(UTC))
    assert say("export", str(out)).output == "1 results\n"
    assert "T-1" in out.read_text("utf-8-sig") and "退单" in out.read_text("utf-8-sig")
    assert say("export", str(out)).output == "0 results\n"
    assert say("export", str(out), "--which", "all").output == "1 results\n"
    assert say("export", str(tmp_path / "out.doc")).exit_code
