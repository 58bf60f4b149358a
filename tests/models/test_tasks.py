"""Tasks: asked for once, claimed by one, given back by time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from models import tasks
from models.base import Database
from models.tasks import BACKOFF, MOST_ATTEMPTS, Claimed, Task, TaskState

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def ask(store: Database, key: str, due_at: datetime = NOON, kind: str = "photo") -> int | None:
    with store.writing() as session:
        return tasks.ask(session, kind, {"photo_id": 7}, due_at, key, NOON)


def claim(store: Database, now: datetime = NOON, limit: int = 10) -> list[Claimed]:
    with store.writing() as session:
        return tasks.claim(session, now, {"photo"}, limit, LEASE)


def row(store: Database, key: str) -> Task:
    with store.reading() as session:
        return session.scalars(select(Task).where(Task.unique_key == key)).one()


def test_the_same_work_is_asked_for_once(store: Database) -> None:
    assert ask(store, "photo-7") is not None
    assert ask(store, "photo-7") is None
    assert [task.payload for task in claim(store)] == [{"photo_id": 7}]


def test_what_rolls_back_was_never_asked_for(store: Database) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        tasks.ask(session, "photo", {"photo_id": 7}, NOON, "photo-7", NOON)
        raise ZeroDivisionError
    assert claim(store) == []


def test_the_longest_due_comes_first_and_the_future_waits(store: Database) -> None:
    for key, minutes in (("late", -1), ("early", -9), ("tomorrow", 1440), ("now", 0)):
        ask(store, key, NOON + timedelta(minutes=minutes))
    ids = {key: row(store, key).id for key in ("early", "late", "now")}
    with store.reading() as session:
        assert tasks.has_due(session, {"photo"}, NOON)
        assert not tasks.has_due(session, {"other"}, NOON)
    assert [task.id for task in claim(store, limit=2)] == [ids["early"], ids["late"]]
    assert [task.id for task in claim(store)] == [ids["now"]]
    assert claim(store) == []


def test_only_the_kinds_this_worker_knows_are_taken(store: Database) -> None:
    ask(store, "strange", kind="not_mine")
    assert claim(store) == []


def test_many_workers_never_take_the_same_task(store: Database) -> None:
    for number in range(60):
        ask(store, f"photo-{number}")

    def work(_: int) -> list[int]:
        taken = []
        while claimed := claim(store, limit=3):
            taken += [task.id for task in claimed]
            with store.writing() as session:
                assert all(tasks.finish(session, task) for task in claimed)
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [task_id for batch in pool.map(work, range(6)) for task_id in batch]
    assert len(taken) == len(set(taken)) == 60
    with store.reading() as session:
        assert set(session.scalars(select(Task.state))) == {TaskState.DONE}


def test_a_row_locked_by_another_is_passed_over_and_not_waited_for(postgresql: Database) -> None:
    for key in ("one", "two"):
        ask(postgresql, key)
    with postgresql.writing() as session:
        first = tasks.claim(session, NOON, {"photo"}, 1, LEASE)
        second = claim(postgresql)
    assert [task.id for task in second] == [row(postgresql, "two").id]
    assert [task.id for task in first] == [row(postgresql, "one").id]


def test_one_task_can_be_taken_by_its_id_if_it_is_due(store: Database) -> None:
    due, later = ask(store, "due"), ask(store, "later", NOON + LEASE)
    assert due and later
    with store.writing() as session:
        taken = tasks.claim_one(session, due, NOON, LEASE)
        assert taken is not None
        assert taken.id == due
        assert tasks.claim_one(session, due, NOON, LEASE) is None
        assert tasks.claim_one(session, later, NOON, LEASE) is None


def test_a_failure_comes_back_later_each_time_and_then_stays(store: Database) -> None:
    ask(store, "photo-7")
    now = NOON
    for pause in BACKOFF:
        (claimed,) = claim(store, now)
        with store.writing() as session:
            assert tasks.fail(session, claimed, "TimeoutError", now)
        assert claim(store, now + pause - timedelta(seconds=1)) == []
        now += pause
    (claimed,) = claim(store, now)
    assert claimed.attempts == MOST_ATTEMPTS
    with store.writing() as session:
        assert tasks.fail(session, claimed, "TimeoutError", now)
    assert claim(store, now + timedelta(days=365)) == []
    assert (row(store, "photo-7").state, row(store, "photo-7").last_error) == (
        TaskState.FAILED,
        "TimeoutError",
    )


def test_a_crashed_workers_task_is_due_again_after_its_lease(store: Database) -> None:
    ask(store, "photo-7")
    (lost,) = claim(store)
    with store.writing() as session:
        assert tasks.sweep(session, NOON + LEASE - timedelta(seconds=1)) == 0
        assert tasks.sweep(session, NOON + LEASE) == 1
    (again,) = claim(store, NOON + LEASE)
    assert again.attempts == 2
    with store.writing() as session:
        assert not tasks.finish(session, lost), "the first worker came back too late"
        assert not tasks.fail(session, lost, "TimeoutError", NOON)
        assert tasks.finish(session, again)
        assert not tasks.finish(session, again)


def test_a_task_that_crashes_its_worker_every_time_is_given_up(store: Database) -> None:
    ask(store, "poison")
    now = NOON
    for _ in range(MOST_ATTEMPTS):
        assert len(claim(store, now)) == 1
        now += LEASE
        with store.writing() as session:
            assert tasks.sweep(session, now) == 1
    assert claim(store, now) == []
    assert row(store, "poison").state is TaskState.FAILED


def test_the_store_itself_refuses_a_second_row_for_the_same_work(store: Database) -> None:
    ask(store, "photo-7")
    with pytest.raises(IntegrityError), store.writing() as session:
        session.add(
            Task(kind="photo", payload={}, due_at=NOON, unique_key="photo-7", created_at=NOON)
        )


def test_looking_and_claiming_read_the_partial_index(database: Database) -> None:
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(_: object, __: object, statement: str, parameters: tuple[object, ...], *___: object):
        seen.append((statement, parameters))

    for engine in (database.reader, database.writer):
        event.listen(engine, "before_cursor_execute", note)
    with database.reading() as session:
        tasks.has_due(session, {"photo"}, NOON)
    claim(database)
    looked, claimed = [one for one in seen if "tasks" in one[0]]
    for statement, parameters in (looked, claimed):
        with database.writer.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        assert any("INDEX ix_tasks_due" in str(step) for step in plan), plan
