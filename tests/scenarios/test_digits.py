"""A digit answers only what is open for that person."""

import pytest

from models.ticket_flow import State
from tests.chat import Town
from tests.scenarios import looking

WIRE = "3号楼楼道有人拉飞线给电瓶车充电"


@pytest.mark.parametrize("said", ["10", "11", "12", "１２"])
def test_ten_is_never_one(town: Town, said: str) -> None:
    town.person("demo-resident-1").say(WIRE)
    town.person("demo-grid_worker-1").say(said)
    assert looking.ticket(town).state == State.DISPATCHED


@pytest.mark.parametrize("said", ["12号楼", "1号楼", "1栋", "1单元", "1楼", "二楼"])
def test_a_building_is_never_an_answer(town: Town, said: str) -> None:
    town.person("demo-resident-1").say(WIRE)
    town.person("demo-grid_worker-1").say(said)
    assert looking.ticket(town).state == State.DISPATCHED


@pytest.mark.parametrize("said", ["1", "１", "1。", "① 好的", "一", " 1 "])
def test_one_is_one_however_it_is_typed(town: Town, said: str) -> None:
    town.person("demo-resident-1").say(WIRE)
    town.person("demo-grid_worker-1").say(said)
    assert looking.ticket(town).state == State.ACCEPTED


def test_an_answer_that_fits_two_tasks_is_asked_back_and_the_second_finishes_it(
    town_on_both: Town,
) -> None:
    town = town_on_both
    resident, worker = town.person("demo-resident-1"), town.person("demo-grid_worker-1")
    resident.say(WIRE)
    town.later(minutes=1)
    resident.say("楼上天天半夜吵死了")
    asked = worker.say("1").splitlines()
    assert "哪一件" in asked[0] and asked[1].startswith("1 任务 #2")
    assert "已接单 #1" in worker.say("2")
    assert looking.ticket(town, 1).state == State.ACCEPTED
    assert looking.ticket(town, 2).state == State.DISPATCHED


def test_a_digit_with_nothing_open_gets_a_kind_answer_and_opens_nothing(town: Town) -> None:
    for openid in ("demo-resident-1", "demo-resident-4", "demo-grid_worker-2"):
        assert "有事请直接说" in town.person(openid).say("1")
    assert looking.tickets(town) == 0


def test_a_number_before_a_matter_does_not_swallow_the_matter(town: Town) -> None:
    town.person("demo-resident-1").say("2 单元门口的路灯坏了三天了")
    assert looking.tickets(town) == 1


def test_a_digit_out_of_range_names_the_range(town: Town) -> None:
    resident, worker = town.person("demo-resident-1"), town.person("demo-grid_worker-1")
    resident.say(WIRE)
    worker.say("任务")
    assert "1 到 1" in worker.say("7")


def test_a_digit_goes_past_a_question_that_asks_for_words(town: Town) -> None:
    resident, worker = town.person("demo-resident-1"), town.person("demo-grid_worker-1")
    resident.say(WIRE)
    assert "请说" in worker.say("备注 1")
    worker.say("1")
    assert looking.notes(town) == []
    assert looking.ticket(town).state == State.ACCEPTED
