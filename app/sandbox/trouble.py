"""Making an HTTP exchange go wrong: waiting, and closing the connection without an answer."""

import socket
import time
from collections.abc import Iterator

from flask import Response, request


def nap(milliseconds: int) -> None:
    if milliseconds > 0:
        time.sleep(milliseconds / 1000)


class Dropped(Exception):
    """The connection is cut on purpose."""


def dropped() -> Response:
    """A response that never arrives whole.

    Werkzeug's server lends its socket, which is closed at once. Granian keeps its own, so there
    the head is out before the body breaks off; a client sees an incomplete read.
    """
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
        return Response(status=200)
    return Response(_broken_off(), headers={"Content-Length": "1"})


def _broken_off() -> Iterator[bytes]:
    yield from ()
    raise Dropped
