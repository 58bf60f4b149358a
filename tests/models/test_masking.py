"""What nobody reads in public: phones, identity cards, plates and rooms."""

import pytest

from models.masking import masked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("联系13800138000", "联系138****8000"),
        ("电话138 0013 8000。", "电话138****8000。"),
        ("身份证110101199003072316号", "身份证110****号"),
        ("身份证11010119900307231X", "身份证110****"),
        ("车牌鲁A12345占道", "车牌鲁A****占道"),
        ("新能源鲁A·D12345", "新能源鲁A****"),
        ("3号楼2单元301漏水", "3号楼2单元****漏水"),
        ("3-2-301漏水", "3-2-****漏水"),
        ("住在 1502 室", "住在 **** 室"),
        ("301室和302室", "****室和****室"),
    ],
)
def test_what_tells_who_it_is_is_hidden(said: str, shown: str) -> None:
    assert masked(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "值班电话 0000-1000301，火警 119",
        "拆除飞线3处，劝离车辆12台",
        "3号楼2单元门口",
        "2026-03-03 上午 8:30-11:30",
        "预算 12000 元，电话 12345",
        "新增充电桩 120 个",
    ],
)
def test_what_tells_nobody_stays(said: str) -> None:
    assert masked(said) == said
