"""The door over real HTTP: three modes, what is refused, and that a refusal keeps nothing."""

import json
import logging

import pytest
from structlog.testing import capture_logs

from .door import Door, later
from .sender import OPENID, SERVICE, event_push, text_push, xml_push

MODES = ("plain", "compatible", "secure")
every_mode = pytest.mark.parametrize("mode", MODES)
encrypted = pytest.mark.parametrize("mode", MODES[1:])


@every_mode
def test_a_text_gets_its_reply(either_door: Door, mode: str) -> None:
    sender = either_door.sender(mode)
    response = sender.push(text_push("路灯坏了"), either_door.at, OPENID)
    assert (response.status_code, sender.said(response)) == (200, "第1件：了坏灯路")
    assert either_door.done("work") == ["路灯坏了"]
    (row,) = either_door.rows()
    assert (row.account, row.openid, row.kind) == (mode, OPENID, "text")
    assert (row.reply, row.outcome, row.kept) == ("第1件：了坏灯路", "answered", None)


@every_mode
def test_the_reply_names_both_sides_and_is_sealed_where_the_push_was(door: Door, mode: str) -> None:
    sender = door.sender(mode)
    response = sender.push(text_push("路灯"), door.at)
    assert response.headers["Content-Type"].startswith("text/xml")
    assert ("<Encrypt>" in response.text) == (mode != "plain")
    clear = sender.opened(response)
    assert f"<ToUserName><![CDATA[{OPENID}]]>" in clear
    assert f"<FromUserName><![CDATA[{SERVICE}]]>" in clear
    assert f"<CreateTime>{door.at}</CreateTime>" in clear


@every_mode
def test_the_handshake_echoes_what_it_was_given(door: Door, mode: str) -> None:
    response = door.sender(mode).shake_hands(door.at, "47<b>11")
    assert (response.status_code, response.text) == (200, "47<b>11")
    assert response.headers["Content-Type"].startswith("text/plain")


def test_a_handshake_of_a_stranger_is_refused(door: Door) -> None:
    assert door.sender(token="guessed").shake_hands(door.at).status_code == 403
    assert door.sender().shake_hands(door.at - 601).status_code == 403
    assert door.sender(account="nobody").shake_hands(door.at).status_code == 404
    assert door.sender().session.get(door.sender().address, timeout=5).status_code == 400


@every_mode
def test_nothing_to_say_is_success(door: Door, mode: str) -> None:
    door.answer = lambda *_: None
    response = door.sender(mode).push(text_push("好"), door.at)
    assert (response.status_code, response.text) == (200, "success")
    (row,) = door.rows()
    assert (row.outcome, row.reply) == ("answered", None)


@every_mode
@pytest.mark.parametrize(("age", "status"), [(599, 200), (601, 403), (-599, 200), (-601, 403)])
def test_a_push_is_fresh_for_ten_minutes_to_either_side(
    door: Door, mode: str, age: int, status: int
) -> None:
    response = door.sender(mode).push(text_push("路灯"), door.at - age)
    assert response.status_code == status
    assert len(door.rows()) == (status == 200)


def test_an_old_message_in_a_fresh_push_is_taken(door: Door) -> None:
    assert door.sender().push(text_push("路灯", at=946684800), door.at).status_code == 200


@every_mode
def test_a_stranger_without_the_token_is_refused(door: Door, mode: str) -> None:
    response = door.sender(mode, token="guessed").push(text_push("路灯"), door.at)
    assert (response.status_code, response.text) == (403, "")
    assert door.rows() == []


@encrypted
def test_a_push_meant_for_another_appid_is_refused(door: Door, mode: str) -> None:
    response = door.sender(mode, app_id="wx0000000000000002").push(text_push("路灯"), door.at)
    assert response.status_code == 403
    assert door.rows() == []


@encrypted
def test_a_push_under_another_key_is_refused(door: Door, mode: str) -> None:
    key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg"
    response = door.sender(mode, aes_key=key).push(text_push("路灯"), door.at)
    assert response.status_code in (400, 403)
    assert door.rows() == []


@encrypted
def test_a_clear_push_where_pushes_are_encrypted_is_a_downgrade(door: Door, mode: str) -> None:
    sender = door.sender(mode)
    query = sender.query(door.at)
    for more in ({}, {"msg_signature": query["signature"]}, {"encrypt_type": "raw"}):
        assert sender.post(query | more, text_push("路灯").encode()).status_code in (400, 403)
    assert door.rows() == []


@encrypted
def test_one_changed_letter_of_the_ciphertext_is_noticed(door: Door, mode: str) -> None:
    sender = door.sender(mode)
    query, body = sender.sealed(sender.query(door.at), text_push("路灯"))
    at = body.rindex("Encrypt><![CDATA[") + 60
    changed = body[:at] + ("A" if body[at] != "A" else "B") + body[at + 1 :]
    assert sender.post(query, changed.encode()).status_code == 403
    assert sender.post(query, body.encode()).status_code == 200
    assert len(door.rows()) == 1


def test_compatible_mode_believes_the_decrypted_body_alone(door: Door) -> None:
    sender = door.sender("compatible")
    query, body = sender.sealed(sender.query(door.at), text_push("真的"))
    forged = body.replace("真的", "假的")
    assert forged != body
    assert sender.post(query, forged.encode()).status_code == 200
    assert door.done("work") == ["真的"]


def test_compatible_mode_is_not_satisfied_by_the_plain_signature(door: Door) -> None:
    sender = door.sender("compatible")
    query, body = sender.sealed(sender.query(door.at), text_push("路灯"))
    del query["msg_signature"]
    assert sender.post(query, body.encode()).status_code == 400
    assert door.rows() == []


