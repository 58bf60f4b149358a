"""Words in place of a digit."""

import pytest

from bots import answers
from bots.answers import SOLVED, Answer


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("满意", 4),
        ("很满意!", 5),
        ("不满意", 2),
        ("很不满意", 1),
        ("没解决", 0),
        ("还是没解决", 0),
        ("解决了,谢谢", SOLVED),
        ("谢谢你们,非常满意", 5),
        ("一般吧", 3),
    ],
)
def test_a_rating_is_understood_in_words(text: str, rating: int) -> None:
    found = answers.read(text)
    assert found is not None and found.rating == rating


@pytest.mark.parametrize(
    "text", ["", "...", "楼道灯不亮", "物业不满意我们提意见", "好的路灯坏了", "收到一张假罚单"]
)
def test_what_says_more_is_no_answer(text: str) -> None:
    assert answers.read(text) is None


def test_yes_depends_on_what_was_asked() -> None:
    truth, promise = answers.read("是的"), answers.read("收到")
    assert truth is not None and (truth.truth, truth.promise) == (1, None)
    assert promise is not None and (promise.truth, promise.promise) == (None, 1)


def test_thanks_are_nothing_but_courtesy() -> None:
    assert answers.read("谢谢") == answers.read("谢谢啦!") == Answer(is_courtesy=True)


@pytest.mark.parametrize(
    ("text", "is_done"),
    [
        ("已拆除飞线", True),
        ("今天下午已修好", True),
        ("现场看了,没有发现", True),
        ("明天上午去修", False),
        ("正在联系厂家", False),
        ("马上去", False),
    ],
)
def test_a_plan_is_told_from_a_result(text: str, is_done: bool) -> None:
    assert answers.says_done(text) is is_done
