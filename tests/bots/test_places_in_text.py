"""Places in what people say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.places_in_text import PlaceMention, find_place
from bots.understand import understand
from tests.bots.lexicons import shipped


def place(text: str) -> PlaceMention | None:
    return find_place(shipped().spelling.normalise(text))


@pytest.mark.parametrize(
    "said",
    [
        "3栋",
        "3号楼",
        "三号楼",
        "3幢",
        "3#",
        "3#楼",
        "３号楼",
        "三栋",
        "3座",
        "第三栋",
        "3 号楼",
        "03栋",
    ],
)
def test_a_building_is_known_however_it_is_said(said: str) -> None:
    found = place(f"{said}的电梯坏了")
    assert found is not None and found.building == "3"


@pytest.mark.parametrize(
    ("said", "building"),
    [
        ("12号楼", "12"),
        ("十二号楼", "12"),
        ("二十一栋", "21"),
        ("一百零三栋", "103"),
        ("A座", "A"),
        ("b2栋", "B2"),
        ("十栋", "10"),
        ("一二栋", "12"),
    ],
)
def test_a_longer_number_is_never_cut(said: str, building: str) -> None:
    found = place(f"{said}楼道灯不亮")
    assert found is not None and found.building == building


def test_building_unit_and_room_are_taken_apart() -> None:
    for said in ("3栋2单元501", "3-2-501", "三栋二单元501室", "3号楼2单元501房", "3幢2单元 501"):
        found = place(f"我住{said}，楼上漏水")
        assert found is not None
        assert (found.building, found.unit, found.room) == ("3", "2", "501")


def test_a_building_and_a_room_may_come_without_a_unit() -> None:
    found = place("7栋1203漏水")
    assert found is not None and (found.building, found.room) == ("7", "1203")
    found = place("8-1201门口堆了杂物")
    assert found is not None and (found.building, found.unit, found.room) == ("8", None, "1201")


@pytest.mark.parametrize(
    "said", ["地下车库B2", "地下车库负二楼", "地下车库地下二层", "地下车库-2层", "地下车库b2层"]
)
def test_floors_below_ground_are_counted_down(said: str) -> None:
    found = place(f"{said}积水")
    assert found is not None
    assert (found.spot, found.floor) == ("地下车库", "B2")


@pytest.mark.parametrize(
    ("text", "building"),
    [
        ("漏水的是3号楼", "3"),
        ("有三号楼的邻居也反映了", "3"),
        ("我是5#楼的", "5"),
        ("停电的是b3栋", "B3"),
        ("小区里有3栋楼停电", None),
        ("这是一栋老楼", None),
        ("有两栋楼没水", None),
        ("这3号楼没人管", None),
    ],
)
def test_a_building_is_named_by_its_number_and_not_by_how_many_there_are(
    text: str, building: str | None
) -> None:
    found = place(text)
    assert (found.building if found else None) == building


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("东门旁边垃圾没人收", "东门旁边"),
        ("12号楼楼道灯不亮", "楼道"),
        ("电梯里有异味", "电梯里"),
        ("西南门口有人摆摊", "西南门口"),
        ("小区大门外面堵车", "小区大门外面"),
    ],
)
def test_spots_are_kept_as_said(text: str, spot: str) -> None:
    found = place(text)
    assert found is not None and found.spot == spot


@pytest.mark.parametrize(
    "text",
    [
        "打了12345没人理",
        "2024年10月份的事",
        "涨了150元",
        "物业费1200元一年",
        "电话0571-8888",
        "窗台落了一层灰",
        "广场舞太吵",
        "这栋楼都停电",
        "等了120分钟",
        "第三次反映了",
        "10点30分还在响",
        "一共两栋楼",
        "微信转了3-500块",
    ],
)
def test_numbers_that_are_no_place_are_left_alone(text: str) -> None:
    found = place(text)
    assert found is None or (found.building, found.unit, found.floor, found.room) == (None,) * 4


def test_an_estate_is_known_by_its_nickname() -> None:
    lexicon = shipped().with_places(
        {"阳光花园小区": "阳光花园", "阳光家园": "阳光花园", "大院": "机关大院"}
    )
    found = understand("我住阳光家园十二栋二单元五楼，楼上漏水", lexicon).place
    assert found == PlaceMention("阳光花园", "12", "2", "5", None, None, "阳光家园十二栋二单元五楼")
    assert understand("阳光太刺眼", lexicon).place is None
    assert shipped().places == {}


def test_an_estate_named_like_a_spot_is_not_taken_for_one() -> None:
    lexicon = shipped().with_places({"东门花园里": "东门花园"})
    found = understand("东门花园里停水了", lexicon).place
    assert found is not None and (found.estate, found.spot) == ("东门花园", None)


@given(st.integers(1, 199), st.integers(1, 9), st.integers(101, 3999))
def test_any_address_is_read_back_exactly(building: int, unit: int, room: int) -> None:
    found = find_place(f"{building}号楼{unit}单元{room}室漏水")
    assert found is not None
    assert (found.building, found.unit, found.room) == (str(building), str(unit), str(room))


@given(st.text(max_size=120))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = find_place(text)
    assert found is None or found.text
