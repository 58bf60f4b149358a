"""A question is held against entries by their words and by likeness; complaints against none."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots import finding
from bots.finding import Candidate
from config.categories import Intent
from config.policy import HERE, load
from tests.bots.lexicons import shipped

CANTEEN = Candidate(1, "canteen", "幸福社区老年食堂", ("老人吃饭", "送餐上门"), "凭老年证优惠")
SHED = Candidate(2, "charging_station", "东门充电棚", ("电动车充电", "电瓶车"))
PERMIT = Candidate(3, "materials", "居住证办理", ("居住证", "暂住证"), "带租房合同")
CHOIR = Candidate(4, "faq", "合唱团怎么报名", (), "每周三在活动室排练")
SMOKE = Candidate(5, "enforcement", "城管：油烟", ("油烟扰民", "油烟"))
ALL = (CANTEEN, SHED, PERMIT, CHOIR, SMOKE)


def ids(question: str) -> list[int]:
    _, found = finding.find(question, finding.shelve(ALL))
    return [one.id for one in finding.best(found)]


def sure(question: str, intent: Intent = Intent.REPORT) -> bool:
    asked, found = finding.find(question, finding.shelve(ALL))
    if not found:
        return False
    kind = next(one.kind for one in ALL if one.id == found[0].id)
    return finding.is_sure(asked, found[0], kind, intent=intent)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("附近有食堂吗", 1),
        ("老人吃饭去哪里", 1),
        ("哪里能给电动车充电", 2),
        ("电瓶车在哪充电", 2),
        ("居住证怎么办", 3),
        ("办暂住证要带什么", 3),
        ("合唱团在哪报名", 4),
        ("油烟扰民归谁管", 5),
    ],
)
def test_the_entry_that_speaks_of_what_is_asked_comes_first(question: str, expected: int) -> None:
    assert ids(question)[:1] == [expected]
    assert sure(question, Intent.ENQUIRY)


def test_the_words_that_decided_are_told_and_stand_in_the_question() -> None:
    question = "电瓶车在哪充电"
    _, found = finding.find(question, finding.shelve(ALL))
    assert found[0].words == ("电瓶车", "充电")
    assert all(word in question for word in found[0].words)


@pytest.mark.parametrize(
    "question",
    ["为什么没有食堂", "充电棚坏了怎么办", "居住证凭什么收钱", "食堂太远了能不能多装几个"],
)
def test_a_matter_to_act_on_fits_no_entry(question: str) -> None:
    asked, found = finding.find(question, finding.shelve(ALL))
    assert asked.is_matter
    assert found == []


def test_a_longer_word_hides_the_sign_inside_it() -> None:
    asked, found = finding.find("有没有食堂", finding.shelve(ALL))
    assert not asked.is_matter, "the words say 没有, the question does not"
    assert found[0].id == CANTEEN.id


def test_a_word_of_an_entry_is_no_sign_of_a_matter() -> None:
    wires = Candidate(9, "faq", "飞线充电的处罚", ("飞线充电",))
    asked, found = finding.find("飞线充电怎么罚", finding.shelve([wires]))
    assert not asked.is_matter
    assert found[0].id == 9


def test_another_thing_that_begins_with_the_same_word_is_not_sure() -> None:
    assert not sure("居住证明去哪开", Intent.ENQUIRY)


def test_nothing_fits_what_no_entry_speaks_of() -> None:
    assert ids("游泳馆几点开门") == []
    assert ids("怎么办") == []
    assert ids("") == []


@pytest.mark.parametrize(
    ("name", "is_answered"),
    [("食堂", True), ("居住证", True), ("东门充电棚", True), ("油烟", False), ("油烟扰民", False)],
)
def test_a_bare_name_asks_for_it_unless_it_names_a_nuisance(name: str, is_answered: bool) -> None:
    assert sure(name, Intent.REPORT) is is_answered


def test_a_report_that_merely_mentions_a_place_is_not_answered() -> None:
    assert not sure("食堂门口昨天有两辆车剐蹭", Intent.REPORT)
    assert not sure("我刚从食堂吃饭回来看到路灯灭", Intent.ENQUIRY)


def test_equals_are_ordered_by_rank_and_then_by_number() -> None:
    twins = [
        Candidate(7, "canteen", "远食堂", rank=8),
        Candidate(8, "canteen", "近食堂", rank=5),
        Candidate(6, "canteen", "旁食堂", rank=5),
    ]
    _, found = finding.find("食堂在哪", finding.shelve(twins))
    assert [one.id for one in found] == [6, 8, 7]


def test_no_more_are_shown_than_one_screen_holds() -> None:
    many = [Candidate(number, "canteen", f"{number}号食堂") for number in range(1, 9)]
    _, found = finding.find("食堂在哪", finding.shelve(many))
    assert len(finding.best(found)) == load("directory")["fit"]["shown"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("怎么办理居住证", ("怎么办理", "居住证")),
        ("请问哪里可以充电瓶车", ("请问", "哪里可以", "充电", "瓶", "车")),
        ("食堂,几点 开门?", ("食堂", "几点", "开门", "?")),
        ("5g居住证abc12怎么办", ("5g", "居住证", "abc12", "怎么办")),
        ("、，", ()),
    ],
)
def test_a_question_is_cut_into_the_fewest_known_words(
    question: str, words: tuple[str, ...]
) -> None:
    asked, _ = finding.find(question, finding.shelve(ALL))
    assert asked.words == words


def test_widths_and_cases_of_entries_do_not_matter() -> None:
    card = Candidate(1, "faq", "ＩＣ卡办理", ("门禁ＩＣ卡",))
    _, found = finding.find("门禁ic卡怎么办", finding.shelve([card]))
    assert found[0].fit == 1.0


def test_a_long_tale_is_not_looked_up() -> None:
    assert finding.may_ask("居住证怎么办", Intent.REPORT)
    assert finding.may_ask("食堂", Intent.REPORT)
    assert not finding.may_ask("楼上每天晚上拖桌子到半夜十二点还不停", Intent.REPORT)
    assert finding.may_ask("居住证怎么办" * 4, Intent.ENQUIRY)
    assert not finding.may_ask("居住证怎么办" * 4, Intent.REPORT)
    assert not finding.may_ask("居住证怎么办" * 20, Intent.ENQUIRY)


def test_no_report_of_the_regression_set_is_taken_for_a_question() -> None:
    rows = load("demo_directory")["entry"]
    demo = [
        Candidate(at, row["kind"], row["title"], tuple(row["aliases"]), row.get("text", ""))
        for at, row in enumerate(rows)
    ]
    lines = (HERE / "regression.jsonl").read_text("utf-8").splitlines()
    reports = [row for row in map(json.loads, lines) if row.get("intent") != Intent.ENQUIRY]
    answered = []
    for row in reports:
        text = shipped().spelling.normalise(row["text"]).strip()
        asked, found = finding.find(text, finding.shelve(demo))
        if found and finding.is_sure(asked, found[0], demo[found[0].id].kind, intent=Intent.REPORT):
            answered.append((row["text"], demo[found[0].id].title))
    assert len(reports) > 300
    assert answered == []


WORDS = [*load("directory")["asking"]["words"], *load("directory")["beside"]["words"]]


@given(st.lists(st.sampled_from(WORDS), max_size=6), st.lists(st.sampled_from(WORDS), max_size=6))
@settings(max_examples=150, deadline=None)
def test_words_around_a_question_never_raise_the_fit_over_the_name_itself(
    before: list[str], after: list[str]
) -> None:
    _, found = finding.find("".join([*before, "居住证", *after]), finding.shelve(ALL))
    fits = {one.id: one.fit for one in found}
    assert 0 <= fits.get(PERMIT.id, 0) <= 1
    assert all(0 < one.fit <= 1 for one in found)


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_cut_and_held_against_entries_without_trouble(text: str) -> None:
    _, found = finding.find(text, finding.shelve(ALL))
    assert all(0 < one.fit <= 1 for one in found)
    finding.may_ask(text, Intent.ENQUIRY)
    finding.best(found)


def test_the_word_lists_do_not_contradict_each_other() -> None:
    table = load("directory")
    asking, beside, matter = (set(table[part]["words"]) for part in ("asking", "beside", "matter"))
    assert not asking & matter
    assert not beside & matter
    for key, row in table["kind"].items():
        assert set(row) == {"label", "words", "reach"}, key
        assert row["reach"] in ("everyone", "inside")
        assert not set(row["words"]) & matter, key
