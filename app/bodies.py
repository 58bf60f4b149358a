"""Bodies of those whom we do not know yet: however slowly they send, they hold a few threads."""

import threading
from wsgiref.types import InputStream, WSGIEnvironment

from werkzeug.exceptions import ServiceUnavailable

PLACES = 6  # of a process's 16 threads or more


class Body:
    """请求体 — read while there is a place; else whoever sends it may come again."""

    __slots__ = ("_places", "_stream")

    def __init__(self, stream: InputStream, places: threading.Semaphore) -> None:
        self._stream = stream
        self._places = places

    def read(self, *size: int) -> bytes:
        """Raises ServiceUnavailable."""
        if not self._places.acquire(blocking=False):
            raise ServiceUnavailable("too many are still sending")
        try:
            return self._stream.read(*size)
        finally:
            self._places.release()


class Strangers:
    """陌生访客 — how many of a process's threads wait at once for what visitors send.

    The server reads a body in the thread that works on it and knows no time limit for that. Only
    a proxy in front, which passes on what has come in whole, leaves all threads to all.
    """

    def __init__(self, places: int = PLACES) -> None:
        self._places = threading.Semaphore(places)

    def limit(self, environ: WSGIEnvironment) -> None:
        """Has this body wait for no thread beyond those."""
        environ["wsgi.input"] = Body(environ["wsgi.input"], self._places)


STRANGERS = Strangers()
