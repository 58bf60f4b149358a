"""Values of template fields at and over their limits."""

import pytest

from app.sandbox import values
from app.sandbox.refusals import Refused


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("thing1", "字" * 20, "字" * 21),
        ("number2", "9" * 32, "十二"),
        ("letter3", "abc", "abc1"),
        ("symbol4", "￥", "******"),
        ("character_string5", "XQ-" + "1" * 29, "XQ-编号"),
        ("time6", "2026年11月21日 10:30", "明天"),
        ("date7", "2026-11-21", "明天"),
        ("amount8", "￥12.50元", "很多"),
        ("phone_number9", "+86-138-0000-0000", "1" * 18),
        ("car_number10", "鲁A12345", "鲁A12345678"),
        ("name11", "十个字的名字就是这样", "十一个字的名字就是这样的"),
        ("name12", "A" * 20, "A" * 21),
        ("phrase13", "已派单", "已经派单给了"),
    ],
)
def test_each_kind_has_its_limit(field, good, bad):
    values.check([field], {field: {"value": good}})
    with pytest.raises(Refused) as refused:
        values.check([field], {field: {"value": bad}})
    assert (refused.value.errcode, field in refused.value.text) == (47003, True)


def test_a_field_of_an_unknown_kind_takes_any_text():
    values.check(["remark1"], {"remark1": {"value": "字" * 300}})


@pytest.mark.parametrize("data", [{}, {"thing1": "字"}, {"thing1": {}}, {"thing1": {"value": []}}])
def test_a_field_that_is_not_there_is_named(data):
    with pytest.raises(Refused, match="thing1"):
        values.check(["thing1"], data)
