"""`linli metrics`: what staff read of the figures, and holding them against the events."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.cli import main
from jobs.metrics import roll_up_all
from models.base import Database
from models.ticket_flow import Action
from models.tickets.actions import apply
from tests.copies import migrated
from tests.factories import actor, building, ticket, town

NOW = datetime.now(UTC)  # the command has no other
DAY = timedelta(days=1)
STAFF = ("community_staff", "grid_worker", "property_staff")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    migrated(store)
    town(store, NOW - 30 * DAY)
    with store.writing() as session:
        _end(session, ticket(session, building(session, 3), NOW - DAY), stars=5)
        _end(session, ticket(session, building(session, 1), NOW - DAY, category="parking"), stars=3)
        ticket(session, building(session, 1, "阳光花园"), NOW)
    yield store
    store.dispose()


def _end(session: Any, one: Any, stars: int) -> None:
    staff = next(a for a in (actor(session, role) for role in STAFF) if a.person_id == one.owner_id)
    at = NOW - DAY + timedelta(minutes=1)
    apply(session, one, Action.ACCEPT, by=staff, at=at)
    apply(session, one, Action.RESOLVE, by=staff, at=at, reason="已处理")
    resident = actor(session, "resident")
    apply(session, one, Action.RATE, by=resident, at=at, solved=True, stars=stars)


def run(*words: str) -> Any:
    return CliRunner().invoke(main, ["metrics", *words])


def span() -> list[str]:
    return ["--from", f"{NOW - 3 * DAY:%Y-%m-%d}", "--to", f"{NOW + DAY:%Y-%m-%d}"]


def test_a_table_has_a_row_for_each_part_and_one_for_the_whole(house: Database) -> None:
    said = run("show", "--area", "幸福社区", "--by", "estate", *span()).output
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line}
    assert rows["合计"][1:4] == ["100.0%", "100.0%", "-"]
    assert "评价不足5个的，不显示满意率" in said
    assert rows["幸福里小区"][5] == "2"
    assert "万户比" in said


@pytest.mark.parametrize("axis", ["category", "level", "team", "company", "community", "day"])
def test_json_says_the_same_before_and_after_the_rollup(house: Database, axis: str) -> None:
    before = json.loads(run("show", "--by", axis, "--json", *span()).output)
    assert roll_up_all(house, NOW) == 2
    after = json.loads(run("show", "--by", axis, "--json", *span()).output)
    assert after == before
    assert after["whole"]["opened"] == 3
    assert after["whole"]["ratings"] == 2
    assert after["whole"]["satisfaction_rate"] is after["whole"]["satisfied"] is None
    if axis != "company":
        assert sum(row["opened"] for row in after["rows"]) == 3


def test_rebuilding_agrees_and_finds_what_was_meddled_with(house: Database) -> None:
    roll_up_all(house, NOW)
    assert run("rebuild", "--check").exit_code == 0
    with house.writing() as session:
        session.execute(text("UPDATE metric_days SET fixed = fixed + 1 WHERE slice = 'total'"))
        session.execute(text("UPDATE tickets SET is_answered_late = true WHERE id = 1"))
    meddled = run("rebuild")
    assert meddled.exit_code == 1
    assert "#1 differs in is_answered_late" in meddled.output
    assert run("rebuild", "--check").exit_code == 0


def test_what_makes_no_sense_is_said_in_words(house: Database) -> None:
    assert "no area is named" in run("show", "--area", "没有的小区").output
    assert "lies before" in run("show", "--from", "2026-03-02", "--to", "2026-03-01").output
    assert "--to needs --from" in run("show", "--to", "2026-03-01").output
