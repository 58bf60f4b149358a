"""Rows left for the end of a shared transaction: there for whoever looks, or not at all."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from models.base import Database
from models.insertion import Insertion
from models.people import Person
from models.statements import Statement
from tests.factories import MORNING

_persons = Insertion(Person.__table__, ("own_key", "name", "created_at"))
_count = Statement(select(func.count()).select_from(Person.__table__))
_blind = Statement(select(func.count()).select_from(Person.__table__), need_not_see={"persons"})
_a = Statement(select(func.count()).where(Person.__table__.c.name == "a"), need_not_see={"persons"})
_name = Statement(
    update(Person.__table__)
    .where(Person.__table__.c.name == bindparam("before"))
    .values(name=bindparam("after"))
)

Work = Callable[[Session], int]


def leave(session: Session, name: str) -> None:
    _persons.leave(session, [{"own_key": b"key", "name": name, "created_at": MORNING}])


def leaving(name: str, look: Work = lambda session: 0) -> Work:
    def work(session: Session) -> int:
        leave(session, name)
        return look(session)

    return work


def wrong(session: Session) -> int:
    _persons.leave(session, [{"own_key": b"key", "name": "x", "created_at": None}])
    return 0


def by_statement(session: Session) -> int:
    [(count,)] = _count.run(session)
    return int(count)


def by_the_orm(session: Session) -> int:
    return len(session.scalars(select(Person)).all())


def by_a_connection(session: Session) -> int:
    return session.connection().execute(select(func.count(Person.id))).scalar_one()


def unseen(session: Session) -> int:
    [(count,)] = _blind.run(session)
    return int(count)


def still_a(session: Session) -> int:
    [(count,)] = _a.run(session)
    return int(count)


def names(store: Database) -> list[str | None]:
    with store.reading() as session:
        return list(session.scalars(select(Person.name).order_by(Person.id)))


def test_what_each_work_of_a_batch_leaves_is_written_when_all_are_done(database: Database) -> None:
    made = database.write_all([leaving("a", unseen), leaving("b", unseen), leaving("c", unseen)])
    assert made == [0, 0, 0]
    assert names(database) == ["a", "b", "c"]


@pytest.mark.parametrize("look", [by_statement, by_the_orm, by_a_connection])
def test_whoever_looks_sees_what_was_left_before(database: Database, look: Work) -> None:
    assert database.write_all([leaving("a"), leaving("b", look), leaving("c", look)]) == [0, 2, 3]
    assert names(database) == ["a", "b", "c"]


def test_alone_it_is_written_at_once(store: Database) -> None:
    assert store.write(leaving("a", by_statement)) == 1


def refused(session: Session) -> int:
    leave(session, "before")
    try:
        with session.begin_nested():
            leave(session, "refused")
            raise LookupError
    except LookupError:
        leave(session, "after")
    return 0


def renaming(before: str, after: str, look: Work = lambda session: 0) -> Work:
    def work(session: Session) -> int:
        _name.leave(session, before=before, after=after)
        return look(session)

    return work


def test_a_change_is_left_until_all_are_done(database: Database) -> None:
    database.write(leaving("a"))
    made = database.write_all([renaming("a", "b", still_a), renaming("b", "c", still_a)])
    assert made == [1, 1]
    assert names(database) == ["c"]


@pytest.mark.parametrize("look", [by_statement, by_the_orm])
def test_a_change_that_is_left_is_seen_by_whoever_looks(database: Database, look: Work) -> None:
    database.write(leaving("a"))
    seen: list[list[str | None]] = []

    def looking(session: Session) -> int:
        look(session)
        seen.append(list(session.scalars(select(Person.name))))
        return 0

    database.write_all([renaming("a", "b"), renaming("b", "c", looking), renaming("c", "d")])
    assert seen == [["c"]]
    assert names(database) == ["d"]


def test_changes_and_rows_of_one_table_are_written_in_their_order(store: Database) -> None:
    works = [renaming("a", "x"), leaving("a"), renaming("a", "b"), leaving("a")]
    for work in works:
        store.write(work)
    one_by_one = names(store)
    store.write_all(works)
    assert one_by_one == ["b", "a"]
    assert names(store) == ["b", "x", "b", "a"]


def test_what_is_refused_takes_its_own_rows_along_and_no_others(store: Database) -> None:
    store.write_all([leaving("first"), refused, leaving("last")])
    assert names(store) == ["first", "before", "after", "last"]


def test_what_is_refused_alone_takes_its_own_rows_along(store: Database) -> None:
    store.write(refused)
    with store.writing() as session:
        refused(session)
    assert names(store) == ["before", "after"] * 2


def test_what_can_not_be_written_at_the_end_is_told_to_its_own_work(database: Database) -> None:
    first, failed, last = database.write_all([leaving("a"), wrong, leaving("b")])
    assert (first, last) == (0, 0) and isinstance(failed, Exception)
    assert names(database) == ["a", "b"]


def test_what_could_not_be_written_before_a_look_is_not_lost_on_who_does_not_mind(
    database: Database,
) -> None:
    def heedless(session: Session) -> int:
        with suppress(Exception):
            by_statement(session)
        return 0

    first, failed, last = database.write_all([leaving("a"), wrong, heedless])
    assert (first, last) == (0, 0) and isinstance(failed, Exception)
    assert names(database) == ["a"]


def test_a_work_that_fails_leaves_nothing(database: Database) -> None:
    def fail(session: Session) -> int:
        leave(session, "x")
        raise LookupError

    made = database.write_all([leaving("a"), fail])
    assert made[0] == 0 and isinstance(made[1], LookupError)
    assert names(database) == ["a"]
