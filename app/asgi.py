"""The web application of a process: pushes wait on one loop, each page has a thread."""

import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware

from app import collector, logs
from app.bodies import Strangers
from app.house import LiveLexicon, open_database
from app.logs import Numbers
from app.wechat.intake import Intake, write_here
from app.wechat.keys import accounts_of
from app.wechat.refusals import Malformed, TooLarge
from app.wechat.scribe import Scribe
from app.wechat.webhook import BODY_BYTES, PATH, Answer, Call, Respond
from app.wechat.writer import WriterClient
from app.wsgi import make_desk, make_pages
from bots import dialogue
from bots.message import IncomingMessage
from config.settings import Settings
from models.base import Database

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE_THREADS = 16
STRANGERS_AT_THE_DOOR = 64  # of the connections of a process, of which the server takes 512

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Reception:
    """前台 — leads a push to the WeChat door and everybody else to the pages.

    An address is to be ASCII, as RFC 3986 has it; `pages` reads it as that.
    """

    def __init__(self, door: Application, pages: Application) -> None:
        self._door = door
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(PATH) and path[len(PATH) :][:1] in ("", "/"):
            await self._door(scope, receive, send)
        elif not scope["query_string"].isascii():
            await _send(send, Answer("", status=400))
        else:
            await self._pages(scope, _coroutine(receive), send)


def _coroutine(receive: Receive) -> Receive:
    """The server's own is something else that can be awaited, which no thread can pass on."""

    async def received() -> Message:
        return await receive()

    return received


def create_app() -> Reception:
    """As the settings of the environment say."""
    settings = Settings()
    logs.configure(settings)
    database = open_database(settings)
    lexicon = LiveLexicon.load(database, settings)
    lexicon.current()  # looks for the names and words of this house, which all go by from now on
    threading.Thread(target=lexicon.follow, args=(threading.Event(),), daemon=True).start()
    reception = make_reception(settings, database, lexicon)
    collector.settle()
    return reception


def make_reception(settings: Settings, database: Database, lexicon: LiveLexicon) -> Reception:
    """The whole application over one store; somebody else has the lexicon look for new words."""

    def hear(message: IncomingMessage) -> dialogue.Heard:
        return dialogue.hear(message, lexicon.last)

    desk = make_desk(settings)
    writer: Scribe | WriterClient = Scribe(database, desk)
    if settings.writer:
        writer = WriterClient(settings.writer, write_here(database, desk))
    intake = Intake(database, desk, hear, writer.write)
    numbers = Numbers(settings.trusted_proxies)
    pages = make_pages(settings, database, numbers)
    # Loaded here, once the server has said where its processes count together.
    meters = import_module("app.meters")
    door = as_asgi(meters.metered(accounts_of(settings).get, intake), numbers)
    return Reception(door, WSGIMiddleware(_terminated(pages), PAGE_THREADS))


def _terminated(pages: "WSGIApplication") -> "WSGIApplication":
    """A body that comes in chunks says no length; the server knows where it ends."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if "CONTENT_LENGTH" not in environ:
            environ["wsgi.input_terminated"] = True
        return pages(environ, start_response)

    return application


def as_asgi(respond: Respond, numbers: Numbers) -> Application:
    """The WeChat door: pushes share a thread, and whoever waits holds up nobody."""
    strangers = Strangers(STRANGERS_AT_THE_DOOR)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        async def read(is_signed: bool) -> bytes:
            if is_signed:
                return await _body(receive)
            with strangers.place():
                return await _body(receive)

        call = Call(
            scope["method"],
            scope["path"][len(PATH) :].strip("/"),
            scope["query_string"].decode("latin-1"),
            numbers.next(_given(scope) if numbers.is_behind_proxy else None),
            read,
        )
        await _send(send, await respond(call))

    return application


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.text.encode()})


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("hung up while sending")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > BODY_BYTES:
            raise TooLarge("larger than any push")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _given(scope: Scope) -> str | None:
    found = (value for name, value in scope["headers"] if name == b"x-request-id")
    return next((value.decode("latin-1") for value in found), None)
