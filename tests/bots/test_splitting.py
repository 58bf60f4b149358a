"""Several matters in one message are told apart; one matter with all around it stays one."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.splitting import main, restored, split, under_main
from bots.understand import understand
from tests.chat import shipped_lexicon


def parts_of(said: str):
    lexicon = shipped_lexicon()
    return split(said, understand(said, lexicon), lexicon)


def classes(said: str) -> list[str]:
    return [one.meant.category for one in parts_of(said)]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("停车乱,而且路灯也坏了", ["parking", "facility"]),
        ("停车乱,路灯也坏了", ["parking", "facility"]),
        ("垃圾没人收，楼上装修吵", ["sanitation", "noise"]),
        ("3号楼电梯又坏了，另外5号楼楼道灯不亮", ["elevator", "facility"]),
        ("物业费又涨了，另外小区门口乱停车", ["property_fee", "parking"]),
        ("1、路灯不亮 2、垃圾桶满了 3、广场舞太吵", ["facility", "sanitation", "noise"]),
        ("①楼上漏水②楼下狗叫", ["leak", "pets"]),
        ("1.电梯坏了\n2.垃圾没人清", ["elevator", "sanitation"]),
        ("一、停车位不够。二、健身器材坏了。", ["parking", "facility"]),
        ("你好，我家没水了，还有小区门口的垃圾桶都满出来了", ["water_power_heat", "sanitation"]),
        ("小区里狗屎太多，再就是广场舞太吵了", ["pets", "noise"]),
        ("树枝挡住我家窗户了还有楼下飞线充电", ["greening", "ebike_charging"]),
        ("楼道灯不亮 垃圾也没人收", ["facility", "sanitation"]),
        ("暖气不热，而且楼上天天吵", ["water_power_heat", "noise"]),
        ("路灯坏了好几天了，顺便问下物业费多少钱一平", ["facility", "property_fee"]),
        ("小区门口乱停车没人管，而且3号楼的路灯也坏了", ["parking", "facility"]),
        ("快递乱放在门口，另外有人遛狗不拴绳", ["other_estate", "pets"]),
        ("1. 路灯不亮 2. 下水道堵了", ["facility", "facility"]),
    ],
)
def test_matters_of_different_classes_are_told_apart(said: str, found: list[str]) -> None:
    assert classes(said) == found


@pytest.mark.parametrize(
    "said",
    [
        "停车堵了消防通道,救护车进不来",
        "路灯坏了,晚上差点摔倒",
        "投诉物业不管，电梯坏了三天",
        "电梯坏了三天了，打了好几次电话没人来",
        "楼上装修，把我家天花板弄漏水了",
        "狗乱叫，吵得睡不着",
        "狗随地拉屎，没人清理，臭死了",
        "电动车停楼道，堵了消防通道，很危险",
        "电动车乱停楼道，而且堵了消防通道",
        "物业费涨了，服务越来越差",
        "楼上漏水，找物业也不管，而且态度很差",
        "3号楼楼道有人拉飞线给电瓶车充电",
        "下水道堵了，污水都流到路上了，臭得很",
        "没有充电桩，邻居们都飞线充电",
        "还有三天就过年了，暖气还是不热",
        "还有人管吗？电梯坏了一周了",
        "小区监控坏了，电动车被偷了",
        "停水了，什么时候来水？",
        "有人在楼顶种菜，防水层都破坏了，顶楼漏水",
        "对面的房子在违建，吵死了",
        "大门坏了，外人随便进，不安全",
        "3号楼灯坏了，另外5号楼灯也坏了",
        "1",
        "",
        "，。、",
    ],
)
def test_cause_result_blame_and_background_are_no_matters_of_their_own(said: str) -> None:
    assert parts_of(said) == ()


@pytest.mark.parametrize(
    "said", ["着火了，快来人，另外电梯也坏了", "有人困在电梯里了，还有路灯不亮"]
)
def test_an_alarm_is_never_split(said: str) -> None:
    assert parts_of(said) == ()


def test_of_the_sentences_that_hold_one_matter_next_to_none_is_split() -> None:
    sentences = (Path(__file__).parents[2] / "config" / "regression.jsonl").read_text("utf-8")
    texts = [json.loads(line)["text"] for line in sentences.splitlines()]
    assert sum(bool(parts_of(text)) for text in texts) <= 0.003 * len(texts)


def test_more_than_four_matters_stay_four_and_lose_no_words() -> None:
    said = "1、电梯坏了 2、路灯不亮 3、垃圾桶满了 4、广场舞太吵 5、狗屎没人清"
    found = parts_of(said)
    assert len(found) == 4
    assert "狗屎没人清" in "".join(one.text for one in found)


def test_the_part_with_the_class_of_the_whole_keeps_the_ticket() -> None:
    said = "停车乱,而且路灯也坏了"
    whole = understand(said, shipped_lexicon())
    found = parts_of(said)
    assert found[main(found, whole)].meant.category == whole.category == "facility"
    assert under_main(found, whole).evidence == found[1].meant.evidence
    assert under_main((), whole) is whole


def test_a_part_comes_back_from_where_a_question_kept_it() -> None:
    for one in parts_of("3号楼电梯又坏了，另外5号楼楼道灯不亮"):
        assert restored(json.loads(json.dumps(one.kept()))) == one


CLAUSES = st.sampled_from(
    [
        "停车乱",
        "路灯坏了",
        "垃圾没人收",
        "楼上太吵",
        "电梯坏了",
        "没人管",
        "差点摔倒",
        "你好",
        "水管漏水",
    ]
)
JOINTS = st.sampled_from(
    ["，", "。", "，另外", "，而且", " 2、", "；还有", "\n", "，因为", "，导致"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CLAUSES, JOINTS), min_size=1, max_size=6))
def test_no_clause_is_lost_and_no_two_parts_are_of_one_kind(said: list[tuple[str, str]]) -> None:
    text = "".join(clause + joint for clause, joint in said)
    found = parts_of(text)
    assert len(found) != 1 and len(found) <= 4
    kinds = {(one.meant.category, one.meant.subcategory) for one in found}
    assert len(kinds) == len(found)
    told = "".join(one.text for one in found)
    assert not found or all(clause in told for clause, _ in said)
