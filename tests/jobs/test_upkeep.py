"""Upkeep: crashed work comes back."""

from datetime import UTC, datetime, timedelta

from jobs.upkeep import sweep
from models import tasks
from models.base import Database

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
