"""The people of the platform: who follows, under which openids, in what standing."""

import base64
import hashlib
import logging
import secrets
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from app.sandbox import product
from app.sandbox.labels import LABELS
from app.sandbox.platform import Platform
from app.sandbox.refusals import Refused

log = logging.getLogger(__name__)

LEARN_AGAIN_SECONDS = 5


class Unknown(Refused):
    """An openid this platform never gave."""

    def __init__(self) -> None:
        super().__init__(40003, "invalid openid")


def find(db: sqlite3.Connection, openid: str) -> dict[str, Any]:
    """The person behind an openid of either account."""
    row = db.execute("SELECT * FROM people WHERE openid = ?", (openid,)).fetchone()
    if row is None:
        row = db.execute("SELECT * FROM people WHERE mini_openid = ?", (openid,)).fetchone()
    if row is None:
        raise Unknown
    return dict(row)


def follower(db: sqlite3.Connection, openid: Any) -> dict[str, Any]:
    person = find(db, str(openid))
    if not person["subscribed"]:
        raise Refused(43004, "require subscribe")
    return person


def refuse_bad_standing(person: Mapping[str, Any]) -> None:
    if person["standing"] == "blocked":
        raise Refused(43019, "require remove blacklist")
    if person["standing"] == "refuses":
        raise Refused(48002, "user refuse to accept the msg")
    if person["standing"] == "limited":
        raise Refused(50002, "user limited")


def meet(platform: Platform, db: sqlite3.Connection, openid: str) -> dict[str, Any]:
    """The person, added as one who has long been a follower if new here."""
    try:
        return find(db, openid)
    except Unknown:
        return add(platform, db, {"openid": openid})


def add(
    platform: Platform, db: sqlite3.Connection, person: Mapping[str, Any], subscribed: int = 1
) -> dict[str, Any]:
    openid = str(person.get("openid") or fresh_openid())
    options = platform.options
    db.execute(
        "INSERT INTO people (openid, mini_openid, unionid, name, role, role_label, area,"
        " subscribed, subscribed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (openid) DO UPDATE SET name = excluded.name, role = excluded.role,"
        " role_label = excluded.role_label, area = excluded.area",
        (
            openid,
            derived("o", options.mini_app_id, openid),
            derived("u", "union", openid),
            str(person.get("name") or openid),
            str(person.get("role") or ""),
            str(person.get("role_label") or ""),
            str(person.get("area") or ""),
            subscribed,
            platform.now(),
        ),
    )
    return find(db, openid)


def newcomer(platform: Platform, db: sqlite3.Connection, name: str = "") -> dict[str, Any]:
    """Someone nobody knows yet, not yet a follower."""
    openid = fresh_openid()
    n = db.execute("SELECT count(*) FROM people WHERE role = ''").fetchone()[0] + 1
    label = name or f"{LABELS['newcomer']}{n}"
    return add(platform, db, {"openid": openid, "name": label}, subscribed=0)


def learn(platform: Platform) -> None:
    """Asks the product for its demo people, not too often; who comes meanwhile waits for the
    answer. Raises product.Silent."""
    with platform.learning:
        if time.monotonic() - platform.learned_at < LEARN_AGAIN_SECONDS:
            return
        told = product.people(platform.options.web_url)
        platform.learned_at = time.monotonic()
        if told:
            with platform.store.writing() as db:
                for person in told:
                    if isinstance(person, dict) and person.get("openid"):
                        add(platform, db, person)


def learn_if_possible(platform: Platform) -> None:
    """For whoever shows a list, which may as well be the old one."""
    with suppress(product.Silent):
        learn(platform)


def listed(platform: Platform) -> list[dict[str, Any]]:
    """Everyone, with how many messages they have not read."""
    return platform.store.rows(
        "SELECT openid, mini_openid, unionid, name, role, role_label, area, subscribed, standing,"
        " (SELECT count(*) FROM received r WHERE r.openid = p.openid AND r.id > p.read_id"
        "  AND r.kind != 'sent') AS unread,"
        " coalesce((SELECT max(id) FROM received r WHERE r.openid = p.openid), 0) AS last_id"
        " FROM people p ORDER BY p.rowid"
    )


def fresh_openid() -> str:
    return "o" + secrets.token_urlsafe(20)[:27]


def derived(prefix: str, *parts: str) -> str:
    """An identifier that is always the same for the same person and account."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return prefix + base64.urlsafe_b64encode(digest).decode()[:27]
