"""The platform's own memory: one SQLite connection behind one lock, in a file or in memory."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters (
    name TEXT, period TEXT, n INTEGER NOT NULL, PRIMARY KEY (name, period));
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, app_id TEXT NOT NULL, kind TEXT NOT NULL, expires_at REAL NOT NULL,
    replaced INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS people (
    openid TEXT PRIMARY KEY, mini_openid TEXT UNIQUE NOT NULL, unionid TEXT NOT NULL,
    name TEXT NOT NULL, role TEXT NOT NULL DEFAULT '', role_label TEXT NOT NULL DEFAULT '',
    area TEXT NOT NULL DEFAULT '', subscribed INTEGER NOT NULL DEFAULT 1,
    subscribed_at REAL NOT NULL DEFAULT 0, subscribe_scene TEXT NOT NULL DEFAULT 'ADD_SCENE_SEARCH',
    scene TEXT NOT NULL DEFAULT '', remark TEXT NOT NULL DEFAULT '',
    standing TEXT NOT NULL DEFAULT '', messages INTEGER NOT NULL DEFAULT 0,
    wrote_at REAL NOT NULL DEFAULT 0, typing_until REAL NOT NULL DEFAULT 0,
    mini_used_at REAL NOT NULL DEFAULT 0, read_id INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS allowances (
    openid TEXT, app_id TEXT, action TEXT, remaining INTEGER NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (openid, app_id, action));
CREATE TABLE IF NOT EXISTS consents (
    openid TEXT, app_id TEXT, template_id TEXT, remaining INTEGER NOT NULL,
    PRIMARY KEY (openid, app_id, template_id));
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, at REAL NOT NULL,
    kind TEXT NOT NULL, type TEXT NOT NULL, text TEXT NOT NULL, body TEXT NOT NULL,
    options TEXT NOT NULL DEFAULT '[]');
CREATE INDEX IF NOT EXISTS received_by_person ON received (openid, id);
CREATE TABLE IF NOT EXISTS pushes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, at REAL NOT NULL,
    kind TEXT NOT NULL, fields TEXT NOT NULL, status TEXT NOT NULL, attempts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, path TEXT NOT NULL,
    body TEXT NOT NULL, errcode INTEGER NOT NULL, errmsg TEXT NOT NULL, ms REAL NOT NULL);
CREATE TABLE IF NOT EXISTS media (
    media_id TEXT PRIMARY KEY, type TEXT NOT NULL, mime TEXT NOT NULL, name TEXT NOT NULL,
    content BLOB NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS robot_posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,
    content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS menus (
    menu_id INTEGER PRIMARY KEY AUTOINCREMENT, tag_id TEXT NOT NULL, buttons TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tags (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS tagged (
    openid TEXT, tag_id INTEGER, PRIMARY KEY (openid, tag_id));
CREATE TABLE IF NOT EXISTS qrcodes (
    ticket TEXT PRIMARY KEY, scene TEXT NOT NULL, url TEXT NOT NULL, expires_at REAL);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, kind TEXT NOT NULL, openid TEXT NOT NULL, detail TEXT NOT NULL,
    expires_at REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS grants (
    token TEXT PRIMARY KEY, kind TEXT NOT NULL, openid TEXT NOT NULL, scope TEXT NOT NULL,
    expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS templates (
    app_id TEXT, template_id TEXT, title TEXT NOT NULL, fields TEXT NOT NULL,
    PRIMARY KEY (app_id, template_id));
CREATE TABLE IF NOT EXISTS sendings (
    key TEXT PRIMARY KEY, msg_id INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS mass (
    msg_id INTEGER PRIMARY KEY, status TEXT NOT NULL, sent_to TEXT NOT NULL);
"""


class Store:
    """One connection; whoever holds the lock reads or writes, then commits or rolls back."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        if path:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; the only place that commits."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, values)]

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def setting(db: sqlite3.Connection, name: str, default: Any) -> Any:
    row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return json.loads(row["value"]) if row else default


def keep_setting(db: sqlite3.Connection, name: str, value: Any) -> None:
    db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))


def count(db: sqlite3.Connection, name: str, period: str) -> int:
    """Counts one more in a period and says how many that makes."""
    row = db.execute(
        "INSERT INTO counters VALUES (?, ?, 1)"
        " ON CONFLICT (name, period) DO UPDATE SET n = n + 1 RETURNING n",
        (name, period),
    ).fetchone()
    return int(row["n"])
