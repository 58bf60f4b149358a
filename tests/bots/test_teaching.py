"""What teaching a word would change is known before, and what can not be taught is told why."""

from functools import cache

import pytest
from hypothesis import given, settings

from bots.lexicon import Lexicon
from bots.regression import load_sentences
from bots.taught import taught
from bots.teaching import Teacher, WordUnfit, lines_of, words_in
from bots.understand import understand
from tests.bots.lexicons import shipped
from tests.bots.test_taught import words_strategy

SPACE = "parking.space_shortage"
TAUGHT = {"咕噜业": {SPACE: 8.0}, "停车位满": {SPACE: 0.0}}


@cache
def teacher() -> Teacher:
    return Teacher(shipped(), TAUGHT)


@pytest.mark.parametrize(
    ("word", "label", "weight", "why"),
    [
        ("车", SPACE, 5, "length"),
        ("车 位", SPACE, 5, "length"),
        ("很" * 17, SPACE, 5, "length"),
        ("咕噜棚", "parking.nothing", 5, "class"),
        ("咕噜棚", "parking", 5, "class"),
        ("咕噜棚", SPACE, 0, "weight"),
        ("咕噜棚", SPACE, 11, "weight"),
        ("咕噜业", SPACE, 8, "same"),
        ("僵尸车", "noise.equipment", 3, "outweighed"),
    ],
)
def test_what_can_not_be_taught_is_refused_with_its_reason(
    word: str, label: str, weight: int, why: str
) -> None:
    with pytest.raises(WordUnfit) as refused:
        teacher().with_word(word, label, weight)
    assert refused.value.context["why"] == why
    if why == "outweighed":
        assert refused.value.context["label"] == "停车·僵尸车"


def test_a_word_is_taught_changed_silenced_and_taken_back() -> None:
    assert [one.weight for one in teacher().weighings("咕噜业")] == [8.0]
    assert [(one.weight, one.shipped) for one in teacher().weighings("停车位满")] == [(0.0, 6.0)]
    assert teacher().with_word("咕噜业", SPACE, 9)["咕噜业"] == {SPACE: 9.0}
    assert teacher().with_word("僵尸车", "noise.equipment", 10)["僵尸车"]
    assert "咕噜业" not in teacher().without_word("咕噜业", SPACE)
    assert teacher().without_word("僵尸车", "parking.zombie_car")["僵尸车"] == {
        "parking.zombie_car": 0.0
    }
    assert "停车位满" not in teacher().as_shipped("停车位满", SPACE)
    for refused in (teacher().without_word, teacher().as_shipped):
        with pytest.raises(WordUnfit):
            refused("咕噜咕噜", SPACE)
    with pytest.raises(WordUnfit):
        teacher().as_shipped("僵尸车", "parking.zombie_car")
    assert "僵尸车辆" not in teacher().near("僵尸车", 0) and teacher().near("车位")[0] != "车位"


@settings(max_examples=10, deadline=None)
@given(words_strategy)
def test_what_a_trial_leaves_unread_would_not_have_moved(after: dict[str, dict[str, int]]) -> None:
    words = {word: {label: float(one) for label, one in row.items()} for word, row in after.items()}
    sentences = load_sentences()[::90]
    texts = [*(one.text for one in sentences), *(f"楼下的{word}又坏了" for word in words), "咕噜业"]
    old, new = taught(shipped(), TAUGHT), taught(shipped(), words)
    trial = teacher().trial(words, texts, sentences)
    assert [one.text for one in trial.rereads] == [
        one for one in texts if class_of(one, old) != class_of(one, new)
    ]
    assert [one.sentence for one in trial.broken] == [
        one
        for one in sentences
        if one.is_met_by(understand(one.text, old)) and not one.is_met_by(understand(one.text, new))
    ]
    assert trial.looked_at == len(texts)


def class_of(text: str, lexicon: Lexicon) -> tuple[str, str]:
    found = understand(text, lexicon)
    return found.category, found.subcategory


@settings(max_examples=50, deadline=None)
@given(words_strategy)
def test_lines_are_read_as_they_were_written(words: dict[str, dict[str, int]]) -> None:
    said = {word: {label: float(one) for label, one in row.items()} for word, row in words.items()}
    assert words_in("\n".join(lines_of(said)), shipped()) == said


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("咕噜业", "line"),
        ("咕噜业 停车·没有 5", "line"),
        ("咕噜业 停车·车位不足 很多", "line"),
        ("咕噜业 停车·车位不足 nan", "line"),
        ("咕噜业 停车·车位不足 11", "line"),
        ("车 停车·车位不足 5", "length"),
        ("咕噜业 停车·车位不足 5\n咕噜业 停车·车位不足 6", "twice"),
    ],
)
def test_a_line_that_is_not_understood_is_shown_with_the_reason(line: str, why: str) -> None:
    with pytest.raises(WordUnfit) as refused:
        words_in(line, shipped())
    assert refused.value.context["why"] == why
