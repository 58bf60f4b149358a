"""However many send slowly, they hold no more than their places."""

import io
import threading

import pytest
from werkzeug.exceptions import ServiceUnavailable

from app.bodies import Strangers


class Slow(io.BytesIO):
    """Says when it is waited for, and ends when it is told."""

    def __init__(self) -> None:
        super().__init__(b"late")
        self.is_read, self.is_here = threading.Event(), threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        self.is_read.set()
        assert self.is_here.wait(5)
        return super().read(size)


def test_who_finds_no_place_is_sent_away_and_a_place_is_free_again_afterwards() -> None:
    strangers, slow = Strangers(places=1), Slow()
    first, second = {"wsgi.input": slow}, {"wsgi.input": io.BytesIO(b"quick")}
    strangers.limit(first)
    strangers.limit(second)
    reading = threading.Thread(target=first["wsgi.input"].read)
    reading.start()
    assert slow.is_read.wait(5)
    with pytest.raises(ServiceUnavailable):
        second["wsgi.input"].read()
    slow.is_here.set()
    reading.join()
    assert second["wsgi.input"].read(3) + second["wsgi.input"].read() == b"quick"
