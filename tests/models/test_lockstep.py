"""Works of many threads in one PostgreSQL transaction: asked together, failing alone."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Insert, bindparam, event, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import bots.dialogue  # noqa: F401  # and with it whatever the house asks
from models.base import Database
from models.errors import NotAllowed, StoreBusy
from models.insertion import Insertion
from models.people import Person
from models.statements import Statement

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

_people = Person.__table__.c
_put = Insertion(Person.__table__, ["name", "own_key", "created_at"])
_named = Statement(select(_people.id).where(_people.name == bindparam("name", required=True)))
_rename = Statement(
    update(Person)
    .where(_people.id == bindparam("person_id", required=True))
    .values(name=bindparam("new"))
)

Work = Callable[[Session], Any]


def put(session: Session, *names: str) -> list[int]:
    return _put.run(
        session, [{"name": name, "own_key": b"\x00k", "created_at": NOON} for name in names]
    )


def names(store: Database) -> set[str | None]:
    with store.reading() as session:
        return set(session.scalars(select(Person.name)))


def together(store: Database, *works: Work, whose: Callable[[int], object] = str) -> list[Any]:
    """What each returned or raised; they go as one."""
    return store.write_all(works, [whose(number) for number in range(len(works))])


def commits_of(store: Database) -> list[object]:
    found: list[object] = []
    event.listen(store.writer, "commit", found.append)
    return found


def test_works_that_wait_ask_and_commit_together(postgresql: Database) -> None:
    def work(number: int) -> Work:
        def do(session: Session) -> tuple[int, ...]:
            own, other = put(session, f"甲{number}", f"乙{number}")
            _rename.run(session, person_id=own, new=f"丙{number}")
            assert _named.run(session, name=f"丙{number}") == [(own,)]
            assert _named.first(session, name="没有这个人") is None
            return own, other

        return do

    postgresql.write(lambda _: None)  # connects
    commits = commits_of(postgresql)
    made = together(postgresql, *[work(number) for number in range(6)])
    assert len(commits) == 1
    assert len({person for pair in made for person in pair}) == 12
    assert names(postgresql) == {f"{one}{n}" for n in range(6) for one in "丙乙"}


def test_one_that_fails_takes_nothing_of_the_others_with_it(postgresql: Database) -> None:
    def fail(session: Session) -> None:
        put(session, "不该留下")
        raise LookupError("路灯坏了")

    def clash(session: Session) -> None:
        put(session, "也不该留下")
        session.execute(text("SELECT 1 / 0"))

    kept = [lambda session, n=n: put(session, f"{n}") for n in range(4)]
    *made, failed, clashed = together(postgresql, *kept, fail, clash)
    assert isinstance(failed, LookupError)
    assert "division by zero" in str(clashed)
    assert len({one for (one,) in made}) == 4
    assert names(postgresql) == {"0", "1", "2", "3"}


def test_a_savepoint_of_the_orm_takes_back_nothing_of_the_others(postgresql: Database) -> None:
    def refused(name: str) -> Work:
        def do(session: Session) -> str:
            put(session, f"{name}先")
            try:
                with session.begin_nested():
                    session.add(Person(name=f"{name}反悔", own_key=b"k", created_at=NOON))
                    session.flush()
                    raise NotAllowed
            except NotAllowed:
                session.add(Person(name=f"{name}后", own_key=b"k", created_at=NOON))
            return name

        return do

    def plain(session: Session) -> None:
        for number in range(5):
            put(session, f"邻居{number}")

    made = together(postgresql, refused("甲"), plain, refused("乙"))
    assert made == ["甲", None, "乙"]
    neighbours = {f"邻居{number}" for number in range(5)}
    assert names(postgresql) == neighbours | {"甲先", "甲后", "乙先", "乙后"}


def test_a_commit_that_fails_is_heard_of_by_everybody(postgresql: Database) -> None:
    def fail(_: object) -> None:
        if named["甲"]:
            raise StoreBusy("disk")

    named = {"甲": False}

    def work(session: Session) -> None:
        named["甲"] = True
        put(session, "甲")

    event.listen(postgresql.writer, "commit", fail)
    made = together(postgresql, work, lambda session: put(session, "乙"))
    event.remove(postgresql.writer, "commit", fail)
    assert [type(one) for one in made] == [StoreBusy, StoreBusy]
    assert names(postgresql) == set()
    postgresql.write(lambda session: put(session, "后来"))
    assert names(postgresql) == {"后来"}


def test_a_connection_that_was_lost_meanwhile_costs_nobody_anything(postgresql: Database) -> None:
    postgresql.write(lambda session: put(session, "甲"))
    with postgresql.reading() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    postgresql.write(lambda session: put(session, "乙"))
    assert names(postgresql) == {"甲", "乙"}


def test_a_store_that_is_away_is_told_to_who_asks(postgresql: Database) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(OperationalError):
        away.write(lambda session: put(session, "甲"))
    away.dispose()


def test_who_waits_too_long_is_told_that_the_store_is_busy(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.lockstep.LOCK_SECONDS", 0.05)
    holds, may_go = threading.Event(), threading.Event()

    def slowly(session: Session) -> list[int]:
        holds.set()
        assert may_go.wait(10)
        return put(session, "慢")

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(postgresql.write, slowly)
        assert holds.wait(10)
        with pytest.raises(StoreBusy):
            postgresql.write(lambda session: put(session, "急"))
        may_go.set()
        assert slow.result(10)
    assert names(postgresql) == {"慢"}


def known_statements() -> list[Statement]:
    """Of the hot path and all else that the dialogue brings along."""
    modules = [one for name, one in sys.modules.items() if name.startswith("models.")]
    found = [one for module in modules for one in vars(module).values()]
    return list({id(one): one for one in found if isinstance(one, Statement)}.values())


def test_every_statement_of_the_house_can_be_asked_by_several_at_once(
    postgresql: Database,
) -> None:
    statements = known_statements()
    assert len(statements) > 20
    for statement in statements:
        with postgresql.writing() as session:
            connection = session.connection()
            asked = dict.fromkeys(statement._plan(connection.dialect).asked)
            if not isinstance(statement._statement, Insert):
                cursor = connection.connection.cursor()
                answers = statement.answer_all(cursor, connection.dialect, [asked, asked])
                alone = statement.answer(cursor, connection.dialect, asked)
                assert answers == [alone, alone]


def test_rows_of_the_same_persons_are_locked_in_one_order_whoever_came_first(
    postgresql: Database,
) -> None:
    locked: list[str] = []

    def wrote(who: str) -> Work:
        def do(session: Session) -> None:
            locked.append(who)
            put(session, who)

        return do

    came = ["丙", "甲", "丁", "乙"]
    together(postgresql, *map(wrote, came), whose=lambda number: came[number])
    assert locked == sorted(came)
