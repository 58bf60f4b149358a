"""Customer messages: windows, allowances, contents, typing."""

import pytest

HOUR = 3600


def codes(api, openid: str, number: int) -> list[int]:
    return [api.text(openid, "你好")["errcode"] for _ in range(number)]


def test_a_message_opens_five_for_48_hours(sandbox, api):
    sandbox.say("demo-a", "在吗")
    assert codes(api, "demo-a", 6) == [0] * 5 + [45047]
    sandbox.say("demo-a", "在吗")
    sandbox.advance(48 * HOUR - 5)
    api.renew()
    assert codes(api, "demo-a", 1) == [0]
    sandbox.advance(5)
    assert codes(api, "demo-a", 1) == [45015]


@pytest.mark.parametrize("action", ["click", "subscribe", "scan"])
def test_menu_subscribe_and_scan_open_three_for_a_minute(sandbox, api, action):
    sandbox.newcomer()
    openid = sandbox.people()[-1]["openid"]
    sandbox.advance(61)
    give = {"click": ["help"], "subscribe": [], "scan": ["b3"]}[action]
    getattr(sandbox, action)(openid, *give)
    assert codes(api, openid, 4) == [0, 0, 0, 45047]
    getattr(sandbox, action)(openid, *give)
    sandbox.advance(61)
    assert codes(api, openid, 1) == [45015]


def test_a_tap_in_a_message_menu_counts_as_a_menu_tap(sandbox, api):
    sandbox.say("demo-a", "满意", menu_id="101")
    assert codes(api, "demo-a", 4) == [0, 0, 0, 45047]


def test_each_action_renews_only_its_own_allowance(sandbox, api):
    sandbox.say("demo-a", "在吗")
    assert codes(api, "demo-a", 5) == [0] * 5
    sandbox.click("demo-a", "help")
    assert codes(api, "demo-a", 4) == [0, 0, 0, 45047]


def test_a_view_and_a_leave_open_nothing(sandbox, api):
    sandbox.view("demo-a", "http://127.0.0.1/p")
    assert codes(api, "demo-a", 1) == [45015]
    sandbox.say("demo-a", "在吗")
    sandbox.unsubscribe("demo-a")
    assert codes(api, "demo-a", 1) == [45015]


def test_what_is_refused_costs_nothing(sandbox, api):
    sandbox.say("demo-a", "在吗")
    assert api.text("demo-a", "")["errcode"] == 44004
    assert api.text("demo-a", "字" * 683)["errcode"] == 45002
    assert api.text("demo-a", "字" * 682)["errcode"] == 0
    assert codes(api, "demo-a", 5) == [0] * 4 + [45047]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"msgtype": "text", "text": {"content": "你好"}}, 40003),
        ({"touser": "nobody", "msgtype": "text", "text": {"content": "你好"}}, 40003),
        ({"touser": "demo-a", "msgtype": "dance", "dance": {}}, 40008),
        ({"touser": "demo-a", "msgtype": "text"}, 44004),
        ({"touser": "demo-a", "msgtype": "text", "text": {"content": 7}}, 47001),
        ({"touser": "demo-a", "msgtype": "image", "image": {"media_id": "no"}}, 40007),
        ({"touser": "demo-a", "msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
        ({"touser": "demo-a", "msgtype": "msgmenu", "msgmenu": {"list": [{"id": "1"}]}}, 47003),
        ({"touser": "demo-a", "msgtype": "link", "link": {"title": "a", "url": "b"}}, 40008),
    ],
)
def test_a_wrong_body_gets_its_own_code(sandbox, api, body, errcode):
    sandbox.say("demo-a", "在吗")
    assert api.post("/cgi-bin/message/custom/send", body)["errcode"] == errcode


@pytest.mark.parametrize(
    ("standing", "errcode"), [("blocked", 43019), ("refuses", 48002), ("limited", 50002)]
)
def test_bad_standing_gets_its_own_code(sandbox, api, standing, errcode):
    sandbox.say("demo-a", "在吗")
    sandbox.standing("demo-a", standing)
    assert codes(api, "demo-a", 1) == [errcode]


def test_a_message_menu_can_be_tapped(sandbox, api, receiver):
    sandbox.say("demo-a", "在吗")
    menu = {
        "head_content": "办得满意吗？",
        "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}],
    }
    body = {"touser": "demo-a", "msgtype": "msgmenu", "msgmenu": menu}
    assert api.post("/cgi-bin/message/custom/send", body)["errcode"] == 0
    item = sandbox.inbox("demo-a")[-1]
    assert item["text"] == "办得满意吗？"
    tap = item["options"][1]
    sandbox.say("demo-a", tap["send"], tap["menu_id"])
    assert receiver.arrivals[-1].fields["Content"] == "不满意"
    assert receiver.arrivals[-1].fields["bizmsgmenuid"] == "102"


def test_numbered_lines_and_menu_links_are_options(sandbox, api):
    sandbox.say("demo-a", "在吗")
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=人工&msgmenuid=9">转人工</a>'
    api.text("demo-a", f"10:30 前答复，共 3.5 小时\n1 是\n2. 不是\n{link}")
    item = sandbox.inbox("demo-a")[-1]
    assert item["text"].endswith("2. 不是\n转人工")
    assert [(o["label"], o["send"], o["menu_id"]) for o in item["options"]] == [
        ("转人工", "人工", "9"),
        ("1 是", "1", ""),
        ("2 不是", "2", ""),
    ]


def test_typing_needs_recent_contact_and_is_not_repeated(sandbox, api):
    path = "/cgi-bin/message/custom/typing"
    assert api.post(path, {"touser": "demo-a", "command": "Typing"})["errcode"] == 40003
    sandbox.say("demo-a", "在吗")
    assert api.post(path, {"touser": "demo-a", "command": "Dance"})["errcode"] == 45072
    assert api.post(path, {"touser": "demo-a", "command": "Typing"})["errcode"] == 0
    assert api.post(path, {"touser": "demo-a", "command": "Typing"})["errcode"] == 45081
    assert api.post(path, {"touser": "demo-a", "command": "CancelTyping"})["errcode"] == 0
    sandbox.advance(31)
    assert api.post(path, {"touser": "demo-a", "command": "Typing"})["errcode"] == 45080


def test_the_mini_program_writes_within_its_own_window(sandbox, mini, api):
    sandbox.say("demo-a", "在吗")
    person = sandbox.people()[-1]
    assert codes(mini, person["mini_openid"], 1) == [45015]
    assert sandbox.enter_mini_service("demo-a") is None
    assert codes(mini, person["mini_openid"], 3) == [0, 0, 45047]
    assert codes(api, "demo-a", 1) == [0]
