"""Mutated pushes at the real door: an answer or a 4xx, and a row only for an answer."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .door import Door
from .sender import event_push, text_push, xml_push

# One door for all examples: rows only grow, and each example compares before and after.
at_one_door = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
BODIES = st.sampled_from(
    [
        text_push("路灯坏了"),
        event_push("subscribe", EventKey="qrscene_b-12", Ticket="t"),
        event_push("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": [{"A": "1"}]}),
        xml_push(MsgType="location", MsgId="1", CreateTime="1", Location_X="23", Location_Y="113"),
        '{"ToUserName":"gh","FromUserName":"o-a","CreateTime":1,"MsgType":"text","MsgId":1,'
        '"Content":"路灯"}',
    ]
)
PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([b"<", b"]]>", b"<a>", b"</xml>", b"\x00", b"&a;", b"}", b"[", b'"', b"<!--"]),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    body = draw(BODIES).encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(
            st.integers(start, min(len(body), start + draw(st.sampled_from([0, 1, 9, 400]))))
        )
        body = body[:start] + draw(PIECES) + body[end:]
    return body


def check(door: Door, query: dict[str, str], body: bytes, mode: str) -> None:
    before = len(door.rows())
    status = door.sender(mode).post(query, body).status_code
    assert status == 200 or 400 <= status < 500
    assert len(door.rows()) - before in ((0, 1) if status == 200 else (0,))


@at_one_door
@given(body=mutated())
def test_a_mutated_clear_push_is_answered_or_refused(door: Door, body: bytes) -> None:
    check(door, door.sender().query(door.at), body, "plain")


@at_one_door
@given(body=mutated())
def test_a_mutated_push_under_a_good_seal_is_answered_or_refused(door: Door, body: bytes) -> None:
    sender = door.sender("secure")
    query = sender.query(door.at)
    sealed = sender.cipher.prp_crypto.encrypt(body, sender.app_id).decode()
    signature = sender.sign(query["timestamp"], query["nonce"], sealed)
    outer = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
    check(door, query | {"msg_signature": signature}, outer, "secure")


@at_one_door
@given(data=st.data())
def test_a_mutated_seal_is_refused(door: Door, data: st.DataObject) -> None:
    sender = door.sender("secure")
    query, body = sender.sealed(sender.query(door.at), text_push("路灯"))
    at = data.draw(
        st.integers(body.index("<Encrypt><![CDATA[") + 18, body.index("]]></Encrypt>") - 1)
    )
    changed = body[:at] + data.draw(st.sampled_from("+/=Az09<\x7f灯 ")) + body[at + 1 :]
    if changed != body:
        assert 400 <= sender.post(query, changed.encode()).status_code < 500
    assert door.rows() == []
