"""Group robots of WeCom: a key in the address, markdown or text, twenty messages a minute."""

import re
from typing import Any

from app.sandbox.gate import OK, Answer, Call, api
from app.sandbox.platform import minute
from app.sandbox.refusals import Refused
from app.sandbox.store import Store, count

A_MINUTE = 20
LONGEST = {"markdown": 4096, "text": 2048}  # bytes
KEY = re.compile(r"[\w-]{8,80}")
REVOKED = "revoked"  # a key that begins so is none of the platform's


@api("/cgi-bin/webhook/send", needs_token=False)
def send(call: Call) -> Answer:
    key = call.args.get("key", "")
    if not KEY.fullmatch(key) or key.startswith(REVOKED):
        raise Refused(93000, "invalid webhook url")
    kind = str(call.require("msgtype", 40008, "invalid message type"))
    if kind not in LONGEST:
        raise Refused(40008, "invalid message type")
    content = _content(call, kind)
    if count(call.db, f"robot {key}", minute(call.at)) > A_MINUTE:
        raise Refused(45009, "api freq out of limit")
    call.db.execute(
        "INSERT INTO robot_posts (key, at, kind, content) VALUES (?, ?, ?, ?)",
        (key, call.at, kind, content),
    )
    return dict(OK)


def posted(store: Store) -> list[dict[str, Any]]:
    """What stands in the groups, without the keys, which are secrets."""
    return store.rows("SELECT at, kind, content FROM robot_posts ORDER BY id")


def _content(call: Call, kind: str) -> str:
    body = call.require(kind, 44004, "empty content")
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(content, str) or not content:
        raise Refused(44004, "empty content")
    if len(content.encode()) > LONGEST[kind]:
        raise Refused(40058, f"{kind}.content exceed max length {LONGEST[kind]}")
    return content
