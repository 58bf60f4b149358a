"""Structured logs on standard error: one line an event, without names, words or tokens."""

import logging
import re
import secrets
import sys
import traceback
from collections.abc import Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import Settings
from models.tracing import REQUEST, TICKET

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
HIDDEN = "***"
# Nobody writes these into the log; a library that quotes an address or a message might.
SECRETS = (
    (
        re.compile(r"(?i)\b(\w*(?:token|secret|signature|password|key)|code)=[^&\s\"']+"),
        rf"\1={HIDDEN}",
    ),
    (re.compile(r"\bo[\w-]{27}(?![\w-])", re.ASCII), HIDDEN),  # an openid
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), HIDDEN),  # a mobile number
)


def configure(settings: Settings) -> None:
    """Called once when a process starts. Libraries speak only from warning up."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    said: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        kind_of_failure,
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    last: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if sys.stderr.isatty():
        last = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*said, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # With its end of line in one piece: several processes write to one log.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    of_libraries = logging.StreamHandler(sys.stderr)
    of_libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=said,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[of_libraries])


def add_trace(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Which request it belongs to, and which ticket that came upon."""
    if request := REQUEST.get():
        line.setdefault("request", request)
    if ticket := TICKET.get():
        line.setdefault("ticket", ticket)
    return line


def kind_of_failure(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """In place of a failure's own words, which are for debugging alone."""
    if line["level"] == "debug" or not (told := line.pop("exc_info", None)):
        return line
    failure = told if isinstance(told, BaseException) else sys.exc_info()[1]
    if isinstance(told, tuple):  # as libraries have it
        failure = told[1]
    return {**line, **fault(failure)} if failure else line


def fault(failure: BaseException) -> dict[str, Any]:
    """Kind and place of a fault. Its own words are left out: they may quote the message."""
    frames = traceback.extract_tb(failure.__traceback__)[-3:]
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames
    ]
    return {"fault": type(failure).__name__, "at": places}


def without_secrets(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    return {key: hidden(value) for key, value in line.items()}


def hidden(value: Any) -> Any:
    """The value without what must not stand in a log, however deep it is."""
    if isinstance(value, str):
        for pattern, instead in SECRETS:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        return {key: hidden(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(one) for one in value]
    return value


class Numbers:
    """编号 — gives each request of a process its own, or the one that a trusted proxy gave it."""

    def __init__(self, trusted_proxies: int) -> None:
        self.is_behind_proxy = trusted_proxies > 0
        self._numbers = count(1)
        self._mine = secrets.token_hex(4)  # of several processes

    def next(self, given: str | None) -> str:
        """`given`: what the request says itself."""
        if given and self.is_behind_proxy and REQUEST_ID.fullmatch(given):
            return given
        return f"{self._mine}-{next(self._numbers):x}"


class Traced:
    """留痕 — all that is logged while a request is answered says its number."""

    def __init__(self, application: "WSGIApplication", numbers: Numbers) -> None:
        self._application = application
        self._numbers = numbers

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        # Set, and not put back: the next request of this thread says who it is itself.
        REQUEST.set(self._numbers.next(environ.get("HTTP_X_REQUEST_ID")))
        TICKET.set(0)
        return self._application(environ, start_response)
