"""What the product understands of a message, over sentences written for it."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.regression import Sentence, load_sentences
from bots.understand import Understanding, understand
from config.categories import CATEGORIES, Intent, Urgency
from tests.bots.lexicons import shipped

UNSURE = 0.5

SENTENCES = load_sentences()


def read(text: str, title: str | None = None) -> Understanding:
    return understand(text, shipped(), title)


def share(met: Iterable[bool]) -> float:
    counted = list(met)
    return sum(counted) / len(counted)


@pytest.fixture(scope="module")
def found() -> list[tuple[Sentence, Understanding]]:
    return [(one, read(one.text)) for one in SENTENCES]


@pytest.mark.parametrize("category", CATEGORIES)
def test_no_class_of_the_regression_set_falls_below_its_floor(
    category: str, found: list[tuple[Sentence, Understanding]]
) -> None:
    own = [(one, got) for one, got in found if one.category == category]
    given = [one.category for one, got in found if got.category == category]
    assert share(got.category == category for _, got in own) >= 0.91
    assert share(got.subcategory == one.subcategory for one, got in own) >= 0.80
    assert share(label == category for label in given) >= 0.91


@pytest.mark.parametrize(
    ("part", "floor"),
    [("category", 0.97), ("subcategory", 0.94), ("urgency", 0.99), ("intent", 0.97)],
)
def test_the_regression_set_as_a_whole_is_above_its_floor(
    part: str, floor: float, found: list[tuple[Sentence, Understanding]]
) -> None:
    known = [(one, got) for one, got in found if getattr(one, part) is not None]
    assert share(getattr(got, part) == getattr(one, part) for one, got in known) >= floor


def test_places_and_everything_else_of_a_sentence_are_understood_together(
    found: list[tuple[Sentence, Understanding]],
) -> None:
    placed = [(one, got) for one, got in found if one.place is not None]
    assert share(got.place is not None for _, got in placed) >= 0.99
    assert share(one.is_met_by(got) for one, got in found) >= 0.91


def test_the_regression_set_has_every_child_of_every_category_twice() -> None:
    count = Counter((one.category, one.subcategory) for one in SENTENCES)
    every = [(one.key, child.key) for one in CATEGORIES.values() for child in one.children]
    assert [pair for pair in every if count[pair] < 2] == []
    assert len({one.text for one in SENTENCES}) == len(SENTENCES) >= 1300


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


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("louxia tingche luan停", "parking"),
        ("EV charger在哪里有", "ebike_charging"),
        ("wifi老断", "water_power_heat"),
        ("莫得水了", "water_power_heat"),
        ("電瓶車在樓道裡充電", "ebike_charging"),
        ("垃圾没人收都生蛆了🤮", "sanitation"),
        ("嗯那个我想说一下就是我们小区没有地方给电动车充电", "ebike_charging"),
        ("不是停车的事，是噪音", "noise"),
        ("不是装修的事，是对门那个监控照着我家客厅", "neighbor_dispute"),
    ],
)
def test_fragments_dialect_and_what_is_excluded_are_read(text: str, category: str) -> None:
    assert read(text).category == category


def test_asking_what_to_do_if_it_burnt_is_an_enquiry_and_no_emergency() -> None:
    got = read("万一着火怎么办")
    assert (got.intent, got.emergency) == (Intent.ENQUIRY, None)
    assert got.urgency is not Urgency.EMERGENCY


def test_a_danger_to_life_stays_one_though_its_class_is_weak() -> None:
    got = read("救命，我和孩子困里面了，电梯不动")
    assert got.urgency is Urgency.EMERGENCY
    faint = read("有人落水了")
    assert faint.urgency is Urgency.EMERGENCY and faint.confidence < UNSURE


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all_is_understood_without_failing(text: str) -> None:
    found = read(text)
    assert found.category in CATEGORIES
    assert found.subcategory in {child.key for child in CATEGORIES[found.category].children}
    assert 0.0 <= found.confidence <= 1.0
    assert isinstance(found.intent, Intent)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([one.text for one in SENTENCES]), min_size=1, max_size=3))
def test_every_word_of_the_evidence_was_said(texts: list[str]) -> None:
    text = "，".join(texts)
    normalised = shipped().spelling.normalise(text)
    got = read(text)
    for one in got.evidence:
        assert one.word in normalised
        assert one.weight > 0


def test_without_its_words_the_class_changes_or_becomes_unsure(
    found: list[tuple[Sentence, Understanding]],
) -> None:
    held = []
    for one, got in found:
        bare = shipped().spelling.normalise(one.text)
        for word in sorted((said.word for said in got.evidence), key=len, reverse=True):
            bare = bare.replace(word, "，")
        again = read(bare)
        if again.category == got.category and again.confidence >= UNSURE:
            held.append((one.text, bare, again.category, again.confidence))
    assert held == []


def test_the_same_text_gives_the_same_understanding() -> None:
    text = "12号楼楼道灯不亮，老人上楼摸黑"
    assert read(text) == read(text)
