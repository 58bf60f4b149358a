"""The door of the API: faults, tokens, quotas and bodies, before any endpoint sees a call."""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request

from app.sandbox import people, product, tokens
from app.sandbox.platform import Platform, day, minute, rid
from app.sandbox.refusals import Refused
from app.sandbox.store import count
from app.sandbox.trouble import dropped, nap

HIDDEN = {"access_token", "secret", "appsecret", "session_key", "refresh_token", "key"}
LONGEST_LOGGED = 4000
CALLS_KEPT = 50_000


@dataclass(slots=True)
class Call:
    """One API call as an endpoint sees it, inside one transaction."""

    platform: Platform
    db: sqlite3.Connection
    at: float
    app_id: str
    method: str
    args: Mapping[str, str]
    body: dict[str, Any]
    raw: bytes
    host: str
    files: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_mini_program(self) -> bool:
        return self.app_id == self.platform.options.mini_app_id

    def require(self, name: str, errcode: int, text: str) -> Any:
        value = self.body.get(name)
        if value in (None, "", [], {}):
            raise Refused(errcode, text)
        return value


Answer = dict[str, Any] | Response


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the platform and what it costs."""

    path: str
    run: Callable[[Call], Answer]
    methods: tuple[str, ...]
    needs_token: bool
    daily: int | None
    daily_of_test_account: int | None
    per_minute: int | None


ENDPOINTS: dict[str, Endpoint] = {}
OK = {"errcode": 0, "errmsg": "ok"}


def api(
    path: str,
    *methods: str,
    daily: int | None = None,
    daily_of_test_account: int | None = None,
    per_minute: int | None = None,
    needs_token: bool = True,
) -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
    """Registers an endpoint under WeChat's own path."""

    def register(run: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        ENDPOINTS[path] = Endpoint(
            path, run, methods or ("POST",), needs_token, daily, daily_of_test_account, per_minute
        )
        return run

    return register


def open_gate(app: Flask, platform: Platform) -> None:
    """Puts every registered endpoint behind its path."""

    def answer() -> Response:
        return _answer(platform, ENDPOINTS[request.path])

    for endpoint in ENDPOINTS.values():
        app.add_url_rule(endpoint.path, endpoint.path, answer, methods=["GET", "POST"])


def _answer(platform: Platform, endpoint: Endpoint) -> Response:
    started = time.perf_counter()
    struck = platform.faults.strike(endpoint.path)
    nap(platform.options.latency_ms + struck.get("slow", 0))
    if "drop_before" in struck:
        return dropped()
    try:
        answer = _work(platform, endpoint, struck, started)
    except people.Unknown:
        answer = _work_once_more(platform, endpoint, struck, started)
    if "drop_after" in struck:
        return dropped()
    return answer if isinstance(answer, Response) else _json(answer)


def _work_once_more(
    platform: Platform, endpoint: Endpoint, struck: dict[str, int], started: float
) -> Answer:
    """The product may know people from its own start that this platform has not met yet."""
    refusal: Refused
    try:
        people.learn(platform)
        return _work(platform, endpoint, struck, started)
    except people.Unknown as unknown:
        refusal = unknown
    except product.Silent:
        # Nobody can say who that is, so it must not be taken for an answer that holds.
        refusal = Refused(-1, "system error")
    answer = refusal.answer(rid(platform.now()))
    with platform.store.writing() as db:
        _log(platform, db, endpoint, answer, started)
    return answer


def _work(platform: Platform, endpoint: Endpoint, struck: dict[str, int], started: float) -> Answer:
    with platform.store.writing() as db:
        at = platform.now()
        try:
            if errcode := struck.get("errcode"):
                raise Refused(errcode, "fault on demand")
            answer = endpoint.run(_admit(platform, db, endpoint, at))
        except people.Unknown:
            raise
        except Refused as refused:
            answer = refused.answer(rid(at))
        _log(platform, db, endpoint, answer, started)
    return answer


def _admit(platform: Platform, db: sqlite3.Connection, endpoint: Endpoint, at: float) -> Call:
    """Method, token, quota and body, in the order the platform looks at them."""
    if request.method not in endpoint.methods:
        wanted = endpoint.methods[0]
        raise Refused({"GET": 43001, "POST": 43002}[wanted], f"require {wanted} method")
    app_id = tokens.owner(db, request.args, at) if endpoint.needs_token else ""
    _spend(platform, db, endpoint, app_id or request.args.get("appid", ""), at)
    return Call(
        platform,
        db,
        at,
        app_id,
        request.method,
        request.args,
        _body(),
        request.get_data(),
        request.host_url.rstrip("/"),
        request.files,
    )


def _spend(
    platform: Platform, db: sqlite3.Connection, endpoint: Endpoint, app_id: str, at: float
) -> None:
    name = f"{app_id} {endpoint.path}"
    per_minute, daily = endpoint.per_minute, endpoint.daily
    if endpoint.daily_of_test_account and platform.options.account_kind == "test":
        daily = endpoint.daily_of_test_account
    if per_minute and count(db, name, minute(at)) > per_minute:
        raise Refused(45011, "api minute-quota reach limit, must slower, retry next minute")
    if daily and count(db, name, day(at)) > daily:
        raise Refused(45009, "reach max api daily quota limit")


def _body() -> dict[str, Any]:
    """JSON whatever the Content-Type says: many clients send none."""
    if request.method == "GET" or request.files:
        return {}
    raw = request.get_data()
    try:
        body = json.loads(raw) if raw else {}
        json.dumps(body, ensure_ascii=False).encode()  # lone surrogates are not text
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body


def _json(answer: dict[str, Any]) -> Response:
    text = json.dumps(answer, ensure_ascii=False)
    return Response(text, content_type="application/json; encoding=utf-8")


def _log(
    platform: Platform,
    db: sqlite3.Connection,
    endpoint: Endpoint,
    answer: Answer,
    started: float,
) -> None:
    outcome = answer if isinstance(answer, dict) else {}
    last_id = db.execute(
        "INSERT INTO calls (at, path, body, errcode, errmsg, ms) VALUES (?, ?, ?, ?, ?, ?)",
        (
            platform.now(),
            endpoint.path,
            _logged_body(),
            outcome.get("errcode", 0),
            outcome.get("errmsg", "ok"),
            (time.perf_counter() - started) * 1000,
        ),
    ).lastrowid
    if last_id and last_id % 1000 == 0:
        db.execute("DELETE FROM calls WHERE id <= ?", (last_id - CALLS_KEPT,))


def _logged_body() -> str:
    """What was asked, with tokens and secrets left out."""
    asked: dict[str, Any] = dict(request.args)
    if request.files:
        asked |= {name: file.filename for name, file in request.files.items()}
    else:
        try:
            body = json.loads(request.get_data() or b"{}")
        except (ValueError, RecursionError):
            body = {"unreadable": True}
        asked |= body if isinstance(body, dict) else {"body": body}
    shown = {name: value for name, value in asked.items() if name not in HIDDEN}
    text = json.dumps(shown, ensure_ascii=False)[:LONGEST_LOGGED]
    return text.encode("utf-8", "replace").decode()
