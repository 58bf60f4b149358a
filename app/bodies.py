"""Bodies of those whom we do not know yet: however slowly they send, they hold a few places."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import InputStream, WSGIEnvironment

from werkzeug.exceptions import ServiceUnavailable

PLACES = 6  # of a process's 16 threads for pages


class Strangers:
    """陌生访客 — how many of them are waited for at once, until what they send has come in whole.

    The server knows no time limit for that. Only a proxy in front, which passes on what has come
    in whole, leaves all places to all.
    """

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """One of them. Raises ServiceUnavailable when there is none: they may come again."""
        if not self._places.acquire(blocking=False):
            raise ServiceUnavailable("too many are still sending")
        try:
            yield
        finally:
            self._places.release()

    def limit(self, environ: WSGIEnvironment) -> None:
        """Has the body of this request wait for no thread beyond those."""
        environ["wsgi.input"] = Body(environ["wsgi.input"], self)


class Body:
    """请求体 — read while there is a place."""

    __slots__ = ("_strangers", "_stream")

    def __init__(self, stream: InputStream, strangers: Strangers) -> None:
        self._stream = stream
        self._strangers = strangers

    def read(self, *size: int) -> bytes:
        """Raises ServiceUnavailable."""
        with self._strangers.place():
            return self._stream.read(*size)


STRANGERS = Strangers(PLACES)
