"""`linli open311` as the operator types it: other houses are added, listed without keys, ended."""

import json
from pathlib import Path

from click.testing import CliRunner

from app.cli import main
from models.base import Database
from models.open311 import endpoints
from models.sealing import KEYRING
from tests.copies import migrated

URL = "https://next.example/open311/v2/"


def test_a_house_is_added_listed_and_ended_and_what_is_none_is_refused(tmp_path: Path) -> None:
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    migrated(store)
    keys = f"1:{'A' * 43}="
    runner = CliRunner()

    def say(*words: str, typed: str | None = None) -> tuple[int, str]:
        said = runner.invoke(main, ["open311", *words], input=typed)
        return said.exit_code, said.output

    add = ("add", "隔壁街道", URL, "--code", "9", "--class", "parking", "12")
    runner.env = {"LINLI_DATA_DIR": str(tmp_path)}
    assert "LINLI_DATA_KEY" in say(*add, typed="their-key\n")[1]
    runner.env = {"LINLI_DATA_DIR": str(tmp_path), "LINLI_DATA_KEY": keys}
    assert say(*add, typed="their-key\n")[0] == 0
    code, listed = say("list")
    assert (code, json.loads(listed)) == (
        0,
        {
            "name": "隔壁街道",
            "url": URL.rstrip("/"),
            "jurisdiction_id": None,
            "codes": {"parking": "12", "other": "9"},
        },
    )
    assert "their-key" not in listed
    KEYRING.use({"1": bytes(32)})
    with store.reading() as session:
        [kept] = endpoints.in_use(session)
        assert (kept.api_key, kept.code_for("parking"), kept.code_for("noise")) == (
            "their-key",
            "12",
            "9",
        )
    store.dispose()
    assert "one of this name" in say(*add, "--key", "k")[1]
    assert "no endpoint" in say("add", "别处", "mailto:x", "--code", "9", "--key", "k")[1]
    assert "no endpoint" in say(*add, "--class", "nothing", "1", "--key", "k")[1]
    assert say("end", "隔壁街道")[0] == 0
    assert say("list") == (0, "")
    assert "none of this name" in say("end", "隔壁街道")[1]
