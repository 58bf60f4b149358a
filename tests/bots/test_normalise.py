"""Bringing what people type to one form."""

import unicodedata

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


def test_slips_that_begin_alike_or_end_in_signs_are_each_mended() -> None:
    spelling = Spelling({}, {"电频": "电瓶", "电平车": "电瓶车", "wy": "物业", "w(y)": "物业"})
    assert (
        spelling.normalise("电频、电平车、电频车、WY、w(y)、电")
        == "电瓶、电瓶车、电瓶车、物业、物业、电"
    )


@given(st.text(st.characters() | st.sampled_from("，,\u0338\u3099Ａé"), max_size=40))
def test_a_text_has_the_form_of_unicode_whatever_stands_beside_a_comma(text: str) -> None:
    assert Spelling({}, {}).normalise(text) == unicodedata.normalize("NFKC", text).lower()


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more_for_ascii_and_plain_text(text: str) -> None:
    plain = Spelling({"電": "电"}, {})
    once = plain.normalise(text.upper().lower())
    assert plain.normalise(once) == plain.normalise(plain.normalise(once))
