"""Suggestions from corrected tickets: they find what neighbours say, and claim no more."""

import math

from hypothesis import given
from hypothesis import strategies as st

from bots.learning import LEAST_ODDS, candidates, grams, log_odds, suggest
from bots.regression import Sentence, load_sentences
from bots.taught import taught
from bots.understand import understand
from models.tickets.corrections import Classed, Correction
from tests.bots.lexicons import shipped

NEST = "咕噜业"
TEXTS = (
    "咕噜业晚上黑漆漆的",
    "去咕噜业要绕一大圈，能不能开个口",
    "咕噜业的插口老是被人占着",
    "东边的咕噜业风一吹就晃",
    "幸福里的咕噜业什么时候能用上",
)
SENTENCES = load_sentences()


def corrected(*texts: str, before: str = "not_estate") -> list[Correction]:
    after = ("ebike_charging", "charger_shortage")
    return [
        Correction(number, 100 + number, text, (before, None), after)
        for number, text in enumerate(texts, 1)
    ]


def test_a_local_nickname_is_found_in_five_corrected_tickets() -> None:
    lexicon = shipped().with_places({"幸福里": "幸福里小区"})
    first, *_ = suggest(lexicon, {}, corrected(*TEXTS), [], SENTENCES)
    candidate = first.candidate
    assert (candidate.word, first.label) == (NEST, "ebike_charging.charger_shortage")
    assert [one.ticket_id for one in candidate.said_by] == [1, 2, 3, 4, 5]
    assert (candidate.corrected, candidate.others_with) == (5, 0)
    assert candidate.log_odds >= LEAST_ODDS
    assert first.right_after > first.right_before
    assert first.breaks == ()


def test_the_weight_is_the_least_that_sets_as_many_right() -> None:
    (one,) = suggest(shipped(), {}, corrected(*TEXTS), [], SENTENCES)

    def right(weight: int) -> int:
        lexicon = taught(shipped(), {NEST: {one.label: weight}})
        return sum(understand(text, lexicon).category == "ebike_charging" for text in TEXTS)

    assert right(one.weight) == right(10) == one.right_after
    assert one.weight == 2 or right(one.weight - 1) < one.right_after


def test_what_was_taught_already_is_not_proposed_again() -> None:
    made = suggest(shipped(), {}, corrected(*TEXTS), [], SENTENCES)
    words = {one.candidate.word: {one.label: float(one.weight)} for one in made}
    assert words
    assert suggest(shipped(), words, corrected(*TEXTS), [], SENTENCES) == []


def test_what_the_lexicon_understands_by_itself_is_not_proposed() -> None:
    known = corrected("飞线充电没人管", "又有飞线充电", "三楼飞线充电", "飞线充电太吓人")
    assert suggest(shipped(), {}, known, [], SENTENCES) == []


def test_two_tickets_are_too_few_to_learn_from() -> None:
    assert suggest(shipped(), {}, corrected(*TEXTS[:2]), [], SENTENCES) == []


def test_a_word_as_common_elsewhere_is_not_proposed() -> None:
    others = [Classed(f"咕噜业第{number}回了", "not_estate") for number in range(40)]
    assert NEST not in [one.word for one in candidates(shipped(), corrected(*TEXTS), others, [])]


def test_names_of_places_and_words_that_say_nothing_are_no_candidates() -> None:
    lexicon = shipped().with_places({"桃源里": "桃源里小区"})
    found = candidates(
        lexicon, corrected(*(f"桃源里小区的{word}物业" for word in "甲乙丙丁")), [], SENTENCES
    )
    assert found == []


def test_a_part_never_said_without_its_word_is_left_out() -> None:
    found = [one.word for one in candidates(shipped(), corrected(*TEXTS), [], SENTENCES)]
    assert NEST in found
    assert "电驴" not in found and "驴窝" not in found


def test_a_word_that_would_break_the_regression_set_is_told_and_not_built_upon() -> None:
    kept = Sentence("车位太少", "parking", "space_shortage", "normal", None, None)
    assert kept.is_met_by(understand(kept.text, shipped()))
    texts = [f"车位太少{what}" for what in "甲乙丙丁"]
    (one,) = suggest(shipped(), {}, corrected(*texts, before="parking"), [], (*SENTENCES, kept))
    assert one.candidate.word == "车位太少"
    assert kept in [moved.sentence for moved in one.breaks]


def test_nothing_corrected_suggests_nothing() -> None:
    assert suggest(shipped(), {}, [], [], SENTENCES) == []


def test_digits_and_marks_are_in_no_word() -> None:
    for word in grams("3号楼，咕噜业!!电话13800000000", shipped()):
        assert word.isalpha()
        assert 2 <= len(word) <= 6


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 400), st.integers(0, 400))
def test_log_odds_turn_round_with_the_sides_and_grow_with_the_count(
    here: int, more: int, there: int, more_there: int
) -> None:
    of_here, of_there = here + more, there + more_there
    one = log_odds(here, of_here, there, of_there)
    assert math.isclose(one, -log_odds(there, of_there, here, of_here), abs_tol=1e-9)
    if more:
        assert log_odds(here + 1, of_here, there, of_there) > one
