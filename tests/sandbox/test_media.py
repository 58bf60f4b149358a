"""Media: uploads with their limits, downloads, pictures inside pushes."""

import pytest
import requests

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 100


def test_what_is_uploaded_can_be_fetched_for_three_days(sandbox, api):
    media_id = api.upload("image", JPEG)["media_id"]
    answer = api.fetch("/cgi-bin/media/get", media_id=media_id)
    assert (answer.content, answer.headers["Content-Type"]) == (JPEG, "image/jpeg")
    sandbox.advance(3 * 24 * 3600 + 1)
    api.renew()
    assert api.get("/cgi-bin/media/get", media_id=media_id)["errcode"] == 40007


def test_a_video_comes_as_an_address(api):
    mp4 = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 50
    media_id = api.upload("video", mp4, "a.mp4")["media_id"]
    url = api.get("/cgi-bin/media/get", media_id=media_id)["video_url"]
    assert requests.get(url, timeout=5).content == mp4


@pytest.mark.parametrize(
    ("type_", "content", "errcode"),
    [
        ("song", JPEG, 40004),
        ("image", b"", 41005),
        ("image", b"GIF89a" + b"\x00" * 20, 40005),
        ("thumb", JPEG + b"\x00" * 65_536, 45001),
    ],
)
def test_a_wrong_upload_gets_its_own_code(api, type_, content, errcode):
    assert api.upload(type_, content)["errcode"] == errcode


def test_a_photo_is_pushed_with_an_address_and_a_media_id(sandbox, api, receiver):
    sandbox.photo("demo-a", JPEG)
    fields = receiver.arrivals[0].fields
    assert fields["MsgType"] == "image"
    assert requests.get(fields["PicUrl"], timeout=5).content == JPEG
    assert api.fetch("/cgi-bin/media/get", media_id=fields["MediaId"]).content == JPEG


def test_a_photo_reply_needs_a_known_media_id(sandbox, api, receiver):
    media_id = api.upload("image", JPEG)["media_id"]
    for given, result in ((media_id, "replied"), ("no", "unacceptable: the media id is unknown")):
        receiver.answer = lambda arrival, given=given: (
            f"<xml><ToUserName>{arrival.fields['FromUserName']}</ToUserName>"
            f"<FromUserName>{arrival.fields['ToUserName']}</FromUserName>"
            "<CreateTime>1</CreateTime><MsgType>image</MsgType>"
            f"<Image><MediaId>{given}</MediaId></Image></xml>"
        )
        assert sandbox.say("demo-a", "照片").result == result


def test_voice_with_and_without_recognition_location_link_and_strange_types(sandbox, receiver):
    sandbox.voice("demo-a", "电梯坏了")
    sandbox.voice("demo-a")
    sandbox.location("demo-a", 36.71, 117.53, "小区东门")
    sandbox.link("demo-a", "停水通知", "http://127.0.0.1/p/1")
    sandbox.raw("demo-a", "hologram", {"Depth": 3})
    heard, unheard, place, link, strange = (arrival.fields for arrival in receiver.arrivals)
    assert (heard["Recognition"], heard["Format"]) == ("电梯坏了", "amr")
    assert "Recognition" not in unheard
    assert (place["Location_X"], place["Location_Y"]) == ("36.71", "117.53")
    assert (link["Title"], link["Url"]) == ("停水通知", "http://127.0.0.1/p/1")
    assert (strange["MsgType"], strange["Depth"]) == ("hologram", "3")
