"""Rows written together, on both stores: ids in the order of the rows, and each key once."""

from datetime import UTC, datetime

from sqlalchemy import Column, Integer, String, Table, select
from sqlalchemy.orm import Session

from models.base import Base, Database, UtcDateTime
from models.insertion import MOST_ROWS, Insertion

signs = Table(
    "test_signs",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("word", String(20), unique=True),
    Column("at", UtcDateTime),
)
put = Insertion(signs, ["word", "at"])
put_once = Insertion(signs, ["word", "at"], unique=["word"])
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def said(*words: str) -> list[dict[str, object]]:
    return [{"word": word, "at": NOON} for word in words]


def written(session: Session) -> list[tuple[int, str]]:
    rows = session.execute(select(signs.c.id, signs.c.word).order_by(signs.c.id))
    return [(row[0], row[1]) for row in rows]


def test_each_row_gets_the_id_it_is_told_of(store: Database) -> None:
    words = [str(number) for number in range(2 * MOST_ROWS + 3)]
    with store.writing() as session:
        ids = put.run(session, said(*words))
    with store.reading() as session:
        assert written(session) == list(zip(ids, words, strict=True))
        assert set(session.scalars(select(signs.c.at))) == {NOON}


def test_what_is_there_already_is_left_out(store: Database) -> None:
    with store.writing() as session:
        first = put_once.run(session, said("灯", "门"))
        again = put_once.run(session, said("门", "窗", "窗"))
        assert len(first) == 2
        assert len(again) == 1
        assert written(session) == [*zip(first, "灯门", strict=True), (again[0], "窗")]


def test_the_rows_given_stay_as_they_were(store: Database) -> None:
    rows = said("灯")
    with store.writing() as session:
        put.run(session, rows)
    assert rows == said("灯")


def test_nothing_to_write_writes_nothing(store: Database) -> None:
    with store.writing() as session:
        assert put.run(session, []) == []
        assert written(session) == []


def test_it_writes_in_a_session_of_its_own_as_well(store: Database) -> None:
    with Session(store.writer) as session:
        ids = put.run(session, said("灯", "门"))
        assert [one for one, _ in written(session)] == ids
