"""The platform's message templates: which of ours fits which, and what fills the fields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from bots.rendering import local
from config.policy import load
from models.outbox import Channel

_CHOICE = re.compile(r"\d ")  # a numbered answer; "11月23日" is none
BREAKS = "，。；：！？、,;:!? \n"


@dataclass(frozen=True, slots=True)
class Form:
    """模板 — a platform template, its id for each account, and the fields we can fill."""

    ids: Mapping[str, Mapping[str, str]]  # channel → account → id
    fields: Mapping[str, list[str]]

    def id_for(self, channel: Channel, account: str) -> str:
        return self.ids.get(channel, {}).get(account, "")


@cache
def form_of(template: str) -> Form | None:
    """The first form whose patterns fit one of our templates."""
    for row in load("channels")["wechat"]["forms"]:
        if any(fnmatchcase(template, pattern) for pattern in row["messages"]):
            ids = {channel: row.get(channel, {}) for channel in ("template", "subscription")}
            return Form(ids, row["fields"])
    return None


def fill(form: Form, context: Mapping[str, Any], text: str, now: datetime) -> dict[str, str]:
    """Every field with a value, each within its limit."""
    known = {
        **context,
        "line": text.partition("\n")[0],
        "choices": " ".join(line for line in text.splitlines() if _CHOICE.match(line)),
        "now": now.isoformat(),
    }
    missing = load("channels")["wechat"]["values"]["missing"]
    filled = {}
    for field, keys in form.fields.items():
        kind = field.rstrip("0123456789")
        values = (_value(kind, key, known) for key in keys)
        filled[field] = next(filter(None, values), missing.get(kind, missing["other"]))
    return filled


def _value(kind: str, key: str, known: Mapping[str, Any]) -> str:
    found = known.get(key)
    if found is None or found == "":
        return ""
    rules = load("channels")["wechat"]["values"]
    if kind in rules["moments"]:
        return local(found).strftime(rules["moments"][kind])
    words = str(load("labels").get(key, {}).get(str(found), found))
    return fit(" ".join(words.split()), rules["limits"].get(kind, 20), kind in rules["no_ellipsis"])


def fit(words: str, limit: int, is_strict: bool) -> str:
    """The words within a limit: up to a pause where a strict field allows no sign of the cut."""
    if len(words) <= limit:
        return words
    if not is_strict:
        return words[: limit - 1] + "…"
    head = words[: limit + 1]
    pause = max(head.rfind(sign) for sign in BREAKS)
    return head[:pause] if pause > 0 else words[:limit]


def cut_to_bytes(text: str, most: int) -> str:
    """Text of at most so many UTF-8 bytes, whole characters only, with a sign of the cut."""
    raw = text.encode()
    if len(raw) <= most:
        return text
    return raw[: most - len("…".encode())].decode(errors="ignore") + "…"
