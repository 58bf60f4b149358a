"""Scoring a text: where a word stands, what is denied, what is shared."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bots.classifier import (
    child_scores,
    class_scores,
    contributions,
    probabilities,
    read,
    urgent_score,
    worth,
)
from bots.lexicon import CLASS_INDEX
from tests.bots.lexicons import shipped


def test_a_word_is_worth_most_in_the_title_and_less_further_down() -> None:
    assert worth(0, 10) > worth(12, 10) > worth(100, 10) > worth(400, 10)
    assert worth(0, 0) > worth(200, 0)


def test_a_denied_word_is_left_out() -> None:
    said = {entry.word for entry in read("不是停车的事，是路灯坏了", shipped()).values}
    assert "停车" not in said and "路灯坏了" in said
    said = {entry.word for entry in read("是不是停车费又涨了", shipped()).values}
    assert any(word.startswith("停车费") for word in said)


def test_saying_it_again_counts_a_little_and_not_without_end() -> None:
    once, many = (read("噪音。" * count, shipped()) for count in (1, 50))
    assert max(many.values.values()) > max(once.values.values())
    assert max(many.values.values()) < 2 * max(once.values.values())


def test_the_words_of_a_rule_share_its_weight() -> None:
    spoke = contributions(
        read("电瓶车停在楼道里充着电", shipped()), shipped(), CLASS_INDEX["ebike_charging"]
    )
    assert {"电瓶车", "充着电", "楼道里"} <= set(spoke)


def test_contributions_and_bias_make_up_the_score() -> None:
    reading = read("楼上半夜拖椅子，吵得睡不着", shipped())
    index = CLASS_INDEX["noise"]
    spoke = contributions(reading, shipped(), index)
    score = class_scores(reading, shipped())[index]
    assert score <= sum(spoke.values()) + shipped().bias[index] + 1e-9


def test_children_are_scored_by_the_weights_people_wrote() -> None:
    scores = child_scores(read("僵尸车占着车位", shipped()), "parking")
    assert max(scores, key=lambda child: scores[child]) == "zombie_car"


def test_danger_counts_the_same_wherever_it_stands() -> None:
    early = read("飞线充电。" + "物业不管。" * 60, shipped())
    late = read("物业不管。" * 60 + "飞线充电。", shipped())
    assert urgent_score(early) == urgent_score(late) > 0


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=20), st.floats(0.1, 10))
def test_probabilities_sum_to_one(scores: list[float], temperature: float) -> None:
    likely = probabilities(scores, temperature)
    assert math.isclose(sum(likely), 1.0, rel_tol=1e-9)
    assert likely[scores.index(max(scores))] == max(likely)
