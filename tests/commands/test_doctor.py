"""`linli doctor`, as an operator and a monitor call it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.doctor.examination import CHECKS


def test_it_tells_people_lines_and_machines_one_object_and_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "A" * 42 + "B"
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LINLI_SECRET_KEY", "signs-everything-here")
    monkeypatch.setenv("LINLI_DATA_KEY", f"1:{key}")
    monkeypatch.setenv("LINLI_BASE_URL", "http://127.0.0.1:9")
    lines = CliRunner().invoke(main, ["doctor"])
    assert lines.exit_code == 1
    assert "WRONG database            there is no database yet" in lines.stdout
    assert "→ run `linli init`" in lines.stdout
    told = CliRunner().invoke(main, ["doctor", "--json"])
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert found["counts"]["wrong"] == 1
    assert {one["check"] for one in found["findings"]} <= {one.name for one in CHECKS}
    for secret in (key, "signs-everything-here"):
        assert secret not in lines.output + told.output


def test_settings_that_make_no_sense_are_named_by_every_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LINLI_TRUSTED_PROXIES", "two")
    refused = CliRunner().invoke(main, ["doctor"])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: LINLI_TRUSTED_PROXIES: ")
    assert "two" not in refused.stderr
