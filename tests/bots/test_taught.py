"""Words taught over the files: what may be taught, and what a snapshot makes of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.regression import load_sentences
from bots.taught import (
    NotTeachable,
    WeightChange,
    differences,
    merged,
    read_change,
    taught,
    weights_in,
    words_of,
)
from bots.understand import understand
from config.categories import CATEGORIES
from tests.bots.lexicons import shipped

NEST = "咕噜业"
TEACHING = {NEST: {"ebike_charging.charger_shortage": 8.0}}
LABELS = [f"{one.key}.{child.key}" for one in CATEGORIES.values() for child in one.children]

words_strategy = st.dictionaries(
    st.text("咕噜业棚车灯水", min_size=2, max_size=4),
    st.dictionaries(st.sampled_from(LABELS), st.integers(0, 10), min_size=1, max_size=3),
    max_size=4,
)


def test_a_taught_word_is_understood_and_the_shipped_snapshot_is_left_alone() -> None:
    text = "去咕噜业要绕一大圈，能不能开个口"
    before = understand(text, shipped())
    found = understand(text, taught(shipped(), TEACHING))
    assert (found.category, found.subcategory) == ("ebike_charging", "charger_shortage")
    assert NEST in [one.word for one in found.evidence]
    assert understand(text, shipped()) == before != found


def test_a_known_word_weighs_what_it_was_taught_and_can_be_silenced() -> None:
    assert weights_in(shipped(), "僵尸车")["parking.zombie_car"] > 2
    heavier = taught(shipped(), {"僵尸车": {"parking.zombie_car": 2.0}})
    assert weights_in(heavier, "僵尸车")["parking.zombie_car"] == 2.0
    silent = taught(shipped(), {"僵尸车": {"parking.zombie_car": 0.0}})
    assert "parking.zombie_car" not in weights_in(silent, "僵尸车")


def test_a_taught_word_is_a_word_to_cut_by_in_its_snapshot_alone() -> None:
    text = "去咕噜业要绕一大圈"
    made = taught(shipped(), TEACHING)
    assert list(made.word_edges(text)[1:5]) == [1, 0, 0, 1]
    assert list(shipped().word_edges(text)[1:5]) != [1, 0, 0, 1]
    assert made.tokenizer is shipped().tokenizer


def test_places_and_weights_stay_with_a_taught_snapshot() -> None:
    placed = shipped().with_places({"和苑": "和平苑"})
    made = taught(placed, TEACHING)
    assert (made.places, made.weights) == (placed.places, placed.weights)
    assert understand("和苑咕噜业没灯", made).place is not None


def test_a_class_that_the_taxonomy_has_no_longer_is_passed_over() -> None:
    made = taught(shipped(), {NEST: {"ebike_charging.gone": 8.0, "weather.rain": 3.0, "pets": 2.0}})
    assert weights_in(made, NEST) == {}


def test_what_a_taught_snapshot_shares_is_as_if_all_were_built_anew() -> None:
    made = taught(
        shipped(), {"充电": {"pets.stray": 9.0}, "业主": {"noise.other": 2.0}, **TEACHING}
    )
    anew = made.with_weights(made.weights)
    for one in load_sentences():
        assert understand(one.text, made) == understand(one.text, anew)


@settings(max_examples=200, deadline=None)
@given(words_strategy, words_strategy)
def test_merging_does_not_hang_on_order_and_taking_back_leaves_nothing(
    words: dict[str, dict[str, float]], change: dict[str, dict[str, float]]
) -> None:
    total = merged(words, change)
    for word, row in change.items():
        assert total[word].items() >= row.items()
    assert merged(total, change) == total
    assert json.dumps(merged({}, total)) == json.dumps(total)
    taken_back = merged(total, {word: dict.fromkeys(row) for word, row in total.items()})
    assert taken_back == {}


def test_a_change_is_spelled_as_the_lexicon_spells() -> None:
    change = read_change({"words": {"咕噜業": {"ebike_charging": 6}}}, shipped())
    assert change == {NEST: {"ebike_charging.other": 6}}


@pytest.mark.parametrize(
    ("given_words", "problem"),
    [
        ([], "not an object"),
        ({"words": ["咕噜业"]}, "not an object"),
        ({"words": {}}, "0 words"),
        ({"words": TEACHING, "reason": "x"}, "unknown field 'reason'"),
        ({"words": {"窝": {"pets": 5}}}, "2 to 16 characters"),
        ({"words": {"电 驴": {"pets": 5}}}, "without spaces"),
        ({"words": {NEST: 5}}, "needs classes with weights"),
        ({"words": {NEST: {}}}, "needs classes with weights"),
        ({"words": {NEST: {"weather": 5}}}, "'weather' is no class"),
        ({"words": {NEST: {"pets.rain": 5}}}, "'pets.rain' is no class"),
        ({"words": {NEST: {"pets": 11}}}, "11 is no weight"),
        ({"words": {NEST: {"pets": -1}}}, "-1 is no weight"),
        ({"words": {NEST: {"pets": True}}}, "True is no weight"),
        ({"words": {NEST: {"pets": "5"}}}, "'5' is no weight"),
        ({"words": {NEST: {"pets": float("nan")}}}, "nan is no weight"),
        ({"words": {NEST: {"pets": 5}, "咕噜業": {"noise": 5}}}, "given twice"),
    ],
)
def test_what_can_not_be_taught_is_told(given_words: object, problem: str) -> None:
    with pytest.raises(NotTeachable) as refusal:
        read_change(given_words, shipped())
    assert any(problem in one for one in refusal.value.problems)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(NotTeachable) as refusal:
        read_change({"words": {"窝": {"weather": 99}}, "why": 1}, shipped())
    assert len(refusal.value.problems) == 4


def test_differences_are_by_word_and_class_over_the_files() -> None:
    words = {**TEACHING, "僵尸车": {"parking.zombie_car": 0.0}}
    shipped_weight = weights_in(shipped(), "僵尸车")["parking.zombie_car"]
    assert differences(shipped(), {}, words) == [
        WeightChange("僵尸车", "parking.zombie_car", shipped_weight, None),
        WeightChange(NEST, "ebike_charging.charger_shortage", None, 8.0),
    ]
    assert differences(shipped(), words, words) == []


def test_a_body_without_words_teaches_nothing() -> None:
    assert taught(shipped(), words_of({})) is shipped()
