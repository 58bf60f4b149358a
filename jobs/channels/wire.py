"""HTTP to the platform: time limits on every call, no proxies, no redirects, raw UTF-8 JSON."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from config.policy import load

MEGABYTE = 1 << 20
PIECE = 1 << 16
DONE = (200, 201)
TOO_OFTEN = 429


class NotReached(Exception):
    """Nothing was done at the other end: it may be tried again."""


class TurnedAway(NotReached):
    """The other end said no: it would say so again."""


class Unanswered(Exception):
    """It was sent and no usable answer came: it may have been done."""


class TooLarge(Exception):
    """The answer is larger than we take."""


@dataclass(frozen=True, slots=True)
class Download:
    """What came: the bytes, and the type their sender claims."""

    content: bytes
    content_type: str


class Wire:
    """Connections to one platform, shared by the threads of a process."""

    def __init__(self, base: str, **other_limits: float) -> None:
        self._base = base.rstrip("/")
        limits = {**load("channels")["http"], **other_limits}
        self._time_limits = (limits["connect_seconds"], limits["read_seconds"])
        self._largest = limits["largest_answer_mb"] * MEGABYTE
        self._session = requests.Session()
        self._session.trust_env = False
        # A cookie jar is the one part of a session that threads would share and change.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_maxsize=limits["connections"], max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        return _json(self._fetch("GET", path, query))

    def post(self, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
        # \u escapes would defeat the platform's content check.
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        return _json(self._fetch("POST", path, query, data=raw, headers=headers))

    def send_form(self, path: str, fields: Mapping[str, str]) -> Download:
        return self._fetch("POST", path, {}, data=dict(fields))

    def upload(
        self, path: str, query: Mapping[str, str], name: str, content: bytes, content_type: str
    ) -> dict[str, Any]:
        files = {"media": (name, content, content_type)}
        return _json(self._fetch("POST", path, query, files=files))

    def download(self, path: str, query: Mapping[str, str]) -> Download:
        return self._fetch("GET", path, query)

    def time_there(self) -> datetime | None:
        """By the Date header, whatever the answer is; None where there is none."""
        with (
            _told_apart(),
            self._session.head(
                self._base, timeout=self._time_limits, allow_redirects=False
            ) as answer,
        ):
            return _moment(answer.headers.get("Date", ""))

    def _fetch(self, method: str, path: str, query: Mapping[str, str], **more: Any) -> Download:
        with (
            _told_apart(),
            self._session.request(
                method,
                self._base + path,
                params=query,
                timeout=self._time_limits,
                allow_redirects=False,
                stream=True,
                **more,
            ) as answer,
        ):
            if answer.status_code == TOO_OFTEN:
                raise NotReached(f"HTTP {answer.status_code}")
            if 300 <= answer.status_code < 500:
                raise TurnedAway(f"HTTP {answer.status_code}")
            if answer.status_code not in DONE:
                raise Unanswered(f"HTTP {answer.status_code}")
            return Download(self._read(answer), answer.headers.get("Content-Type", ""))

    def _read(self, answer: requests.Response) -> bytes:
        pieces, size = [], 0
        for piece in answer.iter_content(PIECE):
            size += len(piece)
            if size > self._largest:
                raise TooLarge
            pieces.append(piece)
        return b"".join(pieces)


def _moment(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header)
    except ValueError:
        return None


@contextmanager
def _told_apart() -> Iterator[None]:
    """Was anything sent? The messages of these exceptions hold the address with its token, so
    they are dropped here."""
    try:
        yield
    except requests.exceptions.ConnectTimeout:
        raise NotReached("no connection in time") from None
    except requests.exceptions.ReadTimeout:
        raise Unanswered("no answer in time") from None
    except requests.exceptions.ConnectionError as failure:
        if _never_connected(failure):
            raise NotReached("no connection") from None
        raise Unanswered("connection lost") from None
    except requests.exceptions.RequestException as failure:
        raise Unanswered(type(failure).__name__) from None


def _never_connected(failure: requests.exceptions.ConnectionError) -> bool:
    cause = failure.args[0] if failure.args else None
    return type(getattr(cause, "reason", None)).__name__ in (
        "NewConnectionError",
        "NameResolutionError",
    )


def _json(answer: Download) -> dict[str, Any]:
    try:
        body = json.loads(answer.content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Unanswered("the answer is no JSON object")
    return body
