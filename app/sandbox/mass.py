"""Mass messages: to all, to a tag, to a list; preview, status, speed."""

import json
from typing import Any

from app.sandbox import actions, people, received
from app.sandbox.gate import OK, Answer, Call, api
from app.sandbox.messages import checked_content, wording
from app.sandbox.platform import month
from app.sandbox.refusals import Refused
from app.sandbox.store import count, keep_setting, setting

A_DAY = 24 * 3600
EACH_PERSON_A_MONTH = 4
TO_ALL_A_MONTH = 4
LISTED = (2, 10_000)
TYPES = {"text", "image", "voice", "mpvideo", "mpnews", "wxcard"}
SPEEDS = {0: 80, 1: 60, 2: 45, 3: 30, 4: 10}  # speed → ten thousand a minute


@api("/cgi-bin/message/mass/sendall", daily=100, per_minute=60)
def send_all(call: Call) -> Answer:
    chosen = call.require("filter", 40130, "invalid filter")
    if not isinstance(chosen, dict):
        raise Refused(47001, "data format error")
    if chosen.get("is_to_all"):
        openids = [row["openid"] for row in call.db.execute("SELECT openid FROM people")]
        limit = TO_ALL_A_MONTH
        if _counted(call, "to all") >= limit:
            raise Refused(45028, "has no masssend quota")
    else:
        openids = _tagged(call, chosen.get("tag_id"))
    answer = _submit(call, openids)
    if chosen.get("is_to_all"):
        count(call.db, f"{call.app_id} to all", month(call.at))
    return answer


@api("/cgi-bin/message/mass/send", daily=100, per_minute=60)
def send_listed(call: Call) -> Answer:
    openids = call.require("touser", 40003, "invalid openid")
    if not isinstance(openids, list) or not LISTED[0] <= len(openids) <= LISTED[1]:
        raise Refused(40130, "invalid openid list size, at least two openid")
    return _submit(call, [str(openid) for openid in openids])


def _submit(call: Call, openids: list[str]) -> Answer:
    """One sending; the same clientmsgid within a day is refused with the first one's number."""
    type_, content = _content(call)
    key = f"mass {call.app_id} {call.body.get('clientmsgid')}"
    if call.body.get("clientmsgid"):
        row = call.db.execute(
            "SELECT msg_id FROM sendings WHERE key = ? AND at > ?", (key, call.at - A_DAY)
        ).fetchone()
        if row:
            raise Refused(45065, "clientmsgid exist", msg_id=row["msg_id"])
    msg_id = int(setting(call.db, "mass_id", 1_000_000_000)) + 1
    keep_setting(call.db, "mass_id", msg_id)
    call.db.execute("INSERT OR REPLACE INTO sendings VALUES (?, ?, ?)", (key, msg_id, call.at))
    wanted = [openid for openid in openids if _may_receive(call, openid)]
    text, options = wording(type_, content)
    message = received.Message("mass", type_, text, call.body, options)
    for openid in wanted:
        received.record(call.db, openid, call.at, message)
    call.db.execute("INSERT INTO mass VALUES (?, 'SEND_SUCCESS', ?)", (msg_id, json.dumps(wanted)))
    _report_later(call, msg_id, len(openids), len(wanted))
    return {
        "errcode": 0,
        "errmsg": "send job submission success",
        "msg_id": msg_id,
        "msg_data_id": msg_id + 1_000_000_000,
    }


def _content(call: Call) -> tuple[str, dict[str, Any]]:
    if call.body.get("msgtype") not in TYPES:
        raise Refused(40008, "invalid message type")
    return checked_content(call)


def _may_receive(call: Call, openid: str) -> bool:
    """Followers in good standing who have had fewer than four this month."""
    row = call.db.execute(
        "SELECT 1 FROM people WHERE openid = ? AND subscribed AND standing = ''", (openid,)
    ).fetchone()
    return bool(row) and (
        count(call.db, f"mass to {openid}", month(call.at)) <= EACH_PERSON_A_MONTH
    )


def _report_later(call: Call, msg_id: int, total: int, sent: int) -> None:
    result = {
        "MsgID": msg_id,
        "Status": "send success",
        "TotalCount": total,
        "FilterCount": sent,
        "SentCount": sent,
        "ErrorCount": 0,
    }
    call.platform.later(actions.account_event, call.platform, "MASSSENDJOBFINISH", result)


@api("/cgi-bin/message/mass/preview", daily=100)
def preview(call: Call) -> Answer:
    name = call.body.get("touser") or call.body.get("towxname")
    person = people.follower(call.db, name)
    people.refuse_bad_standing(person)
    type_, content = _content(call)
    text, options = wording(type_, content)
    message = received.Message("preview", type_, text, call.body, options)
    received.record(call.db, person["openid"], call.at, message)
    return {"errcode": 0, "errmsg": "preview success"}


@api("/cgi-bin/message/mass/delete", daily=10)
def delete(call: Call) -> Answer:
    call.db.execute("UPDATE mass SET status = 'DELETE' WHERE msg_id = ?", (_known(call),))
    return OK


@api("/cgi-bin/message/mass/get")
def status(call: Call) -> Answer:
    msg_id = _known(call)
    row = call.db.execute("SELECT status FROM mass WHERE msg_id = ?", (msg_id,)).fetchone()
    return {"msg_id": msg_id, "msg_status": row["status"]}


@api("/cgi-bin/message/mass/speed/get")
def speed(call: Call) -> Answer:
    chosen = int(setting(call.db, "mass_speed", 0))
    return {"speed": chosen, "realspeed": SPEEDS[chosen]}


@api("/cgi-bin/message/mass/speed/set")
def set_speed(call: Call) -> Answer:
    if call.body.get("speed") not in SPEEDS:
        raise Refused(45083, "set speed out of range")
    keep_setting(call.db, "mass_speed", call.body["speed"])
    return OK


def _known(call: Call) -> int:
    msg_id = call.body.get("msg_id")
    row = call.db.execute("SELECT 1 FROM mass WHERE msg_id = ?", (str(msg_id),)).fetchone()
    if row is None:
        raise Refused(40059, "invalid msg id")
    return int(str(msg_id))


def _tagged(call: Call, tag_id: Any) -> list[str]:
    if not call.db.execute("SELECT 1 FROM tags WHERE id = ?", (str(tag_id),)).fetchone():
        raise Refused(45159, "invalid tag")
    sql = "SELECT openid FROM tagged WHERE tag_id = ?"
    return [row["openid"] for row in call.db.execute(sql, (str(tag_id),))]


def _counted(call: Call, name: str) -> int:
    row = call.db.execute(
        "SELECT n FROM counters WHERE name = ? AND period = ?",
        (f"{call.app_id} {name}", month(call.at)),
    ).fetchone()
    return int(row["n"]) if row else 0
