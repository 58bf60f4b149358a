"""The envelope: what is written is read again, whatever people type."""

import contextlib

import pytest
import wechatpy
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from app.sandbox import envelope

TYPED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))


@given(TYPED)
def test_text_comes_out_as_typed_save_what_xml_cannot_hold(text):
    written = envelope.write({"Content": text, "MsgId": 7})
    kept = envelope.NOT_XML.sub("", text)
    assert envelope.read(written) == {"Content": kept, "MsgId": "7"}
    assert (xmltodict.parse(written, strip_whitespace=False)["xml"]["Content"] or "") == kept


def test_lists_and_nested_elements_are_repeated_and_read_back():
    fields = {"Event": "x", "Sent": {"List": [{"Id": "a"}, {"Id": "b"}]}}
    assert envelope.write(fields).count(b"<List>") == 2
    assert envelope.read(envelope.write(fields)) == fields


def test_another_library_understands_a_message():
    fields = {
        "ToUserName": "gh_1",
        "FromUserName": "demo-a",
        "CreateTime": 1795300057,
        "MsgType": "text",
        "Content": "路灯坏了",
        "MsgId": 17953000570000001,
    }
    message = wechatpy.parse_message(envelope.write(fields))
    assert (message.source, message.content, message.id) == ("demo-a", "路灯坏了", fields["MsgId"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"<html><a/></html>",
        b"<xml></xml>",
        b"\xff\xfe",
        b'<?xml version="1.0" encoding="bogus"?><xml><a/></xml>',
        b'<?xml version="1.0" encoding="utf-7"?><xml><a/></xml>',
        b"<xml>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</xml>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
    ],
)
def test_anything_else_is_malformed(body):
    with pytest.raises(envelope.Malformed):
        envelope.read(body)


@given(st.binary())
def test_no_bytes_break_the_reader(body):
    with contextlib.suppress(envelope.Malformed):
        assert isinstance(envelope.read(body), dict)
