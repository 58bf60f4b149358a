"""Pushes to the product: signed, sealed, cut off after five seconds, delivered three times."""

import json
import logging
import secrets
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import requests

from app.sandbox import received, replies
from app.sandbox.accounts import Account
from app.sandbox.cipher import signature
from app.sandbox.faults import PUSH
from app.sandbox.labels import LABELS
from app.sandbox.platform import Platform
from app.sandbox.trouble import nap

log = logging.getLogger(__name__)

DELIVERIES = 3
LONGEST_ANSWER = 1 << 20

# Events of which the person sees neither a reply nor a regret.
UNSEEN = {
    "unsubscribe",
    "TEMPLATESENDJOBFINISH",
    "MASSSENDJOBFINISH",
    "subscribe_msg_sent_event",
    "subscribe_msg_popup_event",
    "subscribe_msg_change_event",
    "VIEW",
    "view_miniprogram",
}

_local = threading.local()


@dataclass(frozen=True, slots=True)
class Letter:
    """The body of one push, the same byte for byte in every delivery, and what is sealed in it."""

    body: bytes
    sender: str
    encrypted: str = ""


@dataclass(slots=True)
class Attempt:
    """One delivery of a push and what came back."""

    status: int = 0
    ms: float = 0.0
    trouble: str = ""
    body: bytes = field(default=b"", repr=False)

    def as_dict(self) -> dict[str, Any]:
        shown = {name: value for name, value in asdict(self).items() if name != "body"}
        return shown | {"answer": self.body.decode("utf-8", "replace")}


@dataclass(slots=True)
class Outcome:
    """What became of a push, as the person and a test see it."""

    push_id: int
    status: int
    result: str
    reply: dict[str, Any] | None
    reply_text: str
    attempts: list[dict[str, Any]]


def deliver(
    platform: Platform, account: Account, openid: str, fields: Mapping[str, Any]
) -> Outcome:
    """Pushes one message or event of a person and shows them the passive reply."""
    attempts = _attempts(platform, account, _sealed(account, fields))
    return _conclude(platform, account, openid, fields, attempts)


def greet(platform: Platform, account: Account, echo: str) -> Attempt:
    """The handshake with which an address is registered; the answer is the bare echo."""
    query = _query(account, Letter(b"", ""), {"echostr": echo})
    return _send(platform, account, "GET", query, b"")


def _sealed(account: Account, fields: Mapping[str, Any]) -> Letter:
    clear, sender = account.write(fields), str(fields["FromUserName"])
    if account.mode == "plain":
        return Letter(clear, sender)
    encrypted = account.cipher.encrypt(clear)
    shown = fields if account.mode == "compatible" else {"ToUserName": account.name}
    return Letter(account.write({**shown, "Encrypt": encrypted}), sender, encrypted)


def _query(account: Account, letter: Letter, more: Mapping[str, str]) -> dict[str, str]:
    """Fresh signatures for one delivery, by the wall clock: the product's does not move."""
    token = account.token
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
    query = {
        "signature": signature(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        **more,
    }
    if letter.encrypted:
        query["encrypt_type"] = "aes"
        query["msg_signature"] = signature(token, timestamp, nonce, letter.encrypted)
    return query


def _attempts(platform: Platform, account: Account, letter: Letter) -> list[Attempt]:
    made: list[Attempt] = []
    for nth in range(DELIVERIES):
        struck = platform.faults.strike(PUSH)
        nap(struck.get("slow", 0))
        copies = max(1, struck.get("duplicate", 1))
        made += _at_once(platform, account, letter, copies, struck)
        if any(attempt.status == 200 for attempt in made):
            break
        if nth < DELIVERIES - 1:
            nap(int(platform.options.retry_pause_seconds * 1000 - made[-1].ms))
    return made


def _at_once(
    platform: Platform, account: Account, letter: Letter, copies: int, struck: Mapping[str, int]
) -> list[Attempt]:
    if "drop_before" in struck:
        return [Attempt(trouble="drop_before")]

    def send(_: int) -> Attempt:
        query = _query(account, letter, {"openid": letter.sender})
        attempt = _send(platform, account, "POST", query, letter.body)
        if "drop_after" in struck:
            return Attempt(ms=attempt.ms, trouble="drop_after")
        return attempt

    if copies == 1:
        return [send(0)]
    with ThreadPoolExecutor(copies) as pool:
        return list(pool.map(send, range(copies)))


def _send(
    platform: Platform, account: Account, method: str, query: dict[str, str], body: bytes
) -> Attempt:
    """One exchange, cut off when the platform's patience ends, however slowly bytes drip in."""
    started = time.monotonic()
    ends = started + platform.options.push_seconds
    attempt = Attempt()
    try:
        with _session().request(
            method,
            account.push_url,
            params=query,
            data=body,
            headers={"Content-Type": account.content_type, "User-Agent": "Mozilla/4.0"},
            timeout=platform.options.push_seconds,
            allow_redirects=False,
            stream=True,
        ) as answer:
            for chunk in answer.iter_content(4096):
                attempt.body += chunk
                if time.monotonic() > ends or len(attempt.body) > LONGEST_ANSWER:
                    raise requests.Timeout
            attempt.status = answer.status_code
    except requests.RequestException as error:
        attempt.trouble = type(error).__name__
        attempt.body = b""
    attempt.ms = (time.monotonic() - started) * 1000
    return attempt


def _conclude(
    platform: Platform,
    account: Account,
    openid: str,
    fields: Mapping[str, Any],
    attempts: list[Attempt],
) -> Outcome:
    answered = next((a for a in attempts if a.status == 200), None)
    reply: dict[str, Any] | None = None
    result = "failed"
    if answered:
        try:
            reply = replies.unseal(account, answered.body)
            if reply:
                replies.check(platform, reply, fields)
            result = "replied" if reply else "empty"
        except replies.Unacceptable as error:
            reply, result = None, f"unacceptable: {error}"
    shown = replies.wording(reply) if reply else ""
    push_id = _keep(platform, openid, fields, result, attempts)
    if account.kind == "official" and fields.get("Event") not in UNSEEN:
        _show(platform, openid, result, reply, shown)
    return Outcome(
        push_id,
        attempts[-1].status if not answered else 200,
        result,
        reply,
        shown,
        [attempt.as_dict() for attempt in attempts],
    )


def _keep(
    platform: Platform,
    openid: str,
    fields: Mapping[str, Any],
    result: str,
    attempts: list[Attempt],
) -> int:
    with platform.store.writing() as db:
        cursor = db.execute(
            "INSERT INTO pushes (openid, at, kind, fields, status, attempts)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                openid,
                platform.now(),
                str(fields.get("Event") or fields.get("MsgType")),
                json.dumps(fields, ensure_ascii=False),
                result,
                json.dumps([attempt.as_dict() for attempt in attempts], ensure_ascii=False),
            ),
        )
    return int(cursor.lastrowid or 0)


def _show(
    platform: Platform, openid: str, result: str, reply: Mapping[str, Any] | None, shown: str
) -> None:
    """The reply in the person's chat, or WeChat's own regret."""
    if reply:
        message = received.Message("reply", reply["MsgType"], shown, reply)
    elif result != "empty":
        message = received.Message("notice", "text", LABELS["unavailable"], {"reason": result})
    else:
        return
    with platform.store.writing() as db:
        received.record(db, openid, platform.now(), message)


def _session() -> requests.Session:
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False  # a proxy of the machine must not see pushes
    return session
