"""Texts that met no answer: which of them ask about the same."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bots.answering import NEW, answered
from bots.unanswered import accuses, alike, group_of, grouped, terms_of
from models.directory.lists import Listed
from models.places import AreaKind
from models.unanswered.lists import Saying, Source, Trouble
from tests.bots.lexicons import shipped
from tests.factories import MORNING

SAID = (
    *("食堂几点开门", "请问食堂什么时候开饭", "食堂在哪"),
    *("居住证怎么办", "办居住证要什么材料", "居住证续签去哪办"),
    *("哪里可以打疫苗", "狗疫苗去哪打", "我家的猫打疫苗去哪儿", "有没有乒乓球室"),
)


def sayings(*texts: str) -> list[Saying]:
    """One after the other."""
    return [
        Saying(
            *(Source(place), text, MORNING + timedelta(minutes=place), None, True),
            Trouble.NO_ENTRY,
        )
        for place, text in enumerate(texts, 1)
    ]


def test_what_asks_about_the_same_stands_together_however_it_is_asked() -> None:
    found = grouped(sayings(*SAID), shipped())
    assert [sorted(one.text for one in group.texts) for group in found] == [
        sorted(SAID[6:9]),
        sorted(SAID[3:6]),
        sorted(SAID[:3]),
        [SAID[9]],
    ]
    food = group_of(found, "t1")
    assert food is not None and food.latest.text == "食堂在哪"
    assert food.words(1) == ["食堂"] and group_of(found, "q1") is None
    assert len({*food.words(9)}) == len(food.words(9)) <= 9


def test_names_of_places_numbers_and_words_of_asking_say_nothing_of_what_is_asked() -> None:
    lexicon = shipped().with_places({"幸福里": "幸福里小区"})
    assert terms_of("请问幸福里3号楼的食堂在哪里?", lexicon) == {"食堂"}
    assert terms_of("在吗", lexicon) == {"在吗"}  # what is nothing else stays as it is
    assert terms_of("我的电话13812345678", lexicon).isdisjoint({"13812345678"})


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from((*SAID, "啊", "", "???", "快递柜怎么收费")), max_size=12))
def test_every_text_is_in_one_group_and_a_new_one_moves_none_of_them(texts: list[str]) -> None:
    said = sayings(*texts)
    found = grouped(said, shipped())
    assert sorted(one.key for group in found for one in group.texts) == sorted(
        one.key for one in said
    )
    assert found == grouped(list(reversed(said)), shipped())


def test_what_is_asked_later_is_held_against_all_of_a_group() -> None:
    assert alike(SAID[:3], ["食堂周末开吗", "电梯坏了"], shipped()) == [True, False]
    assert alike(SAID[:3], [], shipped()) == []


def test_what_is_about_somebody_is_told_from_a_question() -> None:
    assert accuses("物业经理骂人，态度恶劣", shipped())
    assert not accuses("法律咨询能不能上门", shipped())


def test_an_entry_is_tried_on_the_questions_before_it_is_kept() -> None:
    entry = Listed(
        NEW, "faq", "乒乓球室开放时间", ["乒乓球室"], "每天9点到21点", AreaKind.COMMUNITY
    )
    texts = ["有没有乒乓球室", "食堂在哪", "乒乓球室着火了快来人"]
    assert answered(entry, [], texts, shipped()) == [True, False, False]
    better = Listed(7, "faq", "有没有乒乓球室", [], "在二楼", AreaKind.ESTATE)
    assert answered(replace(entry, aliases=[]), [better], texts[:1], shipped()) == [False]
