"""What a person can do at the official account: each becomes a message or an event push."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from app.sandbox import allowances, media, people, received
from app.sandbox.labels import LABELS
from app.sandbox.platform import Platform
from app.sandbox.push import Outcome, deliver

MESSAGE = "message"


def say(platform: Platform, openid: str, text: str, menu_id: str = "") -> Outcome:
    """Text; a tap on a menu inside a message comes as text with bizmsgmenuid."""
    fields: dict[str, Any] = {"Content": text}
    if menu_id:
        fields["bizmsgmenuid"] = menu_id
    # One vendor's page counts such a tap as a menu tap: the sandbox gives the worst case.
    renews = "menu" if menu_id else MESSAGE
    return _message(platform, openid, "text", fields, text, renews)


def photo(platform: Platform, openid: str, content: bytes, host: str) -> Outcome:
    with platform.store.writing() as db:
        mime = media.mime_of("image", content) or "image/jpeg"
        media_id = media.keep(db, "image", mime, content, platform.now())
    fields = {"PicUrl": f"{host}/mmbiz/{media_id}", "MediaId": media_id}
    return _message(platform, openid, "image", fields, LABELS["photo"])


def voice(platform: Platform, openid: str, recognition: str | None) -> Outcome:
    """A voice message; without `recognition` the account's switch is off."""
    with platform.store.writing() as db:
        media_id = media.keep(db, "voice", "audio/amr", b"#!AMR\n", platform.now())
    fields: dict[str, Any] = {"MediaId": media_id, "Format": "amr"}
    if recognition is not None:
        fields["Recognition"] = recognition
    return _message(platform, openid, "voice", fields, recognition or LABELS["voice"])


def location(
    platform: Platform, openid: str, latitude: float, longitude: float, label: str
) -> Outcome:
    fields = {"Location_X": latitude, "Location_Y": longitude, "Scale": 16, "Label": label}
    return _message(platform, openid, "location", fields, label or LABELS["location"])


def link(platform: Platform, openid: str, title: str, description: str, url: str) -> Outcome:
    fields = {"Title": title, "Description": description, "Url": url}
    return _message(platform, openid, "link", fields, title or LABELS["link"])


def message_of(platform: Platform, openid: str, type_: str, fields: Mapping[str, Any]) -> Outcome:
    """A message of any type with any fields, known to the product or not."""
    return _message(platform, openid, type_, fields, f"[{type_}]")


def event(
    platform: Platform, openid: str, name: str, fields: Mapping[str, Any], renews: str = ""
) -> Outcome:
    """An event push; `renews` names the allowance of customer messages it opens."""
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        at = platform.now()
        if renews:
            allowances.act(db, person["openid"], platform.options.app_id, renews, at)
    head = _head(platform, person["openid"], at, "event")
    return deliver(
        platform, platform.official, person["openid"], head | {"Event": name} | dict(fields)
    )


def account_event(platform: Platform, name: str, fields: Mapping[str, Any]) -> Outcome:
    """An event of no person: the account's own assistant reports a mass message."""
    assistant = people.derived("o", "mass assistant", platform.options.app_id)
    head = _head(platform, assistant, platform.now(), "event")
    return deliver(platform, platform.official, assistant, head | {"Event": name} | dict(fields))


def click(platform: Platform, openid: str, key: str) -> Outcome:
    return event(platform, openid, "CLICK", {"EventKey": key}, "menu")


def view(platform: Platform, openid: str, url: str, menu_id: int = 1) -> Outcome:
    return event(platform, openid, "VIEW", {"EventKey": url, "MenuId": menu_id})


def scan_by_menu(platform: Platform, openid: str, key: str, kind: str, result: str) -> Outcome:
    fields = {"EventKey": key, "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": result}}
    return event(platform, openid, kind, fields, "menu")


def subscribe(platform: Platform, openid: str, scene: str | None = None) -> Outcome:
    """Follows the account, by searching for it or through a QR code's scene."""
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        db.execute(
            "UPDATE people SET subscribed = 1, subscribed_at = ?, scene = ?, subscribe_scene = ?"
            " WHERE openid = ?",
            (
                platform.now(),
                scene or "",
                "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH",
                person["openid"],
            ),
        )
        ticket = _ticket(db, scene)
    fields = {"EventKey": f"qrscene_{scene}" if scene else ""} | ticket
    return event(platform, openid, "subscribe", fields, "subscribe")


def scan(platform: Platform, openid: str, scene: str) -> Outcome:
    """Scans a QR code of the account: a follower scans, anyone else follows by it."""
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        ticket = _ticket(db, scene)
    if not person["subscribed"]:
        return subscribe(platform, openid, scene)
    return event(platform, openid, "SCAN", {"EventKey": scene} | ticket, "scan")


def unsubscribe(platform: Platform, openid: str) -> Outcome:
    with platform.store.writing() as db:
        person = people.meet(platform, db, openid)
        db.execute("UPDATE people SET subscribed = 0 WHERE openid = ?", (person["openid"],))
        db.execute("DELETE FROM allowances WHERE openid = ?", (person["openid"],))
    return event(platform, openid, "unsubscribe", {"EventKey": ""})


def _ticket(db: sqlite3.Connection, scene: str | None) -> dict[str, str]:
    row = db.execute("SELECT ticket FROM qrcodes WHERE scene = ?", (scene or "",)).fetchone()
    return {"Ticket": row["ticket"]} if row else {}


def _head(platform: Platform, openid: str, at: float, type_: str) -> dict[str, Any]:
    return {
        "ToUserName": platform.options.account_name,
        "FromUserName": openid,
        "CreateTime": int(at),
        "MsgType": type_,
    }


def _message(
    platform: Platform,
    openid: str,
    type_: str,
    fields: Mapping[str, Any],
    shown: str,
    renews: str = MESSAGE,
) -> Outcome:
    with platform.store.writing() as db:
        at = platform.now()
        person = people.meet(platform, db, openid)
        nth = person["messages"] + 1
        db.execute(
            "UPDATE people SET messages = ?, wrote_at = ? WHERE openid = ?",
            (nth, at, person["openid"]),
        )
        allowances.act(db, person["openid"], platform.options.app_id, renews, at)
        sent = received.Message("sent", type_, shown, fields)
        received.record(db, person["openid"], at, sent)
    head = _head(platform, person["openid"], at, type_)
    message = head | dict(fields) | {"MsgId": platform.msg_id(nth)}
    return deliver(platform, platform.official, person["openid"], message)
