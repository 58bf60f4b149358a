"""Upkeep: crashed work comes back, old records go."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from jobs.upkeep import RUNS_KEPT, TASKS_KEPT, forget_done, sweep
from models import job_runs, tasks
from models.base import Database
from models.job_runs import JobRun
from models.tasks import Task

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def test_the_sweep_says_nothing_when_there_is_nothing(store: Database) -> None:
    assert sweep(store, NOON) is None


def test_the_sweep_gives_back_what_a_dead_worker_held(store: Database) -> None:
    with store.writing() as session:
        tasks.ask(session, "photo", {"photo_id": 7}, NOON, "photo-7", NOON)
        tasks.claim(session, NOON, {"photo"}, 1, LEASE)
    assert sweep(store, NOON + LEASE) == "given_back=1"
    with store.reading() as session:
        assert tasks.has_due(session, {"photo"}, NOON + LEASE)


def test_old_records_of_work_done_are_forgotten_and_young_ones_kept(store: Database) -> None:
    for days in (1, TASKS_KEPT.days + 1):
        due_at = NOON - timedelta(days=days)
        with store.writing() as session:
            tasks.ask(session, "photo", {"photo_id": days}, due_at, f"photo-{days}", due_at)
            (task,) = tasks.claim(session, due_at, {"photo"}, 1, LEASE)
            tasks.finish(session, task)
    for days in (RUNS_KEPT.days + 1, 1):
        due_at = NOON - timedelta(days=days)
        with store.writing() as session:
            run = job_runs.claim(session, "digest", due_at, due_at, LEASE)
            assert run is not None
            job_runs.finish(session, run, due_at, None)
    assert forget_done(store, NOON) == "tasks=1 runs=1"
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 1
        assert session.scalar(select(func.count()).select_from(JobRun)) == 1
