"""Bodies into trees: what is taken, and what is refused before anybody looks at it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wechat.refusals import Malformed
from app.wechat.tree import read_tree

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1
).filter(lambda text: text == text.strip())
NAMES = st.text("abcXYZ_", min_size=1, max_size=8)
TREES = st.recursive(WORDS, lambda inner: st.dictionaries(NAMES, inner, min_size=1), max_leaves=8)


def as_xml(tree: dict) -> str:
    def inside(value: object) -> str:
        if isinstance(value, dict):
            return "".join(f"<{name}>{inside(item)}</{name}>" for name, item in value.items())
        return f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"

    return f"<xml>{inside(tree)}</xml>"


@given(st.dictionaries(NAMES, TREES, min_size=1))
def test_a_tree_written_as_xml_reads_as_itself(tree: dict) -> None:
    assert read_tree(as_xml(tree).encode()) == tree


@given(st.binary(max_size=200))
def test_any_bytes_are_a_tree_or_malformed(body: bytes) -> None:
    for started in (body, b"<xml>" + body + b"</xml>", b'{"a":' + body + b"}"):
        with contextlib.suppress(Malformed):
            assert isinstance(read_tree(started), dict)


def test_repeated_elements_become_a_list_in_order() -> None:
    assert read_tree(b"<xml><a>1</a><a>2</a><a><b>3</b></a></xml>") == {"a": ["1", "2", {"b": "3"}]}


def test_numbers_of_json_stay_as_they_were_written() -> None:
    tree = read_tree(b'{"MsgId": 6054768590064713728001, "x": 23.10, "ok": true, "no": null}')
    assert tree == {"MsgId": "6054768590064713728001", "x": "23.10", "ok": "true", "no": ""}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"success",
        b"<xml/>",
        b"<xml></xml>",
        b"<xml>text</xml>",
        b"<xml><a>1</a>text</xml>",
        b"<xml><a>1</b></xml>",
        b"<xml><a>1</a></xml><xml/>",
        b"<html><a>1</a></html>",
        b"<xml><a>\x00</a></xml>",
        b"<xml><a>\x08</a></xml>",
        b"<xml><a>&#0;</a></xml>",
        b"<xml><a>&nbsp;</a></xml>",
        b"<xml><a>\xff\xfe</a></xml>",
        "<xml><a>灯</a></xml>".encode("gbk"),
        b"<!DOCTYPE xml><xml><a>1</a></xml>",
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><a>1</a></xml>',
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><a>&a;</a></xml>',
        b"<xml>" + b"<a>" * 20000 + b"</a>" * 20000 + b"</xml>",
        b"{",
        b"[1]",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"a\\u0000": "1"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"[" * 60000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
    ],
)
def test_what_no_platform_would_send_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_tree(body)
