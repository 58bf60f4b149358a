"""Customer messages: what a person's last actions allow, and for how long."""

import sqlite3

from app.sandbox.refusals import Refused

TWO_DAYS = 48 * 3600
MINUTE = 60

# Action → messages, seconds. An action renews its own allowance; allowances are not added up.
OFFICIAL = {
    "message": (5, TWO_DAYS),
    "menu": (3, MINUTE),
    "subscribe": (3, MINUTE),
    "scan": (3, MINUTE),
}
MINI_PROGRAM = {"message": (5, TWO_DAYS), "enter": (2, MINUTE)}


def renew(
    db: sqlite3.Connection, openid: str, app_id: str, action: str, until: float, number: int
) -> None:
    db.execute(
        "INSERT OR REPLACE INTO allowances VALUES (?, ?, ?, ?, ?)",
        (openid, app_id, action, number, until),
    )


def act(db: sqlite3.Connection, openid: str, app_id: str, action: str, at: float) -> None:
    """A person did something at the official account."""
    number, seconds = OFFICIAL[action]
    renew(db, openid, app_id, action, at + seconds, number)


def act_in_mini_program(
    db: sqlite3.Connection, openid: str, app_id: str, action: str, at: float
) -> None:
    number, seconds = MINI_PROGRAM[action]
    renew(db, openid, app_id, action, at + seconds, number)


def spend(db: sqlite3.Connection, openid: str, app_id: str, at: float) -> None:
    """Takes one message from the allowance that ends first."""
    open_windows = db.execute(
        "SELECT action, remaining FROM allowances"
        " WHERE openid = ? AND app_id = ? AND until > ? ORDER BY until",
        (openid, app_id, at),
    ).fetchall()
    if not open_windows:
        raise Refused(45015, "response out of time limit or subscription is canceled")
    left = [row["action"] for row in open_windows if row["remaining"] > 0]
    if not left:
        raise Refused(45047, "out of response count limit")
    db.execute(
        "UPDATE allowances SET remaining = remaining - 1"
        " WHERE openid = ? AND app_id = ? AND action = ?",
        (openid, app_id, left[0]),
    )
