"""How long a resident needs: a slow hand is reckoned, a slow net too, and nobody sleeps for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

A_CHARACTER, A_WORD_READ, A_DECISION, A_PHOTO = 0.35, 0.2, 2.0, 3.0  # seconds
LATENCY, RATE = 0.4, 50_000  # slow 3G: seconds of a round trip, bytes in a second each way
TO_CONNECT = 2  # round trips before the first request: TCP, and TLS 1.3
FIRST = ("Document", "Stylesheet")  # nothing shows before they have come


@dataclass
class Came:
    """One answer: what kind, and its bytes with the head."""

    kind: str
    size: int = 0


class Hand:
    """慢手 — seconds of a slow typist, and those that the pages let them wait."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def does(self, scripted: float) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds += scripted + time.perf_counter() - began

    def reads(self, words: str) -> None:
        self.seconds += A_WORD_READ * len(words)


class Wire:
    """慢网 — what goes over it while the phone has slow 3G."""

    def __init__(self, page: Page) -> None:
        self.came: list[Came] = []
        self._open: dict[str, Came] = {}
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.on("Network.requestWillBeSent", self._asked)
        self._cdp.on("Network.responseReceived", self._answered)
        self._cdp.on("Network.loadingFinished", self._ended)
        self._cdp.send("Network.enable")

    @contextmanager
    def slow(self) -> Iterator[None]:
        self.came.clear()
        self._emulate(LATENCY * 1000, RATE)
        yield
        self._emulate(0, -1)

    def forget(self) -> None:
        """What the phone has kept of the pages."""
        self._cdp.send("Network.clearBrowserCache")

    def first_paint(self) -> float:
        """Seconds, as if each request had waited for the one before it."""
        needed = [one.size for one in self.came if one.kind in FIRST]
        assert needed, "nothing came"
        return (TO_CONNECT + len(needed)) * LATENCY + sum(needed) / RATE

    def whole(self, sent: int) -> float:
        """Seconds until so many bytes were sent and everything had come that the phone had not."""
        came = [one for one in self.came if one.size]
        return (TO_CONNECT + len(came)) * LATENCY + (sent + self.size) / RATE

    @property
    def size(self) -> int:
        return sum(one.size for one in self.came)

    def _emulate(self, latency: float, rate: int) -> None:
        both = {"downloadThroughput": rate, "uploadThroughput": rate}
        told = {"offline": False, "latency": latency, **both}
        self._cdp.send("Network.emulateNetworkConditions", told)

    def _asked(self, told: dict[str, Any]) -> None:
        """Told of again under the same number when it is led on; that, too, went over the wire."""
        if before := told.get("redirectResponse"):
            self.came.append(Came(told["type"], int(before["encodedDataLength"])))

    def _answered(self, told: dict[str, Any]) -> None:
        self._open[told["requestId"]] = came = Came(told["type"])
        self.came.append(came)

    def _ended(self, told: dict[str, Any]) -> None:
        if came := self._open.pop(told["requestId"], None):
            came.size = int(told["encodedDataLength"])
