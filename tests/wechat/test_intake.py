"""Deliveries at once, late replies, faults: one row, one reply, and nothing lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from structlog.testing import capture_logs

from models.errors import StoreBusy

from .door import Door, later
from .sender import text_push


def fail(*_: Any) -> str:
    raise LookupError("路灯坏了")


@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
def test_three_deliveries_at_once_give_one_row_and_one_reply(either_door: Door, mode: str) -> None:
    sender = either_door.sender(mode)
    together = threading.Barrier(3)

    def deliver(_: int) -> str:
        together.wait()
        return sender.said(sender.push(text_push("路灯坏了"), either_door.at))

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(deliver, range(3))) == {"第1件：了坏灯路"}
    assert [row.deliveries for row in either_door.rows()] == [3]
    assert either_door.done("work") == ["路灯坏了"]


def test_a_repeat_during_the_work_waits_and_gets_the_same_reply(either_door: Door) -> None:
    began, may_end = threading.Event(), threading.Event()

    def slowly(*_: Any) -> str:
        began.set()
        assert may_end.wait(10)
        return "已登记"

    either_door.answer = slowly
    sender = either_door.sender()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sender.push, text_push("路灯"), either_door.at)
        assert began.wait(10)
        second = pool.submit(sender.push, text_push("路灯"), either_door.at)
        assert not second.done()
        may_end.set()
        assert {sender.said(first.result()), sender.said(second.result())} == {"已登记"}
    assert len(either_door.seen) == 1


def test_a_repeat_of_work_that_failed_does_it_itself(either_door: Door) -> None:
    sender = either_door.sender()
    either_door.answer = fail
    assert sender.push(text_push("路灯"), either_door.at).status_code == 503
    either_door.answer = None
    assert sender.said(sender.push(text_push("路灯"), either_door.at)) == "第1件：灯路"
    (row,) = either_door.rows()
    assert (row.outcome, row.kept) == ("answered", None)


def test_failed_work_leaves_nothing_half_done_but_what_was_said(either_door: Door) -> None:
    def halfway(session: Any, *rest: Any) -> str:
        either_door.answer = None
        either_door.work(session, *rest)
        either_door.answer = halfway
        raise LookupError

    either_door.answer = halfway
    assert either_door.sender().push(text_push("路灯"), either_door.at).status_code == 503
    assert either_door.done("work") == []
    (row,) = either_door.rows()
    assert (row.outcome, row.reply, row.kept and row.kept["text"]) == ("pending", None, "路灯")


def test_the_third_failure_apologises_and_calls_a_person(either_door: Door) -> None:
    either_door.answer = fail
    sender = either_door.sender("secure")
    pushes = [sender.push(text_push("路灯"), either_door.at) for _ in range(4)]
    assert [push.status_code for push in pushes] == [503, 503, 200, 200]
    assert {sender.said(push) for push in pushes[2:]} == {"抱歉，已转给工作人员"}
    assert either_door.done("handed") == ["路灯"]
    (row,) = either_door.rows()
    assert (row.outcome, row.kept and row.kept["text"]) == ("failed", "路灯")
    assert len(either_door.seen) == 3


def test_a_fault_before_the_transaction_is_treated_alike(door: Door) -> None:
    door.prepare = fail
    pushes = [door.sender().push(text_push("路灯"), door.at) for _ in range(3)]
    assert [push.status_code for push in pushes] == [503, 503, 200]
    assert door.done("handed") == ["路灯"]


def test_a_failing_apology_still_keeps_what_was_said(door: Door) -> None:
    door.answer = door.on_failure = fail
    for _ in range(4):
        assert door.sender().push(text_push("路灯"), door.at).status_code == 503
    (row,) = door.rows()
    assert (row.outcome, row.kept and row.kept["text"]) == ("pending", "路灯")


def test_a_busy_store_keeps_nothing_and_asks_for_a_repeat(door: Door) -> None:
    def busy(*_: Any) -> str:
        raise StoreBusy

    door.answer = busy
    assert door.sender().push(text_push("路灯"), door.at).status_code == 503
    assert door.rows() == []
    door.answer = None
    assert door.sender().push(text_push("路灯"), door.at).status_code == 200


def test_a_lock_held_too_long_asks_for_a_repeat(postgresql_door: Door) -> None:
    door = postgresql_door
    sender = door.sender()
    began, may_end = threading.Event(), threading.Event()

    def slowly(*_: Any) -> str:
        began.set()
        assert may_end.wait(10)
        return "已登记"

    door.answer = slowly
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(sender.push, text_push("路灯"), door.at)
        assert began.wait(10)
        assert sender.push(text_push("路灯"), door.at).status_code == 503
        may_end.set()
        assert sender.said(first.result()) == "已登记"
    assert sender.said(sender.push(text_push("路灯"), door.at)) == "已登记"
    assert len(door.seen) == 1


def test_a_reply_that_is_late_goes_apart_once(either_door: Door) -> None:
    def slowly(*_: Any) -> str:
        later(either_door, 4.6)
        return "已登记"

    either_door.answer = slowly
    sender = either_door.sender("secure")
    assert sender.push(text_push("路灯"), either_door.at).text == "success"
    (row,) = either_door.rows()
    assert (row.reply, row.is_deferred) == ("已登记", True)
    assert either_door.done("late") == [f"{row.id}:已登记"]
    assert sender.push(text_push("路灯"), either_door.at).text == "success"
    assert len(either_door.done("late")) == 1


def test_a_reply_just_in_time_is_the_answer(door: Door) -> None:
    def slowly(*_: Any) -> str:
        later(door, 4.4)
        return "已登记"

    door.answer = slowly
    assert door.sender().said(door.sender().push(text_push("路灯"), door.at)) == "已登记"
    assert door.done("late") == []


def test_nothing_to_say_is_never_late(door: Door) -> None:
    door.answer = lambda *_: later(door, 60)
    assert door.sender().push(text_push("路灯"), door.at).text == "success"
    assert door.done("late") == []
    assert not door.rows()[0].is_deferred


def test_a_slow_commit_sends_the_reply_apart_too(either_door: Door) -> None:
    either_door.after_commit = lambda: later(either_door, 5)
    assert either_door.sender().push(text_push("路灯"), either_door.at).text == "success"
    (row,) = either_door.rows()
    assert row.is_deferred
    assert either_door.done("late") == [f"{row.id}:第1件：灯路"]


def test_a_late_reply_that_a_repeat_has_carried_is_not_sent_again(either_door: Door) -> None:
    sender = either_door.sender()
    said: list[str] = []

    def commit_slowly_while_a_repeat_comes() -> None:
        either_door.after_commit = None
        said.append(sender.said(sender.push(text_push("路灯"), either_door.at)))
        later(either_door, 5)

    either_door.after_commit = commit_slowly_while_a_repeat_comes
    assert sender.push(text_push("路灯"), either_door.at).text == "success"
    assert said == ["第1件：灯路"]
    assert either_door.done("late") == []


def test_a_fault_is_logged_by_kind_and_place_without_its_words(door: Door) -> None:
    door.answer = fail
    with capture_logs() as entries:
        door.sender().push(text_push("路灯坏了"), door.at)
    (entry,) = (e for e in entries if e["log_level"] != "debug")
    assert (entry["event"], entry["fault"]) == ("work_failed", "LookupError")
    assert "test_intake.py" in entry["at"][-1]
    assert "路灯" not in str(entry)
