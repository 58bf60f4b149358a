"""What people on site tell, in their own words: how many of what, and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.findings_in_text import correction, is_left_open, number_alone, read


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("拆除飞线3处", [("wire_removed", 3, "处", None)]),
        ("拆了三处飞线", [("wire_removed", 3, "处", None)]),
        ("3处飞线已拆除", [("wire_removed", 3, "处", None)]),
        ("飞线拆了12处", [("wire_removed", 12, "处", None)]),
        (
            "清理消防通道2条，劝离车辆5台",
            [("fire_lane_cleared", 2, "条", None), ("vehicle_moved", 5, "台", None)],
        ),
        ("3号楼收缴飞线两根", [("wire_seized", 2, "根", "3")]),
        ("5号楼2单元拆飞线1处", [("wire_removed", 1, "处", "5")]),
        ("劝离电动车8辆", [("ebike_moved", 8, "辆", None)]),
        ("电瓶车推出楼道6台", [("ebike_moved", 6, "台", None)]),
        (
            "拆除飞线3处收缴电线5根",
            [("wire_removed", 3, "处", None), ("wire_seized", 5, "根", None)],
        ),
        ("清理楼道堆物十二处", [("corridor_cleared", 12, "处", None)]),
        ("发放宣传单一百二十份", [("leaflet", 120, "份", None)]),
        (
            "检查商户15家，下发整改通知3份",
            [("shop_checked", 15, "家", None), ("order_issued", 3, "份", None)],
        ),
        (
            "3号楼拆飞线1处，5号楼拆飞线2处",
            [("wire_removed", 1, "处", "3"), ("wire_removed", 2, "处", "5")],
        ),
        ("飞线拆了", [("wire_removed", None, "处", None)]),
        ("更换灭火器4只", [("equipment_fixed", 4, "只", None)]),
    ],
)
def test_known_things_are_counted(
    said: str, told: list[tuple[str, int | None, str, str | None]]
) -> None:
    assert [(one.kind, one.count, one.unit, one.building) for one in read(said)] == told


@pytest.mark.parametrize(
    ("said", "name", "count", "unit"),
    [
        ("查处占道烧烤2起", "占道烧烤", 2, "起"),
        ("发现配电箱敞开3个", "配电箱敞开", 3, "个"),
        ("拆除违规雨棚两个", "违规雨棚", 2, "个"),
        ("4号楼又清理鸽子笼1个", "鸽子笼", 1, "个"),
    ],
)
def test_what_is_not_known_keeps_its_own_name(said: str, name: str, count: int, unit: str) -> None:
    [told] = read(said)
    assert told.kind is None
    assert name in told.name and not any(sign.isdigit() for sign in told.name)
    assert (told.count, told.unit) == (count, unit)


@pytest.mark.parametrize(
    "said",
    [
        "我们到了",
        "3号楼2单元有人飞线充电",
        "路灯坏了",
        "我们来了3个人",
        "收到",
        "10",
        "12号楼",
        "辛苦大家了",
        "还要多久结束",
        "电梯停了两天了",
    ],
)
def test_what_tells_of_no_result_is_none(said: str) -> None:
    assert read(said) == []


@pytest.mark.parametrize(
    ("said", "corrected"),
    [
        ("刚才的改成2处", (2, "处", None)),
        ("改成两处", (2, "处", None)),
        ("车辆改成4台", (4, "台", "vehicle_moved")),
        ("飞线应该是五处", (5, "处", "wire_removed")),
        ("刚才的改为12", (12, None, None)),
    ],
)
def test_a_correction_says_what_it_is_now(
    said: str, corrected: tuple[int, str | None, str | None]
) -> None:
    found = correction(said)
    assert found is not None
    assert (found.count, found.unit, found.kind) == corrected


@pytest.mark.parametrize("said", ["拆除飞线3处", "改天再来", "我改一下时间"])
def test_other_words_correct_nothing(said: str) -> None:
    assert correction(said) is None


def test_what_could_not_be_settled_is_told_apart() -> None:
    assert is_left_open("4号楼护栏松动1处，处理不了")
    assert not is_left_open("拆除飞线3处")


@pytest.mark.parametrize(
    ("said", "is_settled"),
    [
        ("发现飞线3处", False),
        ("飞线3处", False),
        ("3号楼飞线3处，已拆除", True),
        ("飞线3处，全部拆除", True),
        ("消防通道堵塞2处，已当场清理", True),
        ("飞线3处，拆不了", False),
        ("电动车入户2起", False),
        ("发现并拆除飞线3处", True),
        ("拆除飞线3处", True),
        ("楼道堆物1处，住户拒不清理", False),
    ],
)
def test_what_was_only_found_is_not_counted_as_done(said: str, is_settled: bool) -> None:
    assert read(said)[0].is_settled is is_settled


@pytest.mark.parametrize(("said", "number"), [("12", 12), ("十二处", 12), (" 3 台 ", 3)])
def test_a_number_alone_answers_how_many(said: str, number: int) -> None:
    assert number_alone(said) == number
    assert number_alone("飞线3处") is None


@given(st.integers(1, 9999), st.sampled_from(["处", "条", "台", "根", "辆"]))
def test_every_count_is_read_as_it_was_written(count: int, unit: str) -> None:
    [told] = read(f"拆除飞线{count}{unit}")
    assert (told.count, told.unit) == (count, unit)


@given(st.text(alphabet="拆除飞线清理车辆处条台个12十两,，号楼 发现了改成", max_size=25))
def test_nothing_that_is_said_breaks_it(said: str) -> None:
    read(said)
    correction(said)
