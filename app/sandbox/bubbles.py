"""How a chat message is drawn: which side, which lines can be tapped, which picture or card."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.sandbox.labels import LABELS
from app.sandbox.platform import SHANGHAI
from app.sandbox.received import NUMBERED

ANCHOR = re.compile(r"<a\s([^>]*)>(.*?)</a>", re.DOTALL)
ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*[\"']([^\"']*)[\"']")
NAMES: dict[str, dict[str, str]] = {
    one["id"]: dict(zip(one["fields"], one["names"], strict=True)) for one in LABELS["template"]
}
OPENABLE = ("http://", "https://")


def bubble(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row of a chat as the template draws it."""
    inline = {segment["send"] for line in lines_of(row) for segment in line if "send" in segment}
    return {
        "id": row["id"],
        "mine": row["kind"] == "sent",
        "kind": row["kind"],
        "type": row["type"],
        "time": datetime.fromtimestamp(row["at"], SHANGHAI).strftime("%H:%M"),
        "lines": lines_of(row),
        "options": [option for option in row["options"] if option["send"] not in inline],
        "picture": _picture(row),
        "link": _link(row),
        "card": _card(row["body"]) if row["kind"] in ("template", "subscription") else [],
    }


def lines_of(row: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    """The text by lines, each in segments: plain, a link to open, or something to tap."""
    lines = []
    for line in _raw_text(row).split("\n"):
        numbered = NUMBERED.match(line) if row["kind"] != "sent" else None
        if numbered:
            lines.append([{"text": ANCHOR.sub(r"\2", line).strip(), "send": numbered[1]}])
        else:
            lines.append(_segments(line))
    return lines


def _card(body: Mapping[str, Any]) -> list[dict[str, str]]:
    """The fields of a template message under the names a person reads."""
    names = NAMES.get(str(body.get("template_id")), {})
    return [
        {
            "name": names.get(name, name),
            "value": str(item.get("value", "") if isinstance(item, Mapping) else item),
        }
        for name, item in body.get("data", {}).items()
    ]


def _raw_text(row: Mapping[str, Any]) -> str:
    body = row["body"]
    if row["type"] != "text" or row["kind"] in ("sent", "notice"):
        return str(row["text"])
    text = body.get("text")
    content = text.get("content") if isinstance(text, Mapping) else body.get("Content")
    return str(content or row["text"])


def _segments(line: str) -> list[dict[str, str]]:
    segments: list[dict[str, str]] = []
    end = 0
    for anchor in ANCHOR.finditer(line):
        if line[end : anchor.start()]:
            segments.append({"text": line[end : anchor.start()]})
        segments.append(_anchor(dict(ATTRIBUTE.findall(anchor[1])), anchor[2]))
        end = anchor.end()
    if line[end:]:
        segments.append({"text": line[end:]})
    return segments


def _anchor(attributes: Mapping[str, str], label: str) -> dict[str, str]:
    href = attributes.get("href", "").replace("&amp;", "&")
    if href.startswith("weixin://bizmsgmenu"):
        query = parse_qs(urlsplit(href).query)
        send, menu_id = query.get("msgmenucontent", [label])[0], query.get("msgmenuid", [""])[0]
        return {"text": label, "send": send, "menu_id": menu_id}
    if "data-miniprogram-appid" in attributes:
        return {"text": label, "page": attributes.get("data-miniprogram-path", "")}
    return {"text": label, "href": href} if href.startswith(OPENABLE) else {"text": label}


def _picture(row: Mapping[str, Any]) -> str:
    body = row["body"]
    if row["type"] != "image":
        return ""
    if row["kind"] == "sent":
        return f"/mmbiz/{body.get('MediaId', '')}"
    image = body.get("image") or body.get("Image") or {}
    return f"/mmbiz/{image.get('media_id') or image.get('MediaId', '')}"


def _link(row: Mapping[str, Any]) -> str:
    """Where a tap on the whole message leads."""
    body = row["body"]
    news = body.get("news", {}).get("articles", []) if isinstance(body.get("news"), dict) else []
    items = body.get("Articles", {}).get("item", {}) if row["type"] == "news" else {}
    found = body.get("url") or body.get("page") or (news[0].get("url") if news else "")
    href = str(found or (items.get("Url", "") if isinstance(items, dict) else ""))
    return href if href.startswith(OPENABLE) else ""
