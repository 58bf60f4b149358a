"""Logins of the mini-program and the web, phone numbers, tickets, text checks."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests


def session(sandbox, mini, code, **change):
    asked = {
        "appid": mini.app_id,
        "secret": mini.secret,
        "js_code": code,
        "grant_type": "authorization_code",
    }
    return mini.get("/sns/jscode2session", token=None, **(asked | change))


def test_a_login_code_works_once_within_five_minutes(sandbox, mini):
    code, late = sandbox.login_code("demo-a"), sandbox.login_code("demo-a")
    answer = session(sandbox, mini, code)
    person = sandbox.people()[-1]
    assert (answer["openid"], answer["unionid"]) == (person["mini_openid"], person["unionid"])
    assert answer["openid"] != "demo-a"
    assert len(answer["session_key"]) == 24
    assert session(sandbox, mini, code)["errcode"] == 40163
    assert session(sandbox, mini, "made-up")["errcode"] == 40029
    sandbox.advance(301)
    assert session(sandbox, mini, late)["errcode"] == 40029


def test_a_login_needs_the_mini_programs_own_secret(sandbox, mini, api):
    code = sandbox.login_code("demo-a")
    assert session(sandbox, mini, code, secret="no")["errcode"] == 40125
    assert session(sandbox, mini, code, appid=api.app_id)["errcode"] == 40013
    sandbox.standing("demo-a", "blocked")
    assert session(sandbox, mini, code)["errcode"] == 40226


def test_a_phone_code_gives_the_number_once(sandbox, mini, api):
    code = sandbox.phone_code("demo-a", "13800000000")
    assert api.post("/wxa/business/getuserphonenumber", {"code": code})["errcode"] == 48001
    answer = mini.post("/wxa/business/getuserphonenumber", {"code": code})
    assert answer["phone_info"]["purePhoneNumber"] == "13800000000"
    assert answer["phone_info"]["watermark"]["appid"] == mini.app_id
    assert mini.post("/wxa/business/getuserphonenumber", {"code": code})["errcode"] == 40163


def authorize(sandbox, api, openid=None, **change):
    query = {
        "appid": api.app_id,
        "redirect_uri": "http://127.0.0.1:8000/p/me?from=chat",
        "response_type": "code",
        "scope": "snsapi_userinfo",
        "state": "s1",
    } | change
    cookies = {"sandbox_person": openid} if openid else {}
    return requests.get(
        f"{sandbox.url}/connect/oauth2/authorize",
        params=query,
        cookies=cookies,
        allow_redirects=False,
        timeout=5,
    )


def web_token(api, code):
    return api.get(
        "/sns/oauth2/access_token",
        token=None,
        appid=api.app_id,
        secret=api.secret,
        code=code,
        grant_type="authorization_code",
    )


def test_the_silent_scope_goes_straight_back_with_a_code(sandbox, api):
    sandbox.say("demo-a", "在吗")
    answer = authorize(sandbox, api, "demo-a", scope="snsapi_base")
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (answer.status_code, back["from"], back["state"]) == (302, ["chat"], ["s1"])
    granted = web_token(api, back["code"][0])
    assert (granted["openid"], granted["scope"]) == ("demo-a", "snsapi_base")
    assert "unionid" not in granted
    assert web_token(api, back["code"][0])["errcode"] == 40163


def test_the_other_scope_asks_first_and_then_tells_who(sandbox, api):
    sandbox.say("demo-a", "在吗")
    page = authorize(sandbox, api, "demo-a")
    assert page.status_code == 200
    assert "以谁的身份继续" in page.text
    agreed = f"{page.url}&openid=demo-a"
    answer = requests.get(agreed, allow_redirects=False, timeout=5)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    granted = web_token(api, back["code"][0])
    shown = api.get("/sns/userinfo", token=granted["access_token"], openid="demo-a")
    assert shown["unionid"] == granted["unionid"]
    refreshed = api.get(
        "/sns/oauth2/refresh_token",
        token=None,
        appid=api.app_id,
        grant_type="refresh_token",
        refresh_token=granted["refresh_token"],
    )
    assert refreshed["openid"] == "demo-a"
    assert api.get("/sns/auth", token=refreshed["access_token"], openid="demo-a")["errcode"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"appid": "wx0"},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"scope": "all"},
    ],
)
def test_a_wrong_authorisation_stops_at_the_platform(sandbox, api, change):
    assert authorize(sandbox, api, **change).status_code == 400


def test_the_page_ticket_lasts_two_hours(sandbox, api):
    first = api.get("/cgi-bin/ticket/getticket", type="jsapi")
    assert api.get("/cgi-bin/ticket/getticket", type="jsapi")["ticket"] == first["ticket"]
    assert api.get("/cgi-bin/ticket/getticket", type="x")["errcode"] == 40097
    sandbox.advance(7201)
    api.renew()
    assert api.get("/cgi-bin/ticket/getticket", type="jsapi")["ticket"] != first["ticket"]


def checked(mini, content, **change):
    person = change.pop("openid")
    body = {"version": 2, "openid": person, "scene": 3, "content": content} | change
    answer = mini.session.post(
        f"{mini.url}/wxa/msg_sec_check?access_token={mini.token}",
        data=json.dumps(body, ensure_ascii=change.pop("escaped", False)).encode(),
        timeout=5,
    )
    return answer.json()


def test_text_is_judged_only_for_recent_visitors(sandbox, mini):
    sandbox.say("demo-a", "在吗")
    openid = sandbox.people()[-1]["mini_openid"]
    assert checked(mini, "你好", openid=openid)["errcode"] == 61010
    sandbox.visit_mini_program("demo-a")
    assert checked(mini, "你好", openid=openid)["result"] == {"suggest": "pass", "label": 100}
    risky = checked(mini, "代开发票，加我", openid=openid)
    assert risky["result"] == {"suggest": "risky", "label": 20006}
    assert risky["detail"][0]["keyword"] == "代开发票"


def test_escapes_defeat_the_text_check_as_they_do_in_the_wild(sandbox, mini):
    sandbox.visit_mini_program("demo-a")
    openid = sandbox.people()[-1]["mini_openid"]
    body = {"version": 2, "openid": openid, "scene": 3, "content": "代开发票"}
    assert mini.post("/wxa/msg_sec_check", body)["result"]["suggest"] == "pass"


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"version": 1}, 40097),
        ({"scene": 9}, 40097),
        ({"content": ""}, 44004),
        ({"content": "字" * 2501}, 45002),
        ({"openid": "nobody"}, 40003),
    ],
)
def test_a_wrong_text_check_gets_its_own_code(mini, change, errcode):
    body = {"version": 2, "openid": "demo-a", "scene": 3, "content": "你好"} | change
    assert mini.post("/wxa/msg_sec_check", body)["errcode"] == errcode
