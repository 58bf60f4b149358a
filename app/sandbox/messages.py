"""Customer messages: `message/custom/send` and `typing`."""

from collections.abc import Mapping
from typing import Any

from app.sandbox import allowances, media, people, received
from app.sandbox.gate import OK, Answer, Call, api
from app.sandbox.labels import LABELS
from app.sandbox.refusals import Refused

LONGEST_TEXT = 2048
TYPING_LASTS = 15
TYPING_AFTER_CONTACT = 30

# Type → what must be in it; the first of each names a medium where there is one.
CONTENT = {
    "text": ("content",),
    "image": ("media_id",),
    "voice": ("media_id",),
    "video": ("media_id",),
    "music": ("thumb_media_id", "musicurl", "hqmusicurl"),
    "news": ("articles",),
    "mpnews": ("media_id",),
    "mpnewsarticle": ("article_id",),
    "msgmenu": ("list",),
    "wxcard": ("card_id",),
    "miniprogrampage": ("thumb_media_id", "title", "appid", "pagepath"),
    "link": ("title", "url"),
}
MINI_PROGRAM_TYPES = {"text", "image", "link", "miniprogrampage"}
OFFICIAL_TYPES = CONTENT.keys() - {"link"}


@api("/cgi-bin/message/custom/send", daily=500_000, daily_of_test_account=50_000)
def send(call: Call) -> Answer:
    person = people.find(call.db, str(call.require("touser", 40003, "invalid openid")))
    type_, content = checked_content(call)
    people.refuse_bad_standing(person)
    if not person["subscribed"] and not call.is_mini_program:
        raise Refused(45015, "response out of time limit or subscription is canceled")
    allowances.spend(call.db, person["openid"], call.app_id, call.at)
    text, options = wording(type_, content)
    message = received.Message("customer", type_, text, call.body, options)
    received.record(call.db, person["openid"], call.at, message)
    return OK


def checked_content(call: Call) -> tuple[str, dict[str, Any]]:
    """The message of a body like {"msgtype": "text", "text": {"content": ...}}."""
    type_ = call.body.get("msgtype")
    if type_ not in (MINI_PROGRAM_TYPES if call.is_mini_program else OFFICIAL_TYPES):
        raise Refused(40008, "invalid message type")
    if type_ == "msgmenu" and call.platform.options.account_kind == "test":
        raise Refused(40200, "invalid account type")
    content = call.body.get(type_)
    if not isinstance(content, dict):
        raise Refused(44004, f"empty content hint: [{type_}]")
    for name in CONTENT[type_]:
        if content.get(name) in (None, "", []):
            raise Refused(44004 if type_ == "text" else 47003, f"empty content: {name}")
    _check_size(type_, content)
    first = CONTENT[type_][0]
    if first.endswith("media_id"):
        media.require(call, str(content[first]))
    return type_, content


def _check_size(type_: str, content: Mapping[str, Any]) -> None:
    if type_ == "text" and not isinstance(content["content"], str):
        raise Refused(47001, "data format error: text.content is a string")
    if type_ == "text" and len(content["content"].encode()) > LONGEST_TEXT:
        raise Refused(45002, "content size out of limit")
    if type_ == "news" and (
        not isinstance(content["articles"], list) or len(content["articles"]) > 1
    ):
        raise Refused(45008, "article size out of limit")
    if type_ == "msgmenu" and not _is_menu(content["list"]):
        raise Refused(47003, "argument invalid! msgmenu.list")


def _is_menu(items: Any) -> bool:
    return isinstance(items, list) and all(
        isinstance(item, dict) and item.get("id") and item.get("content") for item in items
    )


def wording(type_: str, content: Mapping[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """What the person reads, and what they can tap besides links and numbered lines."""
    if type_ == "text":
        return content["content"], []
    if type_ == "msgmenu":
        options = [
            {"label": item["content"], "send": item["content"], "menu_id": str(item["id"])}
            for item in content["list"]
        ]
        lines = (content.get("head_content"), content.get("tail_content"))
        return "\n".join(line for line in lines if line), options
    if type_ == "news":
        article = content["articles"][0]
        lines = (article.get("title"), article.get("description"))
        return "\n".join(line for line in lines if line), []
    if type_ in ("miniprogrampage", "link"):
        return content["title"], []
    names = {"image": "photo", "mpnews": "mass_article", "mpnewsarticle": "mass_article"}
    return str(LABELS.get(names.get(type_, type_), LABELS["card"])), []


@api("/cgi-bin/message/custom/typing")
def typing(call: Call) -> Answer:
    person = people.find(call.db, str(call.require("touser", 40003, "invalid openid")))
    command = call.body.get("command")
    if command not in ("Typing", "CancelTyping"):
        raise Refused(45072, "command is not in Typing or CancelTyping")
    if call.at - person["wrote_at"] > TYPING_AFTER_CONTACT:
        raise Refused(45080, "no user message within 30 seconds")
    if command == "Typing" and person["typing_until"] > call.at:
        raise Refused(45081, "already typing")
    until = call.at + TYPING_LASTS if command == "Typing" else 0
    call.db.execute(
        "UPDATE people SET typing_until = ? WHERE openid = ?", (until, person["openid"])
    )
    return OK
