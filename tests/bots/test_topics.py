"""Hot topics: words on the rise, of enough matters and people, and none that names anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.lexicon import Lexicon
from bots.topics import hear, rising, strength, words_of
from models.reports.composing import Topic
from models.reports.making import Said
from tests.bots.lexicons import shipped


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return shipped()


def said(*texts: str, first: int = 1) -> list[Said]:
    """Each by somebody else."""
    return [Said(number, number, text) for number, text in enumerate(texts, first)]


def words(found: list[Topic]) -> list[str]:
    return [one.word for one in found]


def test_what_is_said_more_than_before_is_a_topic_and_what_always_is_said_is_none(
    lexicon: Lexicon,
) -> None:
    now = said(*["楼下噪音太大"] * 6, *["灭火器又过期了"] * 7)
    before = said(*["楼下噪音太大"] * 12, "灭火器又过期", first=100)
    found = rising(now, before, lexicon)
    assert words(found)[0] == "灭火器"
    assert "噪音" not in words(found)
    assert found[0].tickets == list(range(7, 14)) and found[0].before == 1


def test_few_matters_or_few_people_make_no_topic(lexicon: Lexicon) -> None:
    assert rising(said(*["灭火器又过期"] * 4), [], lexicon) == []
    by_one = [Said(number, 1, "灭火器又过期") for number in range(30)]
    assert rising(by_one, [], lexicon) == []
    assert words(rising(said(*["灭火器又过期"] * 5), [], lexicon)) == ["灭火器"]


def test_two_words_of_the_same_matters_are_one_topic(lexicon: Lexicon) -> None:
    found = words(rising(said(*["电梯故障停运"] * 8), [], lexicon))
    assert len(found) == 1


@pytest.mark.parametrize(
    "text",
    [
        "王建国天天骂人",
        "张伟家的狗",
        "13812345678 打这个电话",
        "京A12345 乱停",
        "请问小区居民什么时候处理",
        "abc 123",
    ],
)
def test_no_name_no_number_and_nothing_empty_is_a_word_of_a_topic(
    lexicon: Lexicon, text: str
) -> None:
    banned = {"王建国", "张伟", "小区", "居民", "请问", "时候", "处理", "打这个", "天天", "电话"}
    found = words_of(text, lexicon)
    assert not found & banned
    assert not any(sign.isascii() for word in found for sign in word)


counts = st.integers(0, 200)


@given(counts, counts, counts, counts)
def test_strength_has_the_sign_of_the_change(a: int, b: int, c: int, d: int) -> None:
    now, of_now, before, of_before = a, a + b + 1, c, c + d + 1
    found = strength(now, of_now, before, of_before)
    if now * of_before > before * of_now:
        assert found >= 0
    elif now * of_before < before * of_now:
        assert found <= 0
    else:
        assert abs(found) < 1e-6


def test_each_matter_counts_once_for_a_word_said_twice(lexicon: Lexicon) -> None:
    heard = hear(said("灭火器没气，另一个灭火器也没气"), lexicon)
    assert heard.tickets["灭火器"] == [1] and heard.reporters["灭火器"] == 1
