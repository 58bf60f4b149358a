"""The regression set against two lexicons: what moves, what breaks, what is mended."""

from dataclasses import replace

import pytest

from bots.regression import SENTENCES, Sentence, broken, load_sentences, moved
from bots.taught import taught
from bots.understand import understand
from config.categories import CATEGORIES, Urgency
from tests.bots.lexicons import shipped

SHORTAGE = Sentence("车位太少", "parking", "space_shortage", "normal", "report", None)
WRONG = taught(shipped(), {"车位太少": {"pets.stray": 10.0, "parking.space_shortage": 0.0}})


def test_every_line_of_the_set_is_a_sentence_of_a_class_that_exists() -> None:
    sentences = load_sentences()
    assert len(sentences) == len(SENTENCES.read_text("utf-8").splitlines()) >= 400
    for one in sentences:
        assert CATEGORIES[one.category].child(one.subcategory)
        assert one.text.strip() and one.urgency in set(Urgency)


def test_the_same_lexicon_moves_nothing() -> None:
    assert moved(load_sentences(), shipped(), shipped()) == []


def test_a_sentence_that_was_right_and_is_wrong_is_broken_and_the_other_way_mended() -> None:
    (one,) = broken([SHORTAGE], shipped(), WRONG)
    assert (one.before.category, one.after.category) == ("parking", "pets")
    assert broken([SHORTAGE], WRONG, shipped()) == []
    (back,) = moved([SHORTAGE], WRONG, shipped())
    assert back.is_mended and not back.is_broken


def test_a_sentence_that_was_wrong_before_can_not_be_broken() -> None:
    never = replace(SHORTAGE, category="noise", subcategory="traffic")
    (one,) = moved([never], shipped(), WRONG)
    assert not one.is_broken and not one.is_mended


@pytest.mark.parametrize(
    "other",
    [
        replace(SHORTAGE, subcategory="disorderly"),
        replace(SHORTAGE, urgency="urgent"),
        replace(SHORTAGE, intent="praise"),
        replace(SHORTAGE, place={"building": "3"}),
    ],
)
def test_child_urgency_intent_and_place_count_too(other: Sentence) -> None:
    found = understand(SHORTAGE.text, shipped())
    assert SHORTAGE.is_met_by(found)
    assert not other.is_met_by(found)


def test_a_place_is_met_part_by_part() -> None:
    sentence = Sentence(
        "3号楼车位太少", "parking", "space_shortage", "normal", None, {"building": "3"}
    )
    found = understand(sentence.text, shipped())
    assert sentence.is_met_by(found)
    assert not replace(sentence, place=None).is_met_by(found)
