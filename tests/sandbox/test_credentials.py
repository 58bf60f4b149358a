"""Tokens of both kinds, what is wrong with a token shown, quotas."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import requests

OVER_5_MINUTES = 301


def alive(api, token: str) -> int:
    return api.get("/cgi-bin/getcallbackip", token=token).get("errcode", 0)


def test_stable_token_stays_the_same_until_five_minutes_before_its_end(api, sandbox):
    assert api.stable()["access_token"] == api.token
    sandbox.advance(7200 - 299)
    renewed = api.stable()
    assert renewed["access_token"] != api.token
    assert renewed["expires_in"] == 7200
    assert alive(api, api.token) == alive(api, renewed["access_token"]) == 0
    sandbox.advance(300)
    assert alive(api, api.token) == 42001


def test_stable_and_classic_tokens_do_not_touch_each_other(api):
    first, second = api.classic()["access_token"], api.classic()["access_token"]
    assert len({first, second, api.token}) == 3
    assert alive(api, api.token) == 0


def test_a_new_classic_token_kills_the_former_after_five_minutes(api, sandbox):
    first, second = api.classic()["access_token"], api.classic()["access_token"]
    assert alive(api, first) == alive(api, second) == 0
    sandbox.advance(OVER_5_MINUTES)
    assert alive(api, first) == 40001
    assert alive(api, second) == 0


def test_a_forced_refresh_kills_the_stable_token_at_once_and_waits_thirty_seconds(api, sandbox):
    forced = api.stable(force_refresh=True)
    assert alive(api, api.token) == 40001
    assert alive(api, forced["access_token"]) == 0
    assert api.stable(force_refresh=True)["errcode"] == 45011
    sandbox.advance(31)
    assert "access_token" in api.stable(force_refresh=True)


def test_twenty_forced_refreshes_a_day(api, sandbox):
    now = datetime.fromtimestamp(sandbox.advance(0), ZoneInfo("Asia/Shanghai"))
    sandbox.advance(3600 * ((36 - now.hour) % 24 or 24))  # to noon: the day must not end meanwhile
    answers = []
    for _ in range(21):
        sandbox.advance(31)
        answers.append(api.stable(force_refresh=True))
    assert all("access_token" in answer for answer in answers[:20])
    assert answers[20]["errcode"] == 45009


def test_stable_token_wants_post(api):
    assert api.get("/cgi-bin/stable_token", token=None)["errcode"] == 43002


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"grant_type": "password"}, 40002),
    ],
)
def test_wrong_credentials_get_their_own_code(api, change, errcode):
    assert api.stable(**change)["errcode"] == errcode


@pytest.mark.parametrize(
    ("token", "errcode"), [(None, 41001), ("short", 40014), ("x" * 136, 40001)]
)
def test_a_bad_token_gets_its_own_code(api, token, errcode):
    answer = api.get("/cgi-bin/getcallbackip", token=token)
    assert answer["errcode"] == errcode
    assert "rid: " in answer["errmsg"]


def test_classic_tokens_are_two_thousand_a_day(api, sandbox):
    for _ in range(2000):
        assert "access_token" in api.classic()
    assert api.classic()["errcode"] == 45009
    assert api.post("/cgi-bin/clear_quota", {"appid": api.app_id})["errcode"] == 0
    assert "access_token" in api.classic()


def test_clear_quota_works_ten_times_a_month(api):
    codes = [api.post("/cgi-bin/clear_quota", {"appid": api.app_id})["errcode"] for _ in range(11)]
    assert codes == [0] * 10 + [48006]


def test_bodies_are_json_whatever_the_content_type_says(sandbox, api):
    url = f"{sandbox.url}/cgi-bin/message/custom/send?access_token={api.token}"
    for headers in ({}, {"Content-Type": "text/plain"}):
        answer = requests.post(url, data=b'{"touser": ', headers=headers, timeout=5)
        assert (answer.status_code, answer.json()["errcode"]) == (200, 47001)
    lone = b'{"touser": "\\ud800"}'
    assert requests.post(url, data=lone, timeout=5).json()["errcode"] == 47001
    assert requests.post(url, data=b"[1]", timeout=5).json()["errcode"] == 47001
    assert requests.post(url, data=b"[" * 100_000, timeout=5).json()["errcode"] == 47001


def test_the_log_of_calls_holds_no_token_and_no_secret(sandbox, api):
    api.classic()
    api.text("demo-a", "你好")
    logged = str(sandbox.calls())
    assert api.token not in logged
    assert api.secret not in logged
    assert sandbox.calls()[-1]["body"]["text"] == {"content": "你好"}


def test_addresses_and_the_callback_check(api):
    assert api.get("/cgi-bin/getcallbackip")["ip_list"]
    checked = api.post("/cgi-bin/callback/check", {"action": "all", "check_operator": "DEFAULT"})
    assert checked["dns"][0]["ip"] == checked["ping"][0]["ip"]
    assert api.post("/cgi-bin/callback/check", {"action": "no"})["errcode"] == 40001
