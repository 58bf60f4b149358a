"""The resident's word on what was done: by digit, by command, in words."""

import pytest

from models.ticket_flow import Level, State
from tests.chat import Talker, Town
from tests.scenarios import looking

WIRE = "3号楼楼道有人拉飞线给电瓶车充电"


@pytest.fixture
def resident(town: Town) -> Talker:
    """Whose matter has just been finished."""
    talker = town.person("demo-resident-1")
    finished(town, talker)
    return talker


def finished(town: Town, talker: Talker, number: int = 1, words: str = WIRE) -> None:
    talker.say(words)
    town.later(minutes=1)
    town.person("demo-grid_worker-1").say(f"办结 {number} 已拆除")


@pytest.mark.parametrize(
    ("said", "solved", "stars"),
    [
        ("5", True, 5),
        ("３", True, 3),
        ("评价 1 4", True, 4),
        ("评价 5星", True, 5),
        ("很满意！", True, 5),
        ("满意", True, 4),
        ("谢谢你们，非常满意", True, 5),
        ("还行吧", True, 3),
        ("解决了，谢谢", True, None),
        ("修好了", True, None),
    ],
)
def test_a_happy_word_archives_the_matter(
    town: Town, resident: Talker, said: str, solved: bool, stars: int | None
) -> None:
    assert "谢谢您的评价" in resident.say(said)
    kept = looking.ticket(town)
    assert (kept.state, kept.is_solved, kept.stars) == (State.ARCHIVED, solved, stars)


@pytest.mark.parametrize("said", ["0", "1", "2", "没解决", "还是没解决", "不满意", "评价 1 太差了"])
def test_an_unhappy_word_has_it_taken_up_again_a_level_up(
    town: Town, resident: Talker, said: str
) -> None:
    assert "重新办理" in resident.say(said)
    kept = looking.ticket(town)
    assert (kept.state, kept.level, kept.reopens) == (State.DISPATCHED, Level.COMMUNITY, 1)


def test_it_is_taken_up_again_only_once(town: Town, resident: Talker) -> None:
    resident.say("没解决")
    town.person("demo-community_staff-1").say("办结 1 又去了一次，收了线")
    assert "已归档" in resident.say("1")
    assert looking.ticket(town).state == State.ARCHIVED
    assert looking.ticket(town).stars == 1


def test_what_is_still_wrong_is_asked_and_reaches_who_has_it_now(
    town: Town, resident: Talker
) -> None:
    resident.say("没解决")
    assert "已补充" in resident.say("线还挂在二楼")
    assert "线还挂在二楼" in town.person("demo-community_staff-1").received()[-1]


def test_words_beside_the_digit_are_kept(town: Town, resident: Talker) -> None:
    resident.say("1 线还挂在那里")
    assert "线还挂在那里" in looking.notes(town)


def test_thanks_alone_are_no_rating(town: Town, resident: Talker) -> None:
    assert "不客气" in resident.say("好的，谢谢")
    assert looking.ticket(town).state == State.RESOLVED


def test_an_answer_that_fits_two_is_asked_back_and_the_second_answer_rates(
    town: Town, resident: Talker
) -> None:
    finished(town, resident, 2, "楼上天天半夜吵死了")
    asked = resident.say("5")
    assert "哪一件" in asked and "#1" in asked and "#2" in asked
    assert "1 给 #2 打分" in asked
    resident.say("2")
    assert looking.ticket(town, 1).stars == 5
    assert looking.ticket(town, 2).state == State.RESOLVED


def test_rating_something_unfinished_is_explained(town: Town) -> None:
    resident = town.person("demo-resident-1")
    resident.say(WIRE)
    assert "办结后会请您打分" in resident.say("评价 1 5")
    assert "没有等您评价" in resident.say("评价")


def test_ratings_are_not_shown_to_staff_by_rater(town: Town, resident: Talker) -> None:
    resident.say("3")
    worker = town.person("demo-grid_worker-1")
    assert not any("满意" in text or "评价" in text for text in worker.received())
    assert "星" not in worker.say("进度 1")
