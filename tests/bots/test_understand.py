"""What the product understands of a message, over sentences written for it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.understand import Understanding, understand
from config.categories import CATEGORIES, Intent, Urgency
from config.policy import HERE
from tests.bots.lexicons import shipped

REGRESSION = HERE / "regression.jsonl"

UNSURE = 0.5

ROWS = [json.loads(line) for line in REGRESSION.read_text("utf-8").splitlines()]


def read(text: str, title: str | None = None) -> Understanding:
    return understand(text, shipped(), title)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][:12])
def test_every_sentence_of_the_regression_set_is_understood(row: dict[str, Any]) -> None:
    found = read(row["text"])
    assert (found.category, found.subcategory) == (row["category"], row["subcategory"])
    assert found.urgency == row["urgency"]
    if "intent" in row:
        assert found.intent == row["intent"]
    if row["place"] is None:
        assert found.place is None
    else:
        for part, value in row["place"].items():
            assert getattr(found.place, part) == value


def test_the_regression_set_has_every_child_of_every_category() -> None:
    covered = {(row["category"], row["subcategory"]) for row in ROWS}
    every = {(one.key, child.key) for one in CATEGORIES.values() for child in one.children}
    assert every <= covered
    assert len(ROWS) >= 200


def test_a_zombie_car_in_the_garage_is_a_parking_matter() -> None:
    found = read("地下车库又有僵尸车占着车位")
    assert (found.category, found.subcategory) == ("parking", "zombie_car")
    assert found.place is not None and found.place.spot == "地下车库"
    assert "僵尸车" in [one.word for one in found.evidence]


def test_a_rise_of_the_fee_is_a_fee_matter_though_the_company_is_blamed() -> None:
    found = read("物业费一年涨了两次，也不公示")
    assert (found.category, found.subcategory) == ("property_fee", "fee_standard")
    assert found.evidence and found.urgency is Urgency.NORMAL


def test_a_flying_wire_is_urgent_and_has_its_building() -> None:
    found = read("3号楼楼道有人拉飞线给电瓶车充电")
    assert (found.category, found.subcategory) == ("ebike_charging", "flying_wire_charging")
    assert found.urgency is Urgency.URGENT
    assert found.place is not None and found.place.building == "3"


def test_what_is_denied_is_not_the_matter() -> None:
    assert read("不是停车的事，是路灯坏了").category == "facility"
    assert read("跟物业费无关，我说的是电梯经常停运").category == "elevator"


def test_the_title_carries_the_matter() -> None:
    body = "物业一直不作为，停车也乱，垃圾也多，打了很多电话"
    assert read(body, title="2栋电梯一个月坏了六次").category == "elevator"


def test_a_blank_or_wordless_message_is_unsure_and_says_so() -> None:
    for text in ("", "   ", "？？？", "。", "asdf", "👍"):
        found = read(text)
        assert found.evidence == ()
        assert found.confidence < 0.3


def test_alternatives_are_four_and_the_best_comes_first() -> None:
    found = read("楼下充电桩半夜嗡嗡响")
    chances = [chance for _, chance in found.alternatives]
    assert len(chances) == 4 and chances == sorted(chances, reverse=True)
    assert found.alternatives[0] == (found.category, found.confidence)


@pytest.mark.parametrize(
    "text",
    [
        "電梯壞了沒人修",
        "楼道里的　路　灯不亮",
        "３号楼的垃圾没人收",
        "领居把鞋柜放過道",
        "电频车上楼冲电",
    ],
)
def test_widths_traditional_forms_and_slips_are_read(text: str) -> None:
    found = read(text)
    assert found.category in {
        "elevator",
        "facility",
        "sanitation",
        "neighbor_dispute",
        "ebike_charging",
    }
    assert found.confidence > 0.5


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all_is_understood_without_failing(text: str) -> None:
    found = read(text)
    assert found.category in CATEGORIES
    assert found.subcategory in {child.key for child in CATEGORIES[found.category].children}
    assert 0.0 <= found.confidence <= 1.0
    assert isinstance(found.intent, Intent)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([row["text"] for row in ROWS]), min_size=1, max_size=3))
def test_every_word_of_the_evidence_was_said(texts: list[str]) -> None:
    text = "，".join(texts)
    normalised = shipped().spelling.normalise(text)
    found = read(text)
    assert found.evidence
    for one in found.evidence:
        assert one.word in normalised
        assert one.weight > 0


@pytest.mark.parametrize("row", ROWS[::7], ids=lambda row: row["text"][:12])
def test_without_its_words_the_class_changes_or_becomes_unsure(row: dict[str, Any]) -> None:
    found = read(row["text"])
    bare = shipped().spelling.normalise(row["text"])
    for one in found.evidence:
        bare = bare.replace(one.word, "，")
    again = read(bare)
    assert again.category != found.category or again.confidence < UNSURE


def test_the_same_text_gives_the_same_understanding() -> None:
    text = "12号楼楼道灯不亮，老人上楼摸黑"
    assert read(text) == read(text)
