"""Template messages and subscription notices: values, consents, results, no doubles."""

import time

import pytest

TEMPLATE = "SANDBOX_TICKET_PROGRESS"
DATA = {
    "character_string1": {"value": "XQ20261121-0001"},
    "thing2": {"value": "楼道飞线充电"},
    "phrase3": {"value": "已派单"},
    "time4": {"value": "2026年11月21日 10:30"},
}


def send(api, path="template/send", **change):
    body = {"touser": "demo-a", "template_id": TEMPLATE, "data": DATA} | change
    return api.post(f"/cgi-bin/message/{path}", body)


def event(receiver, name, number=1):
    """The fields of the nth push of an event, which comes after the call is answered."""
    for _ in range(100):
        found = [a for a in receiver.arrivals if a.fields.get("Event") == name]
        if len(found) >= number:
            return found[number - 1]
        time.sleep(0.02)
    raise AssertionError(f"no {name}")


@pytest.fixture
def follower(sandbox) -> str:
    sandbox.say("demo-a", "在吗")
    return "demo-a"


def test_a_template_message_arrives_and_its_result_is_pushed(sandbox, api, receiver, follower):
    answer = send(api)
    assert (answer["errcode"], answer["errmsg"]) == (0, "ok")
    item = sandbox.inbox(follower)[-1]
    assert (item["kind"], item["text"]) == ("template", "工单进度提醒")
    result = event(receiver, "TEMPLATESENDJOBFINISH").fields
    assert (result["MsgID"], result["Status"]) == (str(answer["msgid"]), "success")


def test_who_refuses_templates_gets_none_and_the_result_says_so(sandbox, api, receiver, follower):
    sandbox.standing(follower, "refuses")
    assert send(api)["errcode"] == 0
    result = event(receiver, "TEMPLATESENDJOBFINISH").fields
    assert result["Status"] == "failed:user block"
    assert sandbox.inbox(follower) == []
    sandbox.standing(follower, "blocked")
    assert send(api)["errcode"] == 43019


def test_the_same_client_msg_id_is_sent_once_within_ten_minutes(sandbox, api, follower):
    first, again = send(api, client_msg_id="k1"), send(api, client_msg_id="k1")
    other = send(api, client_msg_id="k2")
    assert first["msgid"] == again["msgid"] != other["msgid"]
    assert len(sandbox.inbox(follower)) == 2
    sandbox.advance(601)
    assert send(api, client_msg_id="k1")["msgid"] not in (first["msgid"], other["msgid"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thing2", "字" * 21),
        ("phrase3", "字" * 6),
        ("phrase3", "abc"),
        ("character_string1", "编号"),
        ("time4", "明天"),
        ("thing2", ""),
        ("thing2", None),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(api, follower, field, value):
    answer = send(api, data=DATA | {field: {"value": value}})
    assert answer["errcode"] == 47003
    assert f"data.{field}.value" in answer["errmsg"]


def test_a_missing_field_an_unknown_template_and_a_stranger_are_refused(api, sandbox, follower):
    assert send(api, data={})["errcode"] == 47003
    assert send(api, data=[])["errcode"] == 47001
    assert send(api, template_id="NO")["errcode"] == 40037
    assert send(api, touser="nobody")["errcode"] == 40003
    sandbox.unsubscribe(follower)
    assert send(api)["errcode"] == 43004


def test_a_template_of_ones_own_can_be_added(sandbox, api, follower):
    sandbox.template("MINE", "缴费提醒", ["amount1"])
    assert send(api, template_id="MINE", data={"amount1": {"value": "12.50元"}})["errcode"] == 0
    listed = api.get("/cgi-bin/template/get_all_private_template")["template_list"]
    assert {"template_id": "MINE", "title": "缴费提醒", "content": "{{amount1.DATA}}"} in listed


def test_one_consent_is_one_notice(sandbox, api, receiver, follower):
    assert send(api, "subscribe/bizsend")["errcode"] == 43101
    sandbox.consent(follower, {TEMPLATE: "accept", "SANDBOX_NOTICE": "reject"})
    popup = event(receiver, "subscribe_msg_popup_event").body.decode()
    assert popup.count("<List>") == 2
    assert popup.count("<![CDATA[accept]]>") == 1
    assert send(api, "subscribe/bizsend")["errcode"] == 0
    assert event(receiver, "subscribe_msg_sent_event").body.count(b"<MsgID>") == 1
    assert send(api, "subscribe/bizsend")["errcode"] == 43101
    assert [item["kind"] for item in sandbox.inbox(follower)] == ["subscription"]


def test_a_bad_notice_costs_no_consent(sandbox, api, follower):
    sandbox.consent(follower, {TEMPLATE: "accept"})
    assert send(api, "subscribe/bizsend", data={})["errcode"] == 47003
    assert send(api, "subscribe/bizsend")["errcode"] == 0


def test_consents_add_up_and_turning_off_ends_them(sandbox, api, receiver, follower):
    sandbox.consent(follower, {TEMPLATE: "accept"}, number=2)
    sandbox.consent(follower, {TEMPLATE: "accept"})
    assert [send(api, "subscribe/bizsend")["errcode"] for _ in range(2)] == [0, 0]
    sandbox.turn_off(follower, TEMPLATE)
    assert b"reject" in event(receiver, "subscribe_msg_change_event").body
    assert send(api, "subscribe/bizsend")["errcode"] == 43101


def test_the_mini_programs_consents_are_its_own(sandbox, api, mini, follower):
    mini_openid = sandbox.people()[-1]["mini_openid"]
    sandbox.consent_in_mini_program(follower, {TEMPLATE: "accept"})
    assert send(api, "subscribe/bizsend")["errcode"] == 43101
    assert send(api, "subscribe/send")["errcode"] == 48001
    assert send(mini, "subscribe/send", touser=mini_openid, miniprogram_state="x")["errcode"]
    answer = send(mini, "subscribe/send", touser=mini_openid)
    assert answer["errcode"] == 0
    assert answer["msgid"] > 0
    assert send(mini, "subscribe/send", touser=mini_openid)["errcode"] == 43101
