"""What people type, held against whole lists of it: dangers, spellings, questions."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.lexicon_files import read_word_lists
from bots.places_in_text import PlaceMention
from bots.understand import LEAST_SHOWN, understand
from config.categories import Urgency
from tests.bots.lexicons import shipped

UNSURE = 0.5
HARMLESS = {"全是烟头", "都是烟头", "全是烟蒂", "都是烟蒂", "全是烟灰", "全是烟味", "都是烟味"} | {
    *(
        "好大的烟味",
        "好大烟味",
        "墙塌了个口",
        "冒火星",
        "冒火花",
        "落水管",
        "油烟很大",
        "油烟好大",
        "围墙倒了",
        "电线冒火花",
    ),
}


def rows(name: str) -> list[tuple[str, str]]:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    pairs = (line.split(" ", 1) for line in lines if not line.startswith("#"))
    return [(first, rest) for first, rest in pairs]


def place(text: str) -> PlaceMention | None:
    return understand(text, shipped()).place


@pytest.mark.parametrize(("sign", "text"), rows("dangers.txt"))
def test_a_danger_is_an_emergency_when_it_is_there_now(sign: str, text: str) -> None:
    found = understand(text, shipped())
    assert (found.urgency is Urgency.EMERGENCY) == (sign == "+")
    assert (found.emergency is not None) == (sign == "+")


@pytest.mark.parametrize(("category", "text"), rows("spellings.txt"))
def test_a_text_is_read_however_it_is_spelled(category: str, text: str) -> None:
    found = understand(text, shipped())
    assert found.category == category and found.evidence


def test_spellings_are_read_with_certainty() -> None:
    sure = [understand(text, shipped()).confidence >= UNSURE for _, text in rows("spellings.txt")]
    assert sum(sure) / len(sure) >= 0.95


def test_questions_are_told_from_complaints() -> None:
    wrong = [
        text
        for intent, text in rows("intents.txt")
        if understand(text, shipped()).intent.value != intent
    ]
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(
    ("text", "building", "unit", "room"),
    [
        ("3#2-501漏水", "3", "2", "501"),
        ("3-2-501漏水", "3", "2", "501"),
        ("三栋二单元501漏水", "3", "2", "501"),
        ("叁号楼路灯不亮", "3", None, None),
        ("３號樓路燈不亮", "3", None, None),
        ("③号楼路灯不亮", "3", None, None),
        ("A座1203漏水", "A", None, "1203"),
        ("11-1101漏水", "11", None, "1101"),
    ],
)
def test_an_address_is_read_in_any_form(
    text: str, building: str, unit: str | None, room: str | None
) -> None:
    found = place(text)
    assert found is not None
    assert (found.building, found.unit, found.room) == (building, unit, room)


def test_afterwards_is_not_the_back_door() -> None:
    assert place("进去以后门开开合合十几次") is None


def test_no_listed_word_hides_a_danger_that_stands_inside_it() -> None:
    drafts = read_word_lists().drafts
    dangers = [word for word, draft in drafts.items() if draft.emergencies]
    hiding = {
        word
        for word, draft in drafts.items()
        if not draft.emergencies and not draft.sign
        for danger in dangers
        if danger in word
    }
    assert hiding <= HARMLESS


@settings(max_examples=150, deadline=None)
@given(
    st.text(
        "的一是在不了有和人这中大来上个说们我他到地就要去你对开楼水电车门路灯?，。", max_size=40
    )
)
def test_without_evidence_nothing_is_claimed(text: str) -> None:
    found = understand(text, shipped())
    assert all(one.weight >= LEAST_SHOWN for one in found.evidence)
    if not found.evidence:
        assert found.confidence < UNSURE
