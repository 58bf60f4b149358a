"""The commands `clock`, `worker` and `job`, as an operator types them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.commands.clock import clock
from app.commands.job import job
from app.commands.worker import worker
from config.policy import load
from jobs.queue import TASKS
from models import policies, tasks
from models.base import Database
from models.job_runs import FIRST_SEEN, JobRun, RunState
from models.tasks import Task, TaskState
from tests.copies import migrated

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)

Run = Callable[..., Result]


@pytest.fixture
def address(database: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LINLI_DATABASE_URL", str(database.url))
    return str(database.url)


def sweeps(database: Database) -> list[JobRun]:
    with database.reading() as session:
        rows = select(JobRun).where(JobRun.job == "sweep", JobRun.due_at > FIRST_SEEN)
        return list(session.scalars(rows))


def test_job_list_shows_every_job_with_its_times(address: str) -> None:
    result = CliRunner().invoke(job, ["list"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(load("schedule")["job"])
    assert all(row["label"] in result.stdout for row in load("schedule")["job"].values())


def test_job_list_shows_the_times_that_staff_have_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    migrated(store)
    with store.writing() as session:
        body = {"jobs": {"morning_digest": {"cron": "15 7 * * *"}}}
        policies.publish(session, "schedule", body, after=0, by=None, at=NOON)
    monkeypatch.setenv("LINLI_DATABASE_URL", f"sqlite:///{tmp_path / 'linli.db'}")
    lines = CliRunner().invoke(job, ["list"]).stdout.splitlines()
    (digest,) = [line for line in lines if line.startswith("morning_digest ")]
    assert "15 7 * * *" in digest and " 07:15 " in digest
    store.dispose()


def test_a_job_is_run_as_if_at_a_moment_in_beijing_time(database: Database, address: str) -> None:
    result = CliRunner().invoke(job, ["run", "sweep", "--at", "2026-11-21T12:00"])
    assert result.exit_code == 0
    assert result.stdout.endswith("sweep done\n")
    (run,) = sweeps(database)
    assert (run.due_at, run.is_manual, run.state) == (NOON, True, RunState.DONE)


def test_a_second_run_for_the_same_moment_is_refused_in_words(address: str) -> None:
    CliRunner().invoke(job, ["run", "sweep", "--at", "2026-11-21T04:00:00Z"])
    again = CliRunner().invoke(job, ["run", "sweep", "--at", "2026-11-21T12:00+08:00"])
    assert again.exit_code == 1
    assert "has run for" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["run", "swep"], "no job is named swep"), (["run", "sweep", "--at", "noon"], "no moment")],
)
def test_what_makes_no_sense_is_answered_and_not_traced(
    address: str, arguments: list[str], words: str
) -> None:
    result = CliRunner().invoke(job, arguments)
    assert result.exit_code != 0
    assert words in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_worker_until_idle_returns_when_nothing_is_due(
    database: Database, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: list[int] = []

    def note(database: Database, now: datetime, number: int) -> None:
        numbers.append(number)

    monkeypatch.setitem(TASKS, "number", note)
    with database.writing() as session:
        tasks.ask(session, "number", {"number": 5}, NOON, "number-5", NOON)
    early = CliRunner().invoke(worker, ["--until-idle", "--at", "2026-11-21T11:59"])
    assert (early.exit_code, numbers) == (0, [])
    result = CliRunner().invoke(worker, ["--until-idle", "--at", "2026-11-21T12:00"])
    assert (result.exit_code, numbers) == (0, [5])
    with database.reading() as session:
        assert session.scalars(select(Task.state)).one() is TaskState.DONE


def test_a_moment_for_a_worker_that_goes_on_is_refused(address: str) -> None:
    result = CliRunner().invoke(worker, ["--at", "2026-11-21T12:00"])
    assert result.exit_code == 2
    assert "--until-idle" in result.stderr


@pytest.mark.parametrize("command", [clock, worker])
def test_a_process_ends_well_when_it_is_asked_to(address: str, command: Callable[[], None]) -> None:
    name = command.name
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", f"from app.commands.{name} import {name}; {name}()"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LINLI_DATABASE_URL": address},
        text=True,
    )
    assert process.stdout is not None
    assert f"{name}_started" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "Traceback" not in process.stdout.read()
    process.stdout.close()
