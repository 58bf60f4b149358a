"""Passive replies: unsealing what the product answered to a push and checking it."""

from collections.abc import Mapping
from typing import Any

from app.sandbox import envelope
from app.sandbox.accounts import Account
from app.sandbox.cipher import Undecipherable, signature
from app.sandbox.labels import LABELS
from app.sandbox.platform import Platform

LONGEST_TEXT = 2048
NEEDED = {
    "text": ("Content",),
    "image": ("Image", "MediaId"),
    "voice": ("Voice", "MediaId"),
    "video": ("Video", "MediaId"),
    "music": ("Music", "ThumbMediaId"),
}


class Unacceptable(Exception):
    """An answer that makes WeChat tell the person the account is out of service."""


def unseal(account: Account, body: bytes) -> dict[str, Any] | None:
    """The reply's fields, decrypted if sealed; None when the product had nothing to say."""
    if body.strip() in (b"", b"success"):
        return None
    if account.kind == "mini":
        raise Unacceptable("a mini-program's push takes success alone")
    try:
        fields = envelope.read(body)
    except envelope.Malformed as error:
        raise Unacceptable(f"not XML: {error}") from error
    if "Encrypt" in fields and account.mode != "plain":
        return _opened(account, fields)
    if account.mode == "secure":
        raise Unacceptable("secure mode wants an encrypted reply")
    return fields


def _opened(account: Account, sealed: Mapping[str, Any]) -> dict[str, Any]:
    parts = [str(sealed.get(name, "")) for name in ("TimeStamp", "Nonce", "Encrypt")]
    if sealed.get("MsgSignature") != signature(account.token, *parts):
        raise Unacceptable("MsgSignature does not fit")
    try:
        return envelope.read(account.cipher.decrypt(parts[2]))
    except (Undecipherable, envelope.Malformed) as error:
        raise Unacceptable(f"does not decrypt: {error}") from error


def check(platform: Platform, reply: Mapping[str, Any], push: Mapping[str, Any]) -> None:
    """Addressed back to the sender, of a known type, complete and short enough."""
    swapped = (push["FromUserName"], push["ToUserName"])
    if (reply.get("ToUserName"), reply.get("FromUserName")) != swapped:
        raise Unacceptable("ToUserName and FromUserName are not swapped")
    if not str(reply.get("CreateTime", "")).isdigit():
        raise Unacceptable("CreateTime is missing")
    type_ = reply.get("MsgType")
    if type_ in NEEDED:
        _check_needed(platform, reply, NEEDED[type_])
    elif type_ == "news":
        _check_news(reply)
    elif type_ != "transfer_customer_service":
        raise Unacceptable(f"unknown MsgType {type_!r}")


def _check_needed(platform: Platform, reply: Mapping[str, Any], path: tuple[str, ...]) -> None:
    value: Any = reply
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, str) or not value:
        raise Unacceptable(f"{'.'.join(path)} is missing")
    if path == ("Content",) and len(value.encode()) > LONGEST_TEXT:
        raise Unacceptable("Content is over 2048 bytes")
    if path[-1].endswith("MediaId") and not _has_media(platform, value):
        raise Unacceptable("the media id is unknown")


def _check_news(reply: Mapping[str, Any]) -> None:
    articles = articles_of(reply)
    if reply.get("ArticleCount") != str(len(articles)) or len(articles) != 1:
        raise Unacceptable("one article, and ArticleCount says so")
    if not articles[0].get("Title"):
        raise Unacceptable("the article has no title")


def _has_media(platform: Platform, media_id: str) -> bool:
    sql = "SELECT 1 FROM media WHERE media_id = ? AND expires_at > ?"
    return bool(platform.store.rows(sql, media_id, platform.now()))


def articles_of(reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    articles = reply.get("Articles")
    items = articles.get("item", []) if isinstance(articles, Mapping) else []
    found = items if isinstance(items, list) else [items]
    return [item for item in found if isinstance(item, dict)]


def wording(reply: Mapping[str, Any]) -> str:
    """What the person reads of a reply."""
    if reply["MsgType"] == "text":
        return str(reply["Content"])
    if reply["MsgType"] == "news":
        return "\n".join(
            part
            for article in articles_of(reply)
            for part in (article.get("Title"), article.get("Description"))
            if part
        )
    if reply["MsgType"] == "image":
        return str(LABELS["photo"])
    if reply["MsgType"] == "transfer_customer_service":
        return str(LABELS["handed_over"])
    return str(LABELS[reply["MsgType"]])
