"""Template messages and subscription notices, with the consents they use up."""

import json
import sqlite3
from typing import Any

from app.sandbox import actions, consents, people, received, values
from app.sandbox.gate import OK, Answer, Call, api
from app.sandbox.labels import LABELS
from app.sandbox.options import SandboxOptions
from app.sandbox.refusals import Refused
from app.sandbox.store import keep_setting, setting

TEN_MINUTES = 600
REFUSES = "refuses"  # a template message to such a person is taken, and fails afterwards
STATES = {"developer", "trial", "formal"}


def give_templates(db: sqlite3.Connection, options: SandboxOptions) -> None:
    """The templates both accounts own from the start."""
    for app_id in filter(None, (options.app_id, options.mini_app_id)):
        for template in LABELS["template"]:
            own(db, app_id, template["id"], template["title"], template["fields"])


def own(
    db: sqlite3.Connection, app_id: str, template_id: str, title: str, fields: list[str]
) -> None:
    db.execute(
        "INSERT OR REPLACE INTO templates VALUES (?, ?, ?, ?)",
        (app_id, template_id, title, json.dumps(fields)),
    )


@api("/cgi-bin/message/template/send", daily=100_000)
def send_template(call: Call) -> Answer:
    person = people.follower(call.db, call.require("touser", 40003, "invalid openid"))
    if person["standing"] != REFUSES:
        people.refuse_bad_standing(person)
    template = _template(call)
    values.check(json.loads(template["fields"]), call.body.get("data"))
    key = f"template {person['openid']} {call.body.get('client_msg_id')}"
    if call.body.get("client_msg_id") and (sent := _already(call, key)):
        return OK | {"msgid": sent}
    msg_id = _next_msg_id(call)
    call.db.execute("INSERT OR REPLACE INTO sendings VALUES (?, ?, ?)", (key, msg_id, call.at))
    status = "failed:user block" if person["standing"] == REFUSES else "success"
    if status == "success":
        message = received.Message("template", "template", template["title"], call.body)
        received.record(call.db, person["openid"], call.at, message)
    result = {"MsgID": msg_id, "Status": status}
    call.platform.later(
        actions.event, call.platform, person["openid"], "TEMPLATESENDJOBFINISH", result
    )
    return OK | {"msgid": msg_id}


@api("/cgi-bin/message/subscribe/bizsend")
def send_biz_subscription(call: Call) -> Answer:
    person = people.follower(call.db, call.require("touser", 40003, "invalid openid"))
    people.refuse_bad_standing(person)
    template = _use_consent(call, person)
    result = {
        "SubscribeMsgSentEvent": {
            "List": {
                "TemplateId": template["template_id"],
                "MsgID": str(_next_msg_id(call)),
                "ErrorCode": 0,
                "ErrorStatus": "success",
            }
        }
    }
    call.platform.later(
        actions.event, call.platform, person["openid"], "subscribe_msg_sent_event", result
    )
    return OK


@api("/cgi-bin/message/subscribe/send", daily=10_000_000)
def send_subscription(call: Call) -> Answer:
    if not call.is_mini_program:
        raise Refused(48001, "api unauthorized: this call is the mini-program's")
    person = people.find(call.db, str(call.require("touser", 40003, "invalid openid")))
    people.refuse_bad_standing(person)
    if call.body.get("miniprogram_state", "formal") not in STATES:
        raise Refused(47003, "argument invalid! miniprogram_state")
    _use_consent(call, person)
    return OK | {"msgid": _next_msg_id(call)}


def _use_consent(call: Call, person: dict[str, Any]) -> sqlite3.Row:
    """Checks the message, then takes one consent: a bad message costs the person none."""
    template = _template(call)
    values.check(json.loads(template["fields"]), call.body.get("data"))
    if not consents.use(call.db, person["openid"], call.app_id, template["template_id"]):
        raise Refused(43101, "user refuse to accept the msg")
    message = received.Message("subscription", "template", template["title"], call.body)
    received.record(call.db, person["openid"], call.at, message)
    return template


@api("/cgi-bin/template/get_all_private_template", "GET")
def private_templates(call: Call) -> Answer:
    return {
        "template_list": [
            {"template_id": row["template_id"], "title": row["title"], "content": _content(row)}
            for row in _owned(call)
        ]
    }


@api("/wxaapi/newtmpl/gettemplate", "GET")
def subscription_templates(call: Call) -> Answer:
    return OK | {
        "data": [
            {
                "priTmplId": row["template_id"],
                "title": row["title"],
                "content": _content(row),
                "type": 2,
            }
            for row in _owned(call)
        ]
    }


def _owned(call: Call) -> list[sqlite3.Row]:
    sql = "SELECT * FROM templates WHERE app_id = ?"
    return list(call.db.execute(sql, (call.app_id,)))


def _content(row: sqlite3.Row) -> str:
    return "\n".join(f"{{{{{field}.DATA}}}}" for field in json.loads(row["fields"]))


def _template(call: Call) -> sqlite3.Row:
    template_id = call.body.get("template_id")
    row: sqlite3.Row | None = call.db.execute(
        "SELECT * FROM templates WHERE app_id = ? AND template_id = ?",
        (call.app_id, str(template_id)),
    ).fetchone()
    if row is None:
        raise Refused(40037, "invalid template_id")
    return row


def _already(call: Call, key: str) -> int | None:
    row = call.db.execute(
        "SELECT msg_id FROM sendings WHERE key = ? AND at > ?", (key, call.at - TEN_MINUTES)
    ).fetchone()
    return int(row["msg_id"]) if row else None


def _next_msg_id(call: Call) -> int:
    msg_id = int(setting(call.db, "sent_msg_id", call.platform.msg_id(0))) + 1
    keep_setting(call.db, "sent_msg_id", msg_id)
    return msg_id
