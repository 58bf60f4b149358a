"""Access tokens: the classic one, the stable one, and what is wrong with a token shown."""

import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from app.sandbox.refusals import Refused
from app.sandbox.store import count, keep_setting, setting

LIFE = 7200
OVERLAP = 300
FORCED_PER_DAY = 20
FORCED_APART = 30


def owner(db: sqlite3.Connection, args: Mapping[str, str], at: float) -> str:
    """The app id a call acts for, or the refusal its token earns."""
    token = args.get("access_token", "")
    if not token:
        raise Refused(41001, "access_token missing")
    if len(token) < 64 or not token.isascii():
        raise Refused(40014, "invalid access_token")
    row = db.execute("SELECT * FROM tokens WHERE token = ?", (token,)).fetchone()
    if row is None or (row["replaced"] and row["expires_at"] <= at):
        text = "invalid credential, access_token is invalid or not latest"
        raise Refused(40001, text)
    if row["expires_at"] <= at:
        raise Refused(42001, "access_token expired")
    return str(row["app_id"])


def check_secret(secret_of_app: str | None, given: Mapping[str, Any]) -> str:
    """App id and secret as both token calls take them."""
    if not given.get("appid"):
        raise Refused(41002, "appid missing")
    if not given.get("secret"):
        raise Refused(41004, "appsecret missing")
    if secret_of_app is None:
        raise Refused(40013, "invalid appid")
    if not secrets.compare_digest(str(given["secret"]).encode(), secret_of_app.encode()):
        raise Refused(40125, "invalid appsecret")
    if given.get("grant_type") != "client_credential":
        raise Refused(40002, "invalid grant_type")
    return str(given["appid"])


def issue_classic(db: sqlite3.Connection, app_id: str, at: float) -> dict[str, Any]:
    """A new token each time; the former one lives on for five minutes."""
    _retire(db, app_id, "classic", at + OVERLAP)
    return _issue(db, app_id, "classic", at)


def issue_stable(db: sqlite3.Connection, app_id: str, at: float) -> dict[str, Any]:
    """The current token until five minutes before its end, then a new one beside it."""
    row = db.execute(
        "SELECT token, expires_at FROM tokens WHERE app_id = ? AND kind = 'stable'"
        " AND NOT replaced AND expires_at > ? ORDER BY expires_at DESC",
        (app_id, at + OVERLAP),
    ).fetchone()
    if row:
        return {"access_token": row["token"], "expires_in": int(row["expires_at"] - at)}
    return _issue(db, app_id, "stable", at)


def force_stable(db: sqlite3.Connection, app_id: str, at: float, day: str) -> dict[str, Any]:
    """A new token now; every former stable one dies."""
    last = setting(db, f"forced {app_id}", 0.0)
    if at - last < FORCED_APART:
        raise Refused(45011, "api minute-quota reach limit, must slower, retry next minute")
    if count(db, f"forced {app_id}", day) > FORCED_PER_DAY:
        raise Refused(45009, "reach max api daily quota limit")
    keep_setting(db, f"forced {app_id}", at)
    _retire(db, app_id, "stable", at)
    return _issue(db, app_id, "stable", at)


def _retire(db: sqlite3.Connection, app_id: str, kind: str, until: float) -> None:
    db.execute(
        "UPDATE tokens SET replaced = 1, expires_at = min(expires_at, ?)"
        " WHERE app_id = ? AND kind = ? AND NOT replaced",
        (until, app_id, kind),
    )


def _issue(db: sqlite3.Connection, app_id: str, kind: str, at: float) -> dict[str, Any]:
    token = f"{secrets.token_urlsafe(102)[:136]}"
    db.execute(
        "INSERT INTO tokens (token, app_id, kind, expires_at) VALUES (?, ?, ?, ?)",
        (token, app_id, kind, at + LIFE),
    )
    return {"access_token": token, "expires_in": LIFE}
