"""Followers, tags and QR codes through the API."""

import io

import pytest
from PIL import Image


@pytest.fixture
def people(sandbox) -> list[str]:
    for openid in ("demo-a", "demo-b"):
        sandbox.say(openid, "在吗")
    return ["demo-a", "demo-b"]


def test_a_follower_is_shown_and_a_leaver_hardly(sandbox, api, people):
    sandbox.scan("demo-a", "b3")
    shown = api.get("/cgi-bin/user/info", openid="demo-a", lang="zh_CN")
    assert (shown["subscribe"], shown["nickname"]) == (1, "")
    sandbox.unsubscribe("demo-a")
    assert api.get("/cgi-bin/user/info", openid="demo-a") == {"subscribe": 0, "openid": "demo-a"}
    assert api.get("/cgi-bin/user/info", openid="nobody")["errcode"] == 40003


def test_the_scene_a_newcomer_followed_by_is_kept(sandbox, api, receiver):
    openid = sandbox.newcomer(scene="b3")
    fields = receiver.arrivals[0].fields
    assert (fields["Event"], fields["EventKey"]) == ("subscribe", "qrscene_b3")
    shown = api.get("/cgi-bin/user/info", openid=openid)
    assert (shown["subscribe_scene"], shown["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "b3")


def test_many_at_once_and_all(api, people):
    body = {"user_list": [{"openid": openid, "lang": "zh_CN"} for openid in people]}
    found = api.post("/cgi-bin/user/info/batchget", body)["user_info_list"]
    assert [person["openid"] for person in found] == people
    too_many = {"user_list": [{"openid": "demo-a"}] * 101}
    assert api.post("/cgi-bin/user/info/batchget", too_many)["errcode"] == 40032
    assert api.get("/cgi-bin/user/get")["data"]["openid"] == people
    assert api.get("/cgi-bin/user/get", next_openid="demo-b")["count"] == 0


def test_tags_are_made_given_read_and_removed(api, people):
    tag = api.post("/cgi-bin/tags/create", {"tag": {"name": "志愿者"}})["tag"]
    body = {"openid_list": people, "tagid": tag["id"]}
    assert api.post("/cgi-bin/tags/members/batchtagging", body)["errcode"] == 0
    assert api.get("/cgi-bin/tags/get")["tags"] == [tag | {"count": 2}]
    given = api.post("/cgi-bin/tags/getidlist", {"openid": "demo-a"})
    assert given == {"tagid_list": [tag["id"]]}
    members = api.post("/cgi-bin/user/tag/get", {"tagid": tag["id"], "next_openid": ""})
    assert members["data"]["openid"] == people
    body["openid_list"] = ["demo-a"]
    assert api.post("/cgi-bin/tags/members/batchuntagging", body)["errcode"] == 0
    assert api.post("/cgi-bin/tags/delete", {"tag": {"id": tag["id"]}})["errcode"] == 0
    assert api.get("/cgi-bin/tags/get")["tags"] == []


def test_wrong_tags_get_their_own_codes(api, people):
    assert api.post("/cgi-bin/tags/create", {"tag": {"name": "字" * 31}})["errcode"] == 45158
    assert api.post("/cgi-bin/tags/create", {})["errcode"] == 45157
    api.post("/cgi-bin/tags/create", {"tag": {"name": "楼长"}})
    assert api.post("/cgi-bin/tags/create", {"tag": {"name": "楼长"}})["errcode"] == 45157
    body = {"openid_list": people, "tagid": 7}
    assert api.post("/cgi-bin/tags/members/batchtagging", body)["errcode"] == 45159
    body = {"openid_list": ["demo-a"] * 51, "tagid": 100}
    assert api.post("/cgi-bin/tags/members/batchtagging", body)["errcode"] == 40032


def qr(api, **body):
    return api.post("/cgi-bin/qrcode/create", body)


def test_a_lasting_code_has_a_picture_and_its_ticket_comes_with_the_scan(sandbox, api, receiver):
    scene = {"scene": {"scene_str": "b3"}}
    made = qr(api, action_name="QR_LIMIT_STR_SCENE", action_info=scene)
    answer = api.fetch("/cgi-bin/showqrcode", token=None, ticket=made["ticket"])
    picture = Image.open(io.BytesIO(answer.content))
    assert (answer.headers["Content-Type"], picture.format) == ("image/png", "PNG")
    assert picture.size[0] == picture.size[1] > 200
    sandbox.scan("demo-a", "b3")
    fields = receiver.arrivals[0].fields
    assert (fields["Event"], fields["EventKey"]) == ("SCAN", "b3")
    assert fields["Ticket"] == made["ticket"]


def test_a_temporary_code_ends(sandbox, api):
    made = qr(api, action_name="QR_SCENE", action_info={"scene": {"scene_id": 7}})
    assert made["expire_seconds"] == 60
    sandbox.advance(61)
    assert api.fetch("/cgi-bin/showqrcode", token=None, ticket=made["ticket"]).status_code == 404


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"action_name": "QR_FLY"}, 40052),
        ({"action_name": "QR_SCENE"}, 40053),
        ({"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 0}}}, 40053),
        ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "s" * 65}}}, 40053),
        (
            {
                "action_name": "QR_SCENE",
                "action_info": {"scene": {"scene_id": 1}},
                "expire_seconds": 2_592_001,
            },
            40053,
        ),
    ],
)
def test_wrong_codes_get_their_own_codes(api, body, errcode):
    assert qr(api, **body)["errcode"] == errcode


def test_a_stranger_who_scans_becomes_a_follower_by_that_scene(sandbox, api, receiver):
    openid = sandbox.stranger("居民B")
    assert api.get("/cgi-bin/user/info", openid=openid)["subscribe"] == 0
    sandbox.scan(openid, "b3")
    assert receiver.arrivals[0].fields["EventKey"] == "qrscene_b3"
    assert api.get("/cgi-bin/user/info", openid=openid)["subscribe"] == 1
