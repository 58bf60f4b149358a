"""The account's menu: default and by tag, and which one a person sees."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from app.sandbox import people
from app.sandbox.gate import OK, Answer, Call, api
from app.sandbox.platform import Platform
from app.sandbox.refusals import Refused

MOST_BUTTONS = 3
MOST_SUB_BUTTONS = 5
LONGEST_NAME = 16
LONGEST_SUB_NAME = 60
LONGEST_KEY = 128
LONGEST_URL = 1024

# Button type → what it needs.
NEEDED = {
    "click": ("key",),
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
LIMITS = {"key": (LONGEST_KEY, 40019), "url": (LONGEST_URL, 40020)}


@api("/cgi-bin/menu/create", daily=2000)
def create(call: Call) -> Answer:
    buttons = _checked(call.body.get("button"))
    call.db.execute("DELETE FROM menus WHERE tag_id = ''")
    call.db.execute("INSERT INTO menus (tag_id, buttons) VALUES ('', ?)", (buttons,))
    return OK


@api("/cgi-bin/menu/addconditional", daily=2000)
def add_conditional(call: Call) -> Answer:
    rule = call.body.get("matchrule")
    if not isinstance(rule, Mapping) or not rule:
        raise Refused(65303, "no matchrule in menu")
    if set(rule) - {"tag_id", "client_platform_type"}:
        raise Refused(65320, "matchrule is no longer supported: sex, region, language")
    if not call.db.execute("SELECT 1 FROM menus WHERE tag_id = ''").fetchone():
        raise Refused(65301, "no self-defined menu")
    tag_id = str(rule.get("tag_id", ""))
    if not call.db.execute("SELECT 1 FROM tags WHERE id = ?", (tag_id,)).fetchone():
        raise Refused(65309, "invalid tag_id in matchrule")
    cursor = call.db.execute(
        "INSERT INTO menus (tag_id, buttons) VALUES (?, ?)",
        (tag_id, _checked(call.body.get("button"))),
    )
    return {"menuid": str(cursor.lastrowid)}


@api("/cgi-bin/menu/delconditional", daily=2000)
def delete_conditional(call: Call) -> Answer:
    menu_id = str(call.require("menuid", 65301, "menuid missing"))
    call.db.execute("DELETE FROM menus WHERE menu_id = ? AND tag_id != ''", (menu_id,))
    return OK


@api("/cgi-bin/menu/get", "GET", daily=10_000)
def get(call: Call) -> Answer:
    rows = call.db.execute("SELECT * FROM menus ORDER BY menu_id").fetchall()
    default = [row for row in rows if not row["tag_id"]]
    if not default:
        raise Refused(46003, "menu no exist")
    conditional = [_as_sent(row) | {"matchrule": {"tag_id": row["tag_id"]}} for row in rows]
    answer: dict[str, Any] = {"menu": _as_sent(default[0])}
    if more := [menu for menu, row in zip(conditional, rows, strict=True) if row["tag_id"]]:
        answer["conditionalmenu"] = more
    return answer


@api("/cgi-bin/menu/delete", "GET", daily=2000)
def delete(call: Call) -> Answer:
    """Removes the menu, and every conditional one with it."""
    call.db.execute("DELETE FROM menus")
    return OK


@api("/cgi-bin/menu/trymatch")
def try_match(call: Call) -> Answer:
    person = people.find(call.db, str(call.body.get("user_id", "")))
    return {"button": _seen_by(call.db, person["openid"])}


def seen_by(platform: Platform, openid: str) -> list[dict[str, Any]]:
    with platform.store.writing() as db:
        return _seen_by(db, openid)


def _seen_by(db: sqlite3.Connection, openid: str) -> list[dict[str, Any]]:
    """The latest conditional menu of one of their tags, else the default one."""
    row = db.execute(
        "SELECT buttons FROM menus WHERE tag_id = ''"
        " OR tag_id IN (SELECT tag_id FROM tagged WHERE openid = ?)"
        " ORDER BY tag_id != '' DESC, menu_id DESC",
        (openid,),
    ).fetchone()
    return list(json.loads(row["buttons"])) if row else []


def _as_sent(row: sqlite3.Row) -> dict[str, Any]:
    return {"button": json.loads(row["buttons"]), "menuid": row["menu_id"]}


def _checked(buttons: Any) -> str:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MOST_BUTTONS:
        raise Refused(40016, "invalid button size")
    for button in buttons:
        _check_button(button, LONGEST_NAME)
        sub_buttons = button.get("sub_button") or []
        if not isinstance(sub_buttons, list) or len(sub_buttons) > MOST_SUB_BUTTONS:
            raise Refused(40023, "invalid sub button size")
        for sub_button in sub_buttons:
            _check_button(sub_button, LONGEST_SUB_NAME)
            if sub_button.get("sub_button"):
                raise Refused(40022, "invalid sub button level")
        if not sub_buttons:
            _check_type(button)
    return json.dumps(buttons, ensure_ascii=False)


def _check_button(button: Any, longest: int) -> None:
    if not isinstance(button, dict):
        raise Refused(47001, "data format error")
    if not 1 <= len(str(button.get("name", "")).encode()) <= longest:
        raise Refused(40018, "invalid button name size")
    if longest == LONGEST_SUB_NAME:
        _check_type(button)


def _check_type(button: Mapping[str, Any]) -> None:
    needed = NEEDED.get(str(button.get("type")))
    if needed is None:
        raise Refused(40017, "invalid button type")
    for name in needed:
        longest, errcode = LIMITS.get(name, (LONGEST_URL, 40019))
        if not 1 <= len(str(button.get(name) or "").encode()) <= longest:
            raise Refused(errcode, f"invalid button {name} size")
