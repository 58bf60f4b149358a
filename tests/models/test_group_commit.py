"""Blocks of many threads in one SQLite transaction: kept together, failing alone."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import RootTransaction, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

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


def work(word: str, store: Database, pause: float = 0.0) -> str:
    """Puts the word, perhaps by another thread, and says in which one."""

    def put_it(session: Session) -> str:
        session.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
        time.sleep(pause)
        return threading.current_thread().name  # numbers are given again to later ones

    return store.write(put_it)


def test_one_thread_does_the_work_of_those_who_wait(notes: Database) -> None:
    commits = commits_of(notes)
    done_by: list[str] = []
    at_once(*[lambda n=n: done_by.append(work(f"{n}", notes, 0.002)) for n in range(24)])
    assert len(words(notes)) == 24
    assert len(commits) == len(set(done_by)) < 24


def test_work_and_blocks_share_a_transaction(notes: Database) -> None:
    commits = commits_of(notes)
    at_once(
        *[lambda n=n: put(notes, f"block{n}", 0.002) for n in range(12)],
        *[lambda n=n: work(f"work{n}", notes, 0.002) for n in range(12)],
    )
    assert len(words(notes)) == 24
    assert len(commits) < 24


def test_work_that_fails_is_heard_of_by_who_brought_it(notes: Database) -> None:
    put(notes, "taken")
    refused: list[str] = []

    def clash(number: int) -> None:
        try:
            work("taken", notes, 0.002)
        except IntegrityError:
            refused.append(f"x{number}")

    at_once(
        *[lambda n=n: work(f"{n}", notes, 0.002) for n in range(8)],
        *[lambda n=n: clash(n) for n in range(8)],
    )
    assert len(refused) == 8
    assert words(notes) == {"taken", *(str(n) for n in range(8))}


def test_of_works_brought_together_each_fails_alone_and_none_is_done_twice(
    notes: Database,
) -> None:
    put(notes, "taken")
    commits = commits_of(notes)
    made = notes.write_all([noting(word) for word in ("a", "taken", "b", "c")])
    assert [made[0], *made[2:]] == ["a", "b", "c"] and isinstance(made[1], IntegrityError)
    assert words(notes) == {"taken", "a", "b", "c"}
    assert notes.write_all([noting(word) for word in ("d", "e")]) == ["d", "e"]
    assert len(commits) == 2, "one for those of each call that were kept"


def test_works_brought_together_outlive_a_transaction_that_the_store_gave_up(
    notes: Database,
) -> None:
    gave_up: list[str] = []

    def give_up_once(session: Session) -> str:
        session.execute(text("INSERT INTO notes VALUES ('x')"))
        if not gave_up:
            gave_up.append("once")
            session.connection().exec_driver_sql("ROLLBACK")
            raise OSError("the disk was full for a moment")
        return "x"

    assert notes.write_all([noting("a"), give_up_once, noting("b")]) == ["a", "x", "b"]
    assert words(notes) == {"a", "x", "b"}


def test_nothing_is_kept_of_works_whose_transaction_the_store_gave_up_again(
    notes: Database,
) -> None:
    def give_up(session: Session) -> str:
        session.connection().exec_driver_sql("ROLLBACK")
        raise OSError("the disk is full")

    before, _, after = notes.write_all([noting("a"), give_up, noting("b")])
    assert isinstance(before, StoreBusy)
    assert isinstance(after, StoreBusy)
    assert words(notes) == set()
    assert notes.write_all([noting("c"), noting("d")]) == ["c", "d"]


def noting(word: str) -> Callable[[Session], str]:
    def note(session: Session) -> str:
        session.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
        return word

    return note


def test_when_the_commit_fails_whose_work_was_done_for_them_hear_of_it_too(
    notes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MOST_SECONDS", 5)
    failures: list[str] = []

    def fail(_: object) -> None:
        raise StoreBusy("disk")

    def attempt(number: int) -> None:
        try:
            work(f"{number}", notes, 0.02)
        except StoreBusy:
            failures.append(f"{number}")

    event.listen(notes.writer, "commit", fail)
    at_once(*[lambda n=n: attempt(n) for n in range(6)])
    event.remove(notes.writer, "commit", fail)
    assert len(failures) == 6
    assert words(notes) == set()
    work("afterwards", notes)
    assert words(notes) == {"afterwards"}


def test_who_waits_too_long_goes_away_and_holds_up_nobody(
    notes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr(group_commit, "MOST_BLOCKS", 1)
    gone: list[str] = []

    def come_late(word: str, way: Callable[[Database, str], object]) -> None:
        time.sleep(0.1)
        try:
            way(notes, word)
        except StoreBusy:
            gone.append(word)

    at_once(
        lambda: put(notes, "slow", 0.6),
        lambda: come_late("block", put),
        lambda: come_late("work", lambda store, word: work(word, store)),
    )
    assert set(gone) == {"block", "work"}
    put(notes, "afterwards")
    assert words(notes) == {"slow", "afterwards"}


def test_a_store_that_gave_up_the_transaction_is_told_of(notes: Database) -> None:
    with pytest.raises(StoreBusy), notes.writing() as session:
        session.execute(text("INSERT INTO notes VALUES ('lost')"))
        session.commit()
        notes._group._kept.cursor.connection.rollback()  # type: ignore[union-attr]
    assert words(notes) == set()
    put(notes, "afterwards")
    assert words(notes) == {"afterwards"}


def test_a_connection_that_can_not_even_be_closed_stops_nobody(
    notes: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noting(word: str) -> Callable[[Session], None]:
        return lambda session: session.execute(text("INSERT INTO notes VALUES (:w)"), {"w": word})

    def failing(_: Session) -> None:
        raise LookupError

    def broken(_: object) -> None:
        raise OSError

    drop = group_commit.Turn.drop

    def drop_and_fail(turn: group_commit.Turn) -> None:
        drop(turn)
        raise OSError

    monkeypatch.setattr(group_commit, "LOCK_SECONDS", 0.5)
    with monkeypatch.context() as breaking:
        breaking.setattr(RootTransaction, "rollback", broken)
        breaking.setattr(group_commit.Turn, "drop", drop_and_fail)
        _, failure = notes.write_all([noting("a"), failing])
    assert isinstance(failure, LookupError)
    notes.write(noting("b"))
    assert words(notes) == {"a", "b"}
