"""`linli hazards`: what an area found and what became of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from models.base import Database
from models.hazards.flow import HazardState
from models.patrols import rounds
from tests import factories
from tests.copies import migrated
from tests.factories import demo_person, town
from tests.models.test_hazards import found

NOW = datetime.now(UTC)  # the command has no other
DAY = timedelta(days=1)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    migrated(store)
    town(store, NOW - 30 * DAY)
    with store.writing() as session:
        found(session, HazardState.SOLVED, NOW)
        found(session, HazardState.FOUND, NOW - 3 * DAY)
    yield store
    store.dispose()


def run(*words: str) -> Any:
    return CliRunner().invoke(main, ["hazards", *words])


def since(days: int) -> list[str]:
    return ["--from", f"{NOW - days * DAY:%Y-%m-%d}", "--to", f"{NOW + DAY:%Y-%m-%d}"]


def test_lines_and_json_say_the_same_of_an_area_and_its_parts(house: Database) -> None:
    said = run("show", "--area", "幸福社区", *since(5)).output
    assert "合计: 发现 2, 当场解决 1, 上报 0, 还没说 1" in said
    told = json.loads(run("show", "--by", "grid", "--json", *since(5)).output)
    [row] = told["rows"]
    assert row["label"] == "幸福第一网格"
    assert (row["found"], told["whole"]["solved_on_the_spot"]) == (2, 1)
    assert "其他队伍: 发现 1" in run("show", "--by", "finder", *since(1)).output
    assert "发现 0" in run("show", "--area", "和平社区").output


def test_check_points_are_added_listed_and_retired(house: Database) -> None:
    assert run("points", "add", "幸福里小区", "东门").output == "point-1: 幸福里小区 东门\n"
    assert "already" in run("points", "add", "幸福里小区", "东门").output
    assert run("points", "list", "--area", "幸福社区").output == "point-1: 幸福里小区 东门\n"
    assert "out of use" in run("points", "retire", "point-1").output
    assert "no check point" in run("points", "retire", "point-1").output
    assert run("points", "list").output == ""


def test_rounds_are_told_of_a_team_and_never_of_one_person(house: Database) -> None:
    assert json.loads(run("show", "--json").output)["rounds"] == 0
    with house.writing() as session:
        area = factories.area_named(session, "幸福第一网格").id
        rounds.start(session, demo_person(session, "patrol"), "main", area, at=NOW)
    assert "巡查次数: -" in run("show").output
    with house.writing() as session:
        rounds.start(session, demo_person(session, "volunteer"), "main", area, at=NOW)
    assert "巡查次数: 2" in run("show").output


def test_bad_input_gets_a_clear_answer(house: Database) -> None:
    assert "--to needs --from" in run("show", "--to", "2026-03-01").output
    assert (
        "--to lies before --from"
        in run("show", "--from", "2026-03-02", "--to", "2026-03-01").output
    )
    assert "no area is named 月亮" in run("show", "--area", "月亮").output
