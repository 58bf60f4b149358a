"""Followers as the API shows them: one, a hundred, all; remarks and tags."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from app.sandbox import people
from app.sandbox.gate import OK, Answer, Call, api
from app.sandbox.refusals import Refused

AT_ONCE = 100
PAGE = 10_000
LONGEST_REMARK = 30
LONGEST_TAG = 30
MOST_TAGS = 100
MOST_TAGS_EACH = 20
TAGGED_AT_ONCE = 50
FIRST_TAG = 100  # lower numbers are the platform's own groups


@api("/cgi-bin/user/info", "GET", daily=5_000_000)
def info(call: Call) -> Answer:
    return _shown(call.db, people.find(call.db, call.args.get("openid", "")))


@api("/cgi-bin/user/info/batchget", daily=5_000_000)
def batch(call: Call) -> Answer:
    asked = call.require("user_list", 40032, "invalid openid list size")
    if not isinstance(asked, list) or len(asked) > AT_ONCE:
        raise Refused(40032, "invalid openid list size")
    openids = [item.get("openid", "") if isinstance(item, Mapping) else "" for item in asked]
    found = [_shown(call.db, people.find(call.db, str(openid))) for openid in openids]
    return {"user_info_list": found}


@api("/cgi-bin/user/get", "GET", daily=500)
def listed(call: Call) -> Answer:
    after = call.args.get("next_openid", "")
    total = call.db.execute("SELECT count(*) FROM people WHERE subscribed").fetchone()[0]
    rows = call.db.execute(
        "SELECT openid FROM people WHERE subscribed AND openid > ? ORDER BY openid LIMIT ?",
        (after, PAGE),
    ).fetchall()
    openids = [row["openid"] for row in rows]
    answer: dict[str, Any] = {"total": total, "count": len(openids)}
    if openids:
        answer["data"] = {"openid": openids}
    return answer | {"next_openid": openids[-1] if openids else ""}


@api("/cgi-bin/user/info/updateremark", daily=10_000)
def remark(call: Call) -> Answer:
    person = people.find(call.db, str(call.body.get("openid", "")))
    text = str(call.body.get("remark", ""))
    if len(text) >= LONGEST_REMARK:
        raise Refused(40097, "invalid args: remark")
    call.db.execute("UPDATE people SET remark = ? WHERE openid = ?", (text, person["openid"]))
    return OK


def _shown(db: sqlite3.Connection, person: Mapping[str, Any]) -> dict[str, Any]:
    if not person["subscribed"]:
        return {"subscribe": 0, "openid": person["openid"]}
    scene = person["scene"]
    return {
        "subscribe": 1,
        "openid": person["openid"],
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": int(person["subscribed_at"]),
        "unionid": person["unionid"],
        "remark": person["remark"],
        "groupid": 0,
        "tagid_list": _tags_of(db, person["openid"]),
        "subscribe_scene": person["subscribe_scene"],
        "qr_scene": int(scene) if scene.isdigit() else 0,
        "qr_scene_str": "" if scene.isdigit() else scene,
    }


@api("/cgi-bin/tags/create")
def create_tag(call: Call) -> Answer:
    name = _tag_name(call)
    if call.db.execute("SELECT 1 FROM tags WHERE name = ?", (name,)).fetchone():
        raise Refused(45157, "invalid tag name: exists")
    number = call.db.execute("SELECT count(*), max(id) FROM tags").fetchone()
    if number[0] >= MOST_TAGS:
        raise Refused(45056, "tag number reach limit")
    tag_id = max(FIRST_TAG, (number[1] or 0) + 1)
    call.db.execute("INSERT INTO tags VALUES (?, ?)", (tag_id, name))
    return {"tag": {"id": tag_id, "name": name}}


@api("/cgi-bin/tags/get", "GET", "POST")
def tags(call: Call) -> Answer:
    rows = call.db.execute(
        "SELECT id, name, (SELECT count(*) FROM tagged WHERE tag_id = id) AS count FROM tags"
    )
    return {"tags": [dict(row) for row in rows]}


@api("/cgi-bin/tags/update")
def rename_tag(call: Call) -> Answer:
    tag_id = _tag_id(call, (call.body.get("tag") or {}).get("id"))
    call.db.execute("UPDATE tags SET name = ? WHERE id = ?", (_tag_name(call), tag_id))
    return OK


@api("/cgi-bin/tags/delete")
def delete_tag(call: Call) -> Answer:
    tag_id = _tag_id(call, (call.body.get("tag") or {}).get("id"))
    call.db.execute("DELETE FROM tagged WHERE tag_id = ?", (tag_id,))
    call.db.execute("DELETE FROM tags WHERE id = ?", (tag_id,))
    return OK


@api("/cgi-bin/tags/members/batchtagging")
def tag(call: Call) -> Answer:
    tag_id = _tag_id(call, call.body.get("tagid"))
    openids = _openids(call)
    if any(len(_tags_of(call.db, openid)) >= MOST_TAGS_EACH for openid in openids):
        raise Refused(45059, "user has too many tags")
    call.db.executemany(
        "INSERT OR IGNORE INTO tagged VALUES (?, ?)", [(openid, tag_id) for openid in openids]
    )
    return OK


@api("/cgi-bin/tags/members/batchuntagging")
def untag(call: Call) -> Answer:
    tag_id = _tag_id(call, call.body.get("tagid"))
    call.db.executemany(
        "DELETE FROM tagged WHERE openid = ? AND tag_id = ?",
        [(openid, tag_id) for openid in _openids(call)],
    )
    return OK


@api("/cgi-bin/tags/getidlist")
def tags_of(call: Call) -> Answer:
    person = people.find(call.db, str(call.body.get("openid", "")))
    return {"tagid_list": _tags_of(call.db, person["openid"])}


@api("/cgi-bin/user/tag/get")
def tagged(call: Call) -> Answer:
    tag_id = _tag_id(call, call.body.get("tagid"))
    rows = call.db.execute(
        "SELECT openid FROM tagged WHERE tag_id = ? AND openid > ? ORDER BY openid LIMIT ?",
        (tag_id, str(call.body.get("next_openid") or ""), PAGE),
    ).fetchall()
    openids = [row["openid"] for row in rows]
    answer: dict[str, Any] = {"count": len(openids)}
    if openids:
        answer["data"] = {"openid": openids}
    return answer | {"next_openid": openids[-1] if openids else ""}


def _tags_of(db: sqlite3.Connection, openid: str) -> list[int]:
    sql = "SELECT tag_id FROM tagged WHERE openid = ? ORDER BY tag_id"
    return [row["tag_id"] for row in db.execute(sql, (openid,))]


def _tag_name(call: Call) -> str:
    given = call.body.get("tag")
    name = given.get("name") if isinstance(given, Mapping) else None
    if not isinstance(name, str) or not name:
        raise Refused(45157, "invalid tag name")
    if len(name) > LONGEST_TAG:
        raise Refused(45158, "tag name length over limit")
    return name


def _tag_id(call: Call, given: Any) -> int:
    row = call.db.execute("SELECT id FROM tags WHERE id = ?", (str(given),)).fetchone()
    if row is None:
        raise Refused(45159, "invalid tag")
    return int(row["id"])


def _openids(call: Call) -> list[str]:
    given = call.body.get("openid_list")
    if not isinstance(given, list) or not 1 <= len(given) <= TAGGED_AT_ONCE:
        raise Refused(40032, "invalid openid list size")
    return [people.follower(call.db, openid)["openid"] for openid in given]
