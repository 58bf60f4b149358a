"""A reply's words survive the way to WeChat's reader, or are cut honestly."""

import json
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from app.wechat.replies import TEXT_BYTES, fit, text_json, text_xml

ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=1200)


@given(ANYTHING)
def test_any_text_makes_xml_that_reads_back_as_it_is(text: str) -> None:
    fitted = fit(text)
    read = ElementTree.fromstring(text_xml("o-a", "gh", 1, fitted))
    assert (read.findtext("Content") or "") == fitted


@given(ANYTHING)
def test_any_text_makes_json_that_reads_back_as_it_is(text: str) -> None:
    fitted = fit(text)
    assert json.loads(text_json("o-a", "gh", 1, fitted).encode())["Content"] == fitted


@given(st.text(st.sampled_from("a灯😀é"), min_size=500, max_size=3000))
def test_a_text_is_cut_between_characters_and_only_when_it_must(text: str) -> None:
    fitted = fit(text)
    size = len(fitted.encode())
    assert size <= TEXT_BYTES
    if len(text.encode()) <= TEXT_BYTES:
        assert fitted == text
    else:
        assert fitted.endswith("…")
        assert text.startswith(fitted[:-1])
        assert size > TEXT_BYTES - 7


def test_the_edge_is_not_cut() -> None:
    assert fit("a" * 2048) == "a" * 2048
    assert fit("a" * 2049) == "a" * 2045 + "…"


def test_the_ending_may_be_said_otherwise() -> None:
    assert fit("灯" * 100, 60, "（未完）") == "灯" * 16 + "（未完）"


def test_control_characters_are_left_out_and_lines_kept() -> None:
    assert fit("a\x00b\x1bc\r\nd\re\tf\ufffe") == "abc\nd\ne\tf"
