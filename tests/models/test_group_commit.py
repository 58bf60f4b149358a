"""Blocks of many threads in one SQLite transaction: kept together, failing alone."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from models import group_commit
from models.base import Database
from models.errors import StoreBusy

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def notes(database: Database) -> Database:
    with database.writing() as session:
        session.execute(text("CREATE TABLE notes (word TEXT PRIMARY KEY)"))
    return database


def put(store: Database, word: str, pause: float = 0.0) -> None:
    with store.writing() as session:
        session.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
        time.sleep(pause)


def words(store: Database) -> set[str]:
    with store.reading() as session:
        return set(session.scalars(text("SELECT word FROM notes")))


def at_once(*jobs: Callable[[], None]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def commits_of(store: Database) -> list[float]:
    found: list[float] = []
    event.listen(store.writer, "commit", lambda _: found.append(time.monotonic()))
    return found


def test_blocks_that_wait_share_a_commit_and_none_is_lost(notes: Database) -> None:
    commits = commits_of(notes)
    at_once(*[lambda n=n: put(notes, f"{n}", 0.002) for n in range(24)])
    assert len(words(notes)) == 24
    assert len(commits) < 24


def test_what_a_block_returned_from_is_seen_by_everybody(notes: Database) -> None:
    missing: list[str] = []

    def write_and_look(number: int) -> None:
        for turn in range(10):
            word = f"{number}-{turn}"
            put(notes, word)
            if word not in words(notes):
                missing.append(word)

    at_once(*[lambda n=n: write_and_look(n) for n in range(6)])
    assert missing == []
    assert len(words(notes)) == 60


def test_a_block_that_fails_takes_nothing_of_the_others_with_it(notes: Database) -> None:
    put(notes, "taken")
    refused: list[str] = []

    def clash(number: int) -> None:
        try:
            with notes.writing() as session:
                session.execute(text("INSERT INTO notes VALUES (:word)"), {"word": f"x{number}"})
                session.execute(text("INSERT INTO notes VALUES ('taken')"))
        except IntegrityError:
            refused.append(f"x{number}")

    at_once(
        *[lambda n=n: put(notes, f"{n}", 0.002) for n in range(8)],
        *[lambda n=n: clash(n) for n in range(8)],
    )
    assert len(refused) == 8
    assert words(notes) == {"taken", *(str(n) for n in range(8))}


def test_when_the_commit_fails_everybody_in_it_hears_of_it(
    notes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MOST_SECONDS", 5)
    failures: list[str] = []

    def fail(_: object) -> None:
        raise StoreBusy("disk")

    def attempt(number: int) -> None:
        try:
            put(notes, f"{number}", 0.02)
        except StoreBusy:
            failures.append(f"{number}")

    event.listen(notes.writer, "commit", fail)
    at_once(*[lambda n=n: attempt(n) for n in range(4)])
    event.remove(notes.writer, "commit", fail)
    assert len(failures) == 4
    assert words(notes) == set()
    put(notes, "afterwards")
    assert words(notes) == {"afterwards"}


def test_who_was_counted_on_and_left_does_not_hold_up_the_commit(
    notes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = notes._group
    assert group is not None
    monkeypatch.setattr(group, "_waiting", 1)  # somebody who will never come
    put(notes, "alone")
    assert words(notes) == {"alone"}


def test_a_store_that_gave_up_the_transaction_is_told_of(notes: Database) -> None:
    with pytest.raises(StoreBusy), notes.writing() as session:
        session.execute(text("INSERT INTO notes VALUES ('lost')"))
        session.commit()
        notes._group._group.turn.cursor.connection.rollback()  # type: ignore[union-attr]
    assert words(notes) == set()
    put(notes, "afterwards")
    assert words(notes) == {"afterwards"}
