"""Both forms say the same, and XML stays readable whatever residents type."""

import json
from typing import Any
from xml.etree import ElementTree

from hypothesis import example, given
from hypothesis import strategies as st

from app.open311.forms import answer
from tests.app.open311.conftest import plain

TEXT = st.text(max_size=40) | st.text(
    st.characters(min_codepoint=0, max_codepoint=0x1F) | st.sampled_from("\ufffe\uffff]]><&\"'"),
    max_size=10,
)
VALUES = TEXT | st.none() | st.booleans() | st.integers()
NAMES = st.sampled_from(["service_request_id", "description", "address", "status_notes"])
REQUESTS = st.lists(st.dictionaries(NAMES, VALUES, min_size=2), max_size=3)


def worded(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(REQUESTS)
@example([{"description": "\x00\x1b]]></description>\ud800\r\n&", "address": " 两端有空格 "}])
def test_xml_and_json_say_the_same_whatever_was_typed(requests: list[dict[str, Any]]) -> None:
    said = json.loads(answer("json", "service_requests", requests).data)
    tree = ElementTree.fromstring(answer("xml", "service_requests", requests).data)
    members = [{name: worded(value) for name, value in one.items()} for one in said]
    assert (plain(tree) or []) == members
    assert [one.tag for one in tree] == ["request"] * len(said)


@given(TEXT)
def test_no_letter_that_can_be_read_is_lost(text: str) -> None:
    kept = json.loads(answer("json", "errors", [{"code": 400, "description": text}]).data)
    letters = [one for one in text if one.isprintable() and not 0xD800 <= ord(one) < 0xE000]
    assert [one for one in kept[0]["description"] if one.isprintable()] == letters
