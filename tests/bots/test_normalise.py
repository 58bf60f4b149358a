"""Bringing what people type to one form."""

from hypothesis import given
from hypothesis import strategies as st

from bots.normalise import Spelling
from tests.bots.lexicons import shipped


def test_widths_case_and_traditional_forms_become_one() -> None:
    spelling = Spelling({"電": "电", "樓": "楼"}, {})
    assert spelling.normalise("３號樓Ｂ座電梯　ＫＴＶ") == "3號楼b座电梯 ktv"


def test_the_longest_slip_is_mended_first() -> None:
    spelling = Spelling({}, {"冲电": "充电", "冲电桩": "充电桩位"})
    assert spelling.normalise("冲电桩和冲电") == "充电桩位和充电"


def test_without_slips_nothing_but_form_changes() -> None:
    assert Spelling({}, {}).normalise("路灯ABC") == "路灯abc"


def test_shipped_slips_are_mended() -> None:
    assert shipped().spelling.normalise("领居的電频車飞线冲电") == "邻居的电瓶车飞线充电"


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more_for_ascii_and_plain_text(text: str) -> None:
    plain = Spelling({"電": "电"}, {})
    once = plain.normalise(text.upper().lower())
    assert plain.normalise(once) == plain.normalise(plain.normalise(once))
