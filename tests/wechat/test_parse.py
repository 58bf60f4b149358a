"""Every kind of push that WeChat documents, and what is no push at all."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.wechat.parse import read_push
from app.wechat.refusals import Malformed
from app.wechat.tree import read_tree
from bots.message import EventKind, IncomingMessage, MessageKind

from .sender import OPENID, SERVICE, event_push, text_push, xml_push


def read(body: str) -> IncomingMessage:
    return read_push("main", read_tree(body.encode())).message


def message(kind: str, **elements: Any) -> IncomingMessage:
    return read(xml_push(MsgType=kind, MsgId="23", CreateTime="1348831860", **elements))


def event(name: str, **elements: Any) -> IncomingMessage:
    return read(event_push(name, **elements))


def test_a_text_says_who_when_and_what() -> None:
    push = read_push("main", read_tree(text_push(" 路灯坏了\n", "23", at=1348831860).encode()))
    assert push.addressee == SERVICE
    assert push.message == IncomingMessage(
        account="main",
        openid=OPENID,
        key="23",
        kind=MessageKind.TEXT,
        sent_at=datetime(2012, 9, 28, 11, 31, tzinfo=UTC),
        text="路灯坏了",
    )


def test_an_empty_text_is_an_empty_text() -> None:
    assert message("text", Content="").text == ""


def test_a_tapped_line_of_a_menu_message_names_its_choice() -> None:
    tapped = message("text", Content="满意", bizmsgmenuid="101")
    assert (tapped.text, tapped.menu_choice) == ("满意", "101")


def test_a_message_number_may_be_words() -> None:
    assert read(text_push("在吗", "msg-7f3a")).key == "msg-7f3a"


def test_an_image_has_its_address_and_its_number() -> None:
    image = message("image", PicUrl="http://pic", MediaId="m1")
    assert (image.kind, image.pic_url, image.media_id) == (MessageKind.IMAGE, "http://pic", "m1")


def test_a_voice_is_recognised_or_not() -> None:
    heard = message("voice", MediaId="m1", Format="amr", Recognition="电梯坏了", MediaId16K="m2")
    assert (heard.format, heard.recognition, heard.media_id) == ("amr", "电梯坏了", "m1")
    assert heard.extra == {"MediaId16K": "m2"}
    assert message("voice", MediaId="m1", Format="amr").recognition is None
    assert message("voice", MediaId="m1", Format="amr", Recognition="").recognition is None


@pytest.mark.parametrize("kind", ["video", "shortvideo"])
def test_both_kinds_of_video_are_video(kind: str) -> None:
    video = message(kind, MediaId="m1", ThumbMediaId="t1")
    assert (video.kind, video.media_id) == (MessageKind.VIDEO, "m1")
    assert video.extra == {"ThumbMediaId": "t1"}


def test_a_location_is_north_then_east() -> None:
    place = message("location", Location_X="23.134521", Location_Y="113.358803", Label="东门")
    assert (place.latitude, place.longitude, place.label) == (23.134521, 113.358803, "东门")


@pytest.mark.parametrize("latitude", ["nan", "inf", "91", "-90.5", "north", "", "1e999"])
def test_a_place_that_is_nowhere_is_malformed(latitude: str) -> None:
    with pytest.raises(Malformed):
        message("location", Location_X=latitude, Location_Y="113", Label="东门")


def test_a_link_a_file_and_a_page_keep_their_titles() -> None:
    link = message("link", Title="公示", Description="三月", Url="http://notice")
    assert (link.title, link.description, link.url) == ("公示", "三月", "http://notice")
    file = message("file", Title="账单.pdf", Description="", FileKey="k", FileTotalLen="9")
    assert (file.kind, file.title, file.extra["FileKey"]) == (MessageKind.FILE, "账单.pdf", "k")
    page = message("miniprogrampage", Title="缴费", AppId="wx1", PagePath="pages/fee")
    assert (page.kind, page.url) == (MessageKind.MINIPROGRAM, "pages/fee")


def test_a_kind_not_known_yet_is_kept_whole() -> None:
    unknown = read(xml_push(MsgType="hologram", CreateTime="1", Shape={"Edge": "3"}))
    assert (unknown.kind, unknown.text) == (MessageKind.UNKNOWN, None)
    assert unknown.extra["MsgType"] == "hologram"
    assert unknown.extra["Shape"] == {"Edge": "3"}


@pytest.mark.parametrize(
    ("key", "scene"),
    [("", None), ("qrscene_", None), ("qrscene_b-12", "b-12"), ("last_trade_no_40012", None)],
)
def test_a_subscription_knows_the_code_it_came_by(key: str, scene: str | None) -> None:
    subscribed = event("subscribe", EventKey=key, Ticket="t")
    assert (subscribed.event, subscribed.scene) == (EventKind.SUBSCRIBE, scene)
    assert subscribed.ticket == "t"


def test_a_scan_of_a_follower_has_no_prefix() -> None:
    scan = event("SCAN", EventKey="b-12", Ticket="t")
    assert (scan.event, scan.scene, scan.ticket) == (EventKind.SCAN, "b-12", "t")


@pytest.mark.parametrize("name", ["CLICK", "click", "Click"])
def test_names_of_events_compare_in_lower_case(name: str) -> None:
    click = event(name, EventKey="progress")
    assert (click.event, click.event_key) == (EventKind.CLICK, "progress")


@pytest.mark.parametrize("name", ["VIEW", "view_miniprogram"])
def test_a_view_has_its_address(name: str) -> None:
    assert event(name, EventKey="http://fees", MenuId="4").url == "http://fees"


def test_places_come_in_events_too() -> None:
    reported = event("LOCATION", Latitude="23.1", Longitude="113.3", Precision="119")
    assert (reported.latitude, reported.longitude) == (23.1, 113.3)
    info = {"Location_X": "23.1", "Location_Y": "113.3", "Label": "东门", "Poiname": "花园"}
    picked = event("location_select", EventKey="k", SendLocationInfo=info)
    assert (picked.event, picked.latitude) == (EventKind.LOCATION_PICKED, 23.1)
    assert (picked.label, picked.title) == ("东门", "花园")


@pytest.mark.parametrize("name", ["scancode_push", "scancode_waitmsg"])
def test_a_scanned_code_says_what_it_says(name: str) -> None:
    info = {"ScanType": "qrcode", "ScanResult": "b-12"}
    scanned = event(name, EventKey="k", ScanCodeInfo=info)
    assert (scanned.event, scanned.text) == (EventKind.SCANCODE, "b-12")


@pytest.mark.parametrize("name", ["pic_sysphoto", "pic_photo_or_album", "pic_weixin"])
def test_picked_photos_are_counted_in_the_rest(name: str) -> None:
    pictures = {"Count": "2", "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}}
    picked = event(name, EventKey="k", SendPicsInfo=pictures)
    assert picked.event is EventKind.PHOTO_PICKED
    assert picked.extra["SendPicsInfo"] == pictures


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("TEMPLATESENDJOBFINISH", EventKind.TEMPLATE_FINISHED),
        ("MASSSENDJOBFINISH", EventKind.MASS_FINISHED),
    ],
)
def test_results_of_jobs_keep_their_number_and_status(name: str, kind: EventKind) -> None:
    finished = event(name, MsgID="200163836", Status="failed:user block")
    assert finished.event is kind
    assert finished.extra == {"MsgID": "200163836", "Status": "failed:user block"}
    assert not finished.is_from_person


ENTRY = {"TemplateId": "t1", "SubscribeStatusString": "reject", "PopupScene": "0"}


@pytest.mark.parametrize(
    ("name", "tag", "kind"),
    [
        ("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", EventKind.SUBSCRIBE_POPUP),
        ("subscribe_msg_change_event", "SubscribeMsgChangeEvent", EventKind.SUBSCRIBE_CHANGED),
        ("subscribe_msg_change_event", "SubscribeMsgPopupEvent", EventKind.SUBSCRIBE_CHANGED),
        ("subscribe_msg_sent_event", "SubscribeMsgSentEvent", EventKind.SUBSCRIBE_SENT),
    ],
)
@pytest.mark.parametrize("entries", [[ENTRY], [ENTRY, ENTRY | {"TemplateId": "t2"}]])
def test_subscriptions_are_a_list_in_every_wording(
    name: str, tag: str, kind: EventKind, entries: list[dict[str, str]]
) -> None:
    base = {"ToUserName": SERVICE, "FromUserName": OPENID, "CreateTime": 1, "MsgType": "event"}
    bare = entries[0] if len(entries) == 1 else entries
    for pushed in (
        event(name, **{tag: {"List": entries}}),
        read(json.dumps(base | {"Event": name, "List": bare})),
        read(json.dumps(base | {"Event": name, tag: {"List": bare}})),
    ):
        assert (pushed.event, pushed.extra) == (kind, {"List": entries})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("unsubscribe", EventKind.UNSUBSCRIBE),
        ("user_authorization_revoke", EventKind.AUTHORIZATION_REVOKED),
        ("user_authorization_cancellation", EventKind.AUTHORIZATION_CANCELLED),
        ("user_info_modified", EventKind.USER_INFO_MODIFIED),
        ("PUBLISHJOBFINISH", EventKind.PUBLISH_FINISHED),
        ("wxa_media_check", EventKind.MEDIA_CHECKED),
        ("user_enter_tempsession", EventKind.SESSION_ENTERED),
    ],
)
def test_other_events_have_their_kind(name: str, kind: EventKind) -> None:
    assert event(name).event is kind


def test_an_event_not_known_yet_keeps_its_name() -> None:
    odd = event("qualification_verify_success", ExpiredTime="1442401156")
    assert odd.event is EventKind.OTHER
    assert odd.extra == {"Event": "qualification_verify_success", "ExpiredTime": "1442401156"}


def test_xml_and_json_say_the_same() -> None:
    pushed = {
        "ToUserName": SERVICE,
        "FromUserName": OPENID,
        "MsgType": "text",
        "Content": "路灯",
        "MsgId": 23,
        "CreateTime": 1482048670,
    }
    assert read(json.dumps(pushed)) == read(xml_push(**pushed))


def test_deliveries_of_one_event_share_a_key_and_others_do_not() -> None:
    one = event("CLICK", EventKey="a").key
    assert event("CLICK", EventKey="a").key == one
    assert event("CLICK", EventKey="b").key != one
    assert event("CLICK", EventKey="a", at=2).key != one
    assert event("VIEW", EventKey="a").key != one
    assert len(event("C" * 5000, EventKey="a").key) <= 128


@pytest.mark.parametrize(
    "missing", ["ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Content"]
)
@pytest.mark.parametrize("wrong", [None, ["a", "b"], {"Inner": "a"}])
def test_a_text_without_one_of_its_parts_is_malformed(missing: str, wrong: Any) -> None:
    parts: dict[str, Any] = {
        "ToUserName": SERVICE,
        "FromUserName": OPENID,
        "CreateTime": "1",
        "MsgType": "text",
        "MsgId": "1",
        "Content": "路灯",
    }
    changed = parts | {missing: wrong}
    if wrong is None:
        del changed[missing]
    for body in (json.dumps(changed), _bare_xml(changed)):
        with pytest.raises(Malformed):
            read(body)


def test_an_element_nobody_reads_may_not_be_repeated_either() -> None:
    with pytest.raises(Malformed):
        message("text", Content="路灯", MsgDataId=["1", "2"])


@pytest.mark.parametrize("moment", ["", "now", "-1", "1.5", "٣", "9" * 13, "9" * 12])
def test_a_message_of_no_moment_is_malformed(moment: str) -> None:
    with pytest.raises(Malformed):
        read(xml_push(MsgType="text", Content="a", MsgId="1", CreateTime=moment))


@pytest.mark.parametrize("openid", ["", "o" * 65, "o\nb", "居民"])
def test_a_sender_that_is_no_name_is_malformed(openid: str) -> None:
    with pytest.raises(Malformed):
        read(text_push("路灯", openid=openid))


@pytest.mark.parametrize(
    "elements",
    [
        {"SendLocationInfo": "here"},
        {"SendLocationInfo": ""},
        {"SendLocationInfo": {"Location_X": ["1", "2"], "Location_Y": "1"}},
    ],
)
def test_a_picked_place_without_its_parts_is_malformed(elements: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        event("location_select", EventKey="k", **elements)


@pytest.mark.parametrize("found", ["t1", ["t1"], {"List": "t1"}])
def test_subscriptions_that_are_no_entries_are_malformed(found: Any) -> None:
    with pytest.raises(Malformed):
        event("subscribe_msg_sent_event", SubscribeMsgSentEvent=found)


def _bare_xml(parts: dict[str, Any]) -> str:
    def element(name: str, value: Any) -> str:
        if isinstance(value, list):
            return "".join(element(name, item) for item in value)
        if isinstance(value, dict):
            value = "".join(element(key, item) for key, item in value.items())
        return f"<{name}>{value}</{name}>"

    return element("xml", parts)