@every_mode
def test_the_openid_of_the_query_must_be_the_sender(door: Door, mode: str) -> None:
    response = door.sender(mode).push(text_push("路灯"), door.at, "o-another")
    assert response.status_code == 403
    assert door.rows() == []


def test_an_account_nobody_has_is_not_found(door: Door) -> None:
    assert door.sender(account="nobody").push(text_push("路灯"), door.at).status_code == 404


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce"])
def test_a_query_without_its_parts_is_malformed(door: Door, missing: str) -> None:
    sender = door.sender()
    query = sender.query(door.at)
    del query[missing]
    assert sender.post(query, text_push("路灯").encode()).status_code == 400
    assert door.rows() == []


@pytest.mark.parametrize("odd", ["签名", "", "a" * 5000, "\x00"])
@pytest.mark.parametrize("part", ["signature", "timestamp"])
def test_odd_parts_of_the_query_are_refused(door: Door, part: str, odd: str) -> None:
    sender = door.sender()
    response = sender.post(sender.query(door.at) | {part: odd}, text_push("路灯").encode())
    assert response.status_code in (400, 403)
    assert door.rows() == []


def test_a_body_larger_than_any_push_is_too_large(door: Door) -> None:
    response = door.sender().push(text_push("灯" * 22000), door.at)
    assert response.status_code == 413
    assert door.rows() == []


def test_json_is_answered_in_json(door: Door) -> None:
    push = {
        "ToUserName": SERVICE,
        "FromUserName": OPENID,
        "CreateTime": 1,
        "MsgType": "text",
        "MsgId": 23,
        "Content": "路灯",
    }
    for number, mode in enumerate(MODES, 1):
        sender = door.sender(mode)
        response = sender.push(json.dumps(push), door.at)
        assert response.headers["Content-Type"] == "application/json"
        assert sender.said(response) == f"第{number}件：灯路"


def test_a_mini_program_is_told_success_and_the_words_go_apart(door: Door) -> None:
    sender = door.sender("mini", mode="secure")
    for _ in range(3):
        assert sender.push(text_push("路灯"), door.at).text == "success"
    (row,) = door.rows()
    assert row.is_deferred
    assert door.done("late") == [f"{row.id}:第1件：灯路"]


def test_a_long_reply_is_cut_and_says_so(door: Door) -> None:
    door.answer = lambda *_: "灯" * 3000 + "]]>"
    sender = door.sender("secure")
    said = sender.said(sender.push(text_push("路灯"), door.at))
    assert said.endswith("灯…")
    assert 2040 < len(said.encode()) <= 2048
    assert door.rows()[0].reply == "灯" * 3000 + "]]>"


def test_a_reply_can_not_break_out_of_its_xml(door: Door) -> None:
    door.answer = lambda *_: "a]]><b>&amp;\x08\x00 ]]]]>"
    sender = door.sender()
    assert sender.said(sender.push(text_push("路灯"), door.at)) == "a]]><b>&amp; ]]]]>"


def test_different_senders_may_share_a_message_number(door: Door) -> None:
    sender = door.sender()
    for openid in ("o-resident-a", "o-resident-b"):
        sender.push(text_push("路灯", "7", openid), door.at)
    sender.push(text_push("路灯", "8"), door.at)
    assert [row.deliveries for row in door.rows()] == [1, 1, 1]


def test_events_of_one_second_differ_by_what_is_in_them(door: Door) -> None:
    sender = door.sender()
    for status in ("success", "failed:user block", "success"):
        push = event_push("TEMPLATESENDJOBFINISH", MsgID="9", Status=status)
        assert sender.push(push, door.at).status_code == 200
    assert [row.deliveries for row in door.rows()] == [2, 1]
    assert {row.kind for row in door.rows()} == {"template_finished"}


def test_more_than_thirty_messages_a_minute_are_kept_and_not_worked_on(door: Door) -> None:
    sender = door.sender()
    for number in range(32):
        response = sender.push(text_push(f"第{number}条", str(number)), door.at)
    assert response.text == "success"
    assert len(door.done("work")) == 30
    limited = door.rows()[30:]
    assert [row.outcome for row in limited] == ["limited", "limited"]
    assert [row.kept["text"] for row in limited if row.kept] == ["第30条", "第31条"]
    assert sender.push(text_push("别人", "1", "o-another"), door.at).text != "success"
    assert sender.push(text_push("第31条", "31"), door.at).text == "success"
    later(door, 60)
    assert sender.push(text_push("又来", "99"), door.at).text != "success"


def test_what_the_platform_tells_is_never_too_fast(door: Door) -> None:
    sender = door.sender()
    for number in range(35):
        sender.push(event_push("TEMPLATESENDJOBFINISH", MsgID=number, Status="success"), door.at)
    assert len(door.done("work")) == 35


def test_the_log_holds_no_openid_and_nothing_that_was_said(door: Door) -> None:
    sender = door.sender()
    with capture_logs() as entries:
        sender.push(text_push("路灯坏了"), door.at - 1000)
        sender.push(xml_push(MsgType="text", Content="路灯坏了"), door.at)
        sender.push(text_push("路灯坏了"), door.at)
    assert [entry["event"] for entry in entries] == ["push_refused", "push_refused"]
    for secret in (OPENID, "路灯", sender.token):
        assert secret not in str(entries)
    assert all(logging.getLevelNamesMapping()[e["log_level"].upper()] >= 30 for e in entries)
