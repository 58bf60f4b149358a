"""Mass messages: whom they reach, how often, and never twice."""

import pytest

from .test_templated import event


def send_all(api, **change):
    body = {
        "filter": {"is_to_all": True},
        "msgtype": "text",
        "text": {"content": "明早停水"},
    } | change
    return api.post("/cgi-bin/message/mass/sendall", body)


@pytest.fixture
def people(sandbox) -> list[str]:
    openids = ["demo-a", "demo-b", "demo-c"]
    for openid in openids:
        sandbox.say(openid, "在吗")
    sandbox.unsubscribe("demo-c")
    return openids


def test_to_all_reaches_followers_and_reports(sandbox, api, receiver, people):
    answer = send_all(api)
    assert answer["errmsg"] == "send job submission success"
    assert [len(sandbox.inbox(openid)) for openid in people] == [1, 1, 0]
    report = event(receiver, "MASSSENDJOBFINISH").fields
    assert report["MsgID"] == str(answer["msg_id"])
    assert (report["TotalCount"], report["SentCount"]) == ("3", "2")
    status = api.post("/cgi-bin/message/mass/get", {"msg_id": answer["msg_id"]})
    assert status == {"msg_id": answer["msg_id"], "msg_status": "SEND_SUCCESS"}


def test_the_same_clientmsgid_is_refused_with_the_first_number(sandbox, api, people):
    first = send_all(api, clientmsgid="notice-1")
    again = send_all(api, clientmsgid="notice-1")
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert len(sandbox.inbox("demo-a")) == 1
    sandbox.advance(24 * 3600 + 1)
    api.renew()
    assert send_all(api, clientmsgid="notice-1")["errcode"] == 0


def test_to_all_is_four_a_month(api, people):
    assert [send_all(api)["errcode"] for _ in range(5)] == [0, 0, 0, 0, 45028]


def test_each_person_receives_four_a_month(sandbox, api, people):
    body = {"touser": ["demo-a", "demo-b"], "msgtype": "text", "text": {"content": "通知"}}
    for _ in range(5):
        assert api.post("/cgi-bin/message/mass/send", body)["errcode"] == 0
    assert len(sandbox.inbox("demo-a")) == 4


def test_a_tag_reaches_its_members(sandbox, api, people):
    tag_id = api.post("/cgi-bin/tags/create", {"tag": {"name": "3号楼"}})["tag"]["id"]
    body = {"openid_list": ["demo-b"], "tagid": tag_id}
    assert api.post("/cgi-bin/tags/members/batchtagging", body)["errcode"] == 0
    assert send_all(api, filter={"is_to_all": False, "tag_id": tag_id})["errcode"] == 0
    assert [len(sandbox.inbox(openid)) for openid in people] == [0, 1, 0]


def test_wrong_sendings_get_their_own_codes(api, people):
    assert send_all(api, filter={"tag_id": 7})["errcode"] == 45159
    assert send_all(api, msgtype="msgmenu", msgmenu={"list": []})["errcode"] == 40008
    assert api.post("/cgi-bin/message/mass/send", {"touser": ["demo-a"]})["errcode"] == 40130
    assert api.post("/cgi-bin/message/mass/get", {"msg_id": 1})["errcode"] == 40059


def test_preview_delete_and_speed(sandbox, api, people):
    body = {"touser": "demo-a", "msgtype": "text", "text": {"content": "预览"}}
    assert api.post("/cgi-bin/message/mass/preview", body)["errcode"] == 0
    assert sandbox.inbox("demo-a")[-1]["kind"] == "preview"
    msg_id = send_all(api)["msg_id"]
    assert api.post("/cgi-bin/message/mass/delete", {"msg_id": msg_id})["errcode"] == 0
    assert api.post("/cgi-bin/message/mass/get", {"msg_id": msg_id})["msg_status"] == "DELETE"
    assert api.post("/cgi-bin/message/mass/speed/set", {"speed": 9})["errcode"] == 45083
    assert api.post("/cgi-bin/message/mass/speed/set", {"speed": 2})["errcode"] == 0
    assert api.post("/cgi-bin/message/mass/speed/get", {}) == {"speed": 2, "realspeed": 45}
