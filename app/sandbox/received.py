"""What a person sees in the chat: everything sent to them, and what they sent."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.sandbox.store import Store

MENU_LINK = re.compile(
    r"<a\s+href=[\"']weixin://bizmsgmenu\?msgmenucontent=([^&\"']*)&(?:amp;)?msgmenuid=([^\"']*)"
    r"[\"'][^>]*>(.*?)</a>",
    re.DOTALL,
)
ANY_LINK = re.compile(r"<a\s[^>]*>(.*?)</a>", re.DOTALL)
NUMBERED = re.compile(r"^\s*([0-9０-９]{1,2})\s*[.、．)）:：\s]\s*(?=\D)(\S.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a person gets it: how it came, its type, its words, what it was sent as."""

    kind: str
    type: str
    text: str
    body: Mapping[str, Any]
    options: Sequence[Mapping[str, str]] = ()


def record(db: sqlite3.Connection, openid: str, at: float, message: Message) -> None:
    """Adds to a person's chat. The text may hold links; people read their labels."""
    tappable = [*message.options, *tappable_in(message.text)]
    db.execute(
        "INSERT INTO received (openid, at, kind, type, text, body, options)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            openid,
            at,
            message.kind,
            message.type,
            ANY_LINK.sub(r"\1", message.text),
            json.dumps(message.body, ensure_ascii=False),
            json.dumps(tappable, ensure_ascii=False),
        ),
    )


def tappable_in(text: str) -> list[dict[str, str]]:
    """Menu links and numbered lines: what a tap sends, and under which menu id."""
    links = [
        {"label": label, "send": content, "menu_id": menu_id}
        for content, menu_id, label in MENU_LINK.findall(text)
    ]
    plain = ANY_LINK.sub("", text)
    numbered = [
        {"label": f"{digit} {label}", "send": digit, "menu_id": ""}
        for digit, label in NUMBERED.findall(plain)
    ]
    return links + numbered


def chat(store: Store, openid: str, after: int = 0) -> list[dict[str, Any]]:
    """A person's chat, their own messages (kind `sent`) included."""
    return [
        row | {"body": json.loads(row["body"]), "options": json.loads(row["options"])}
        for row in store.rows(
            "SELECT id, openid, at, kind, type, text, body, options FROM received"
            " WHERE openid = ? AND id > ? ORDER BY id",
            openid,
            after,
        )
    ]


def mark_read(db: sqlite3.Connection, openid: str, up_to: int) -> None:
    db.execute("UPDATE people SET read_id = max(read_id, ?) WHERE openid = ?", (up_to, openid))
