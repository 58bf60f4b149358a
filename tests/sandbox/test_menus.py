"""Menus: limits, conditional menus, what a person sees and taps."""

import pytest

CLICK = {"type": "click", "name": "找楼长", "key": "head"}


def create(api, *buttons):
    return api.post("/cgi-bin/menu/create", {"button": list(buttons)})["errcode"]


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([CLICK | {"name": "六个汉字太长"}], 40018),
        ([CLICK | {"name": ""}], 40018),
        ([CLICK | {"key": "k" * 129}], 40019),
        ([CLICK | {"type": "fly"}], 40017),
        ([{"type": "view", "name": "公示", "url": "u" * 1025}], 40020),
        ([{"name": "更多", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "更多", "sub_button": [CLICK | {"sub_button": [CLICK]}]}], 40022),
        (["x"], 47001),
    ],
)
def test_a_menu_over_a_limit_gets_its_own_code(api, buttons, errcode):
    assert create(api, *buttons) == errcode
    assert api.get("/cgi-bin/menu/get")["errcode"] == 46003


def test_the_limits_themselves_pass(api):
    sub_buttons = [CLICK | {"name": "字" * 20, "key": "k" * 128}] * 5
    assert create(api, {"name": "字" * 5, "sub_button": sub_buttons}, CLICK, CLICK) == 0
    assert len(api.get("/cgi-bin/menu/get")["menu"]["button"]) == 3


def test_a_tag_decides_which_menu_a_person_sees(sandbox, api):
    sandbox.say("demo-a", "在吗")
    sandbox.say("demo-b", "在吗")
    create(api, CLICK)
    tag_id = api.post("/cgi-bin/tags/create", {"tag": {"name": "楼长"}})["tag"]["id"]
    body = {"openid_list": ["demo-b"], "tagid": tag_id}
    api.post("/cgi-bin/tags/members/batchtagging", body)
    tasks = CLICK | {"name": "我的任务", "key": "tasks"}
    rule = {"button": [tasks], "matchrule": {"tag_id": str(tag_id)}}
    assert api.post("/cgi-bin/menu/addconditional", rule)["menuid"]
    seen = {
        who: api.post("/cgi-bin/menu/trymatch", {"user_id": who})["button"][0]["key"]
        for who in ("demo-a", "demo-b")
    }
    assert seen == {"demo-a": "head", "demo-b": "tasks"}
    assert [button["key"] for button in sandbox.menu("demo-b")] == ["tasks"]
    assert api.get("/cgi-bin/menu/get")["conditionalmenu"][0]["matchrule"]["tag_id"] == str(tag_id)
    assert api.get("/cgi-bin/menu/delete")["errcode"] == 0
    assert api.post("/cgi-bin/menu/trymatch", {"user_id": "demo-b"})["button"] == []


def test_only_tags_may_decide(api):
    create(api, CLICK)
    rule = {"button": [CLICK], "matchrule": {"sex": "1"}}
    assert api.post("/cgi-bin/menu/addconditional", rule)["errcode"] == 65320
    rule["matchrule"] = {"tag_id": "999"}
    assert api.post("/cgi-bin/menu/addconditional", rule)["errcode"] == 65309


def test_a_tap_is_pushed_as_an_event_without_msgid(sandbox, receiver):
    sandbox.click("demo-a", "head")
    fields = receiver.arrivals[0].fields
    assert (fields["MsgType"], fields["Event"], fields["EventKey"]) == ("event", "CLICK", "head")
    assert "MsgId" not in fields
