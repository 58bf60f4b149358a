"""The two transaction boundaries, on both stores."""

import enum
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Enum, Integer, String, Table, bindparam, insert, select
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from models.base import Base, Database, UtcDateTime
from models.statements import Statement


class Mood(enum.StrEnum):
    CALM = "calm"
    CROSS = "cross"


mood = Enum(Mood, native_enum=False, values_callable=lambda words: [one.value for one in words])
notes = Table(
    "test_notes",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("word", String(20), unique=True),
    Column("at", UtcDateTime),
    Column("mood", mood),
)
put = Statement(
    insert(notes)
    .values(word=bindparam("word"), at=bindparam("at", type_=UtcDateTime()))
    .returning(notes.c.id)
)
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def words(store: Database) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(notes.c.word).order_by(notes.c.id)))


def test_a_block_that_ends_well_is_kept(store: Database) -> None:
    with store.writing() as session:
        put.run(session, word="灯", at=NOON)
    assert words(store) == ["灯"]


def test_a_block_that_fails_keeps_nothing(store: Database) -> None:
    with pytest.raises(RuntimeError), store.writing() as session:
        put.run(session, word="灯", at=NOON)
        raise RuntimeError
    assert words(store) == []


def test_a_reading_session_can_not_change_anything(store: Database) -> None:
    with pytest.raises(DBAPIError), store.reading() as session:
        session.execute(insert(notes).values(word="灯", at=NOON))
    assert words(store) == []


def test_moments_come_back_aware_and_naive_ones_are_refused(store: Database) -> None:
    with store.writing() as session:
        put.run(session, word="灯", at=NOON)
        with pytest.raises(StatementError):
            session.execute(insert(notes).values(word="门", at=datetime(2026, 1, 1)))  # noqa: DTZ001
    with store.reading() as session:
        assert Statement(select(notes.c.at)).run(session) == [(NOON,)]


def test_a_statement_and_the_orm_write_a_moment_alike(store: Database) -> None:
    there = NOON.replace(microsecond=7).astimezone(timezone(timedelta(hours=8)))
    with store.writing() as session:
        put.run(session, word="灯", at=there)
        session.execute(insert(notes).values(word="门", at=there))
    with store.reading() as session:
        at = NOON.replace(microsecond=7)
        found = session.scalars(select(notes.c.word).where(notes.c.at == at).order_by(notes.c.id))
        assert found.all() == ["灯", "门"]


def test_a_statement_takes_words_of_its_column_only_and_gives_them_back(store: Database) -> None:
    feel = Statement(
        insert(notes)
        .values(word=bindparam("word"), mood=bindparam("feeling", type_=mood))
        .returning(notes.c.mood)
    )
    with store.writing() as session:
        assert feel.first(session, word="灯", feeling=Mood.CROSS) == (Mood.CROSS,)
        assert feel.first(session, word="门", feeling=None) == (None,)
        with pytest.raises(KeyError):
            feel.run(session, word="窗", feeling="merry")
    with store.reading() as session:
        assert session.scalars(select(notes.c.mood).order_by(notes.c.id)).all() == ["cross", None]


def test_a_statement_works_in_a_session_of_somebody_elses(store: Database) -> None:
    with Session(store.writer) as session:
        put.run(session, word="灯", at=NOON)
        session.commit()
        put.run(session, word="门", at=NOON)
        session.rollback()
    assert words(store) == ["灯"]


def test_writers_of_many_threads_come_one_after_another_and_none_is_lost(store: Database) -> None:
    def write(number: int) -> None:
        for turn in range(10):
            with store.writing() as session:
                put.run(session, word=f"{number}-{turn}", at=NOON)
                time.sleep(0.001)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(words(store)) == 60


def test_what_is_committed_reaches_the_file_itself_while_others_are_at_it(
    database: Database, tmp_path: Path
) -> None:
    def words_in_the_file() -> list[str]:
        copy = tmp_path / "copy.db"  # without the log beside it
        shutil.copy(str(database.url.database), copy)
        with closing(sqlite3.connect(copy)) as alone:
            return [word for (word,) in alone.execute("SELECT word FROM test_notes")]

    with database.writing() as session:
        put.run(session, word="灯", at=NOON)
    assert words_in_the_file() == []
    with database.writing() as session:
        put.run(session, word="雨", at=NOON)
        database.clear_log()
        assert words_in_the_file() == ["灯"]
    assert words(database) == ["灯", "雨"]
