"""Both READMEs tell the truth: every setting, command, job, category and chat command is there."""

import re
from pathlib import Path

import pytest

from app.cli import COMMANDS
from config.categories import CATEGORIES
from config.policy import load
from config.settings import Settings

ROOT = Path(__file__).parent.parent
FOLDERS = {"config", "models", "bots", "jobs", "app"}
READMES = ["README.md", "README.zh-CN.md"]


@pytest.fixture(params=READMES)
def readme(request: pytest.FixtureRequest) -> str:
    return (ROOT / request.param).read_text("utf-8")


def table_cells(text: str) -> set[str]:
    """The first and third cell of every table row, without marks."""
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    return {cell.strip().strip("`") for row in rows for cell in row[1:4:2]}


def test_every_setting_is_told_with_its_default_and_no_other_is(readme: str) -> None:
    told = dict(re.findall(r"^\| `(LINLI_\w+)` \| `?([^|`]*)`? \|", readme, re.MULTILINE))
    real = {
        f"LINLI_{name.upper()}": str(field.default) for name, field in Settings.model_fields.items()
    }
    assert {name: value.strip() for name, value in told.items()} == real


def test_every_subcommand_is_told_and_no_other_is(readme: str) -> None:
    told = set(re.findall(r"^\| `linli ([\w-]+)` \|", readme, re.MULTILINE))
    assert told == set(COMMANDS)


def test_every_job_is_told_with_its_time_and_no_other_is(readme: str) -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| `([^`]*\*[^`]*)` ", readme, re.MULTILINE))
    real = {name: row["cron"] for name, row in load("schedule")["job"].items()}
    assert told == real


def test_every_category_is_told_with_its_name(readme: str) -> None:
    told = dict(re.findall(r"`([a-z_]+)` \| ([一-鿿]+) \|", readme))
    told = {key: name for key, name in told.items() if key not in FOLDERS}
    assert told == {key: category.label for key, category in CATEGORIES.items()}


def test_every_chat_command_is_told(readme: str) -> None:
    labels = {row["label"] for row in load("commands").values()}
    assert labels <= table_cells(readme)


def test_the_test_command_is_the_one_ci_runs(readme: str) -> None:
    assert "LINLI_TEST_ALL=1" in readme
    assert "LINLI_TEST_ALL=1 make test" in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("target", ["run", "test", "lint", "bench", "proof"])
def test_every_make_target_told_exists(readme: str, target: str) -> None:
    assert f"make {target}" in readme
    assert f"\n{target}:" in (ROOT / "Makefile").read_text("utf-8")
