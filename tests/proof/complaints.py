"""Complaints of distinct residents about distinct places, pushed until they are answered."""

import queue
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode
from xml.etree import ElementTree

from tests.bench.town import TOKEN, openid_of
from tests.wechat.sender import Sender, text_push

AGAIN_SECONDS = 0.02
TRY_SECONDS = 5.0  # as long as the platform waits
GIVE_UP_SECONDS = 60
OK = 200
SHARE_REPEATED = 0.3  # of the answered: the platform may bring any message again
SHARE_AT_ONCE = 0.1  # of the messages that are brought twice at the same moment
SHARE_HUNG_UP = 0.1  # of the messages whose first answer the platform does not wait for
_MATTERS = ("门口堆了垃圾没人清", "门口的楼道灯坏了", "门口墙上漏水", "门口有人停电动车充电")


@dataclass
class Complaint:
    """诉求 — one resident's message, and every answer its deliveries got."""

    number: int
    answers: list[str] = field(default_factory=list)
    sent_at: int = field(default_factory=lambda: int(time.time()))

    @property
    def openid(self) -> str:
        return openid_of(self.number)

    @property
    def key(self) -> str:
        return str(10**15 + self.number)

    @property
    def text(self) -> str:
        unit, floor, room = self.number % 4 + 1, self.number // 4 % 30 + 1, self.number // 120 + 1
        return f"{unit}单元{floor}层{floor}{room:02d}室{_MATTERS[self.number % len(_MATTERS)]}"


@contextmanager
def lines(port: int, number: int) -> Iterator[list[HTTPConnection]]:
    """So many connections, each for one delivery at a time."""
    with ExitStack() as stack:
        opened = [HTTPConnection("127.0.0.1", port, timeout=TRY_SECONDS) for _ in range(number)]
        for one in opened:
            stack.callback(one.close)
        yield opened


def deliver(opened: Sequence[HTTPConnection], complaint: Complaint) -> None:
    """At once over each of these; what gets no answer is brought again, as the platform does."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    left = list(opened)
    while left:
        reached = [line for line in left if _send(line, complaint)]
        answers = {line: _answer(line) for line in reached}
        complaint.answers += [one for one in answers.values() if one is not None]
        left = [line for line in left if answers.get(line) is None]
        if left:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody answered for {GIVE_UP_SECONDS} s")
            time.sleep(AGAIN_SECONDS)


def hang_up(line: HTTPConnection, complaint: Complaint) -> None:
    """Brings it, and does not wait for what comes of it."""
    _send(line, complaint)
    line.close()


def try_once(line: HTTPConnection, complaint: Complaint) -> int:
    """The status of one delivery that nobody repeats; 0 when there was no answer."""
    status, said = _response(line) if _send(line, complaint) else (0, "")
    if status == OK:
        complaint.answers.append(_content(said))
    return status


def _send(line: HTTPConnection, complaint: Complaint) -> bool:
    query = urlencode(Sender("", token=TOKEN).query(int(time.time())))
    body = text_push(complaint.text, complaint.key, complaint.openid, complaint.sent_at)
    with suppress(OSError, HTTPException):
        line.request("POST", f"/wechat/main?{query}", body.encode(), {"Content-Type": "text/xml"})
        return True
    line.close()
    return False


def _answer(line: HTTPConnection) -> str | None:
    status, said = _response(line)
    return _content(said) if status == OK else None


def _response(line: HTTPConnection) -> tuple[int, str]:
    try:
        response = line.getresponse()
        return response.status, response.read().decode()
    except (OSError, HTTPException):
        line.close()
        return 0, ""


def _content(said: str) -> str:
    """The words of the reply, or `success`."""
    return ElementTree.fromstring(said).findtext("Content") or "" if said[:1] == "<" else said


class Pushers:
    """Threads that push one complaint each at a time, until told to stop."""

    def __init__(self, port: int, most: int, threads: int, seed: int) -> None:
        self.pushed: list[Complaint] = []
        self.answered = threading.Semaphore(0)
        self._port = port
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(most):
            self._waiting.put(number)
        self._stop = threading.Event()
        self._faults: list[Exception] = []
        self._threads = [
            threading.Thread(target=self._work, args=(random.Random(f"{seed}:{number}"),))
            for number in range(threads)
        ]

    def __enter__(self) -> "Pushers":
        for thread in self._threads:
            thread.start()
        return self

    def finish(self) -> None:
        """No new complaints; what is on its way is still pushed until it is answered."""
        self._stop.set()

    @property
    def are_busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def __exit__(self, *_: object) -> None:
        self.finish()
        for thread in self._threads:
            thread.join()
        if self._faults:
            raise self._faults[0]

    def _work(self, chance: random.Random) -> None:
        try:
            for complaint in self._complaints():
                self._push(complaint, chance)
                self.answered.release()
                if chance.random() < SHARE_REPEATED:
                    self._push(complaint, chance)
        except Exception as fault:
            self._faults.append(fault)

    def _complaints(self) -> Iterator[Complaint]:
        while not self._stop.is_set():
            try:
                complaint = Complaint(self._waiting.get_nowait())
            except queue.Empty:
                return
            self.pushed.append(complaint)
            yield complaint

    def _push(self, complaint: Complaint, chance: random.Random) -> None:
        # Connections of its own each time: the server behind the last one may be dead.
        with lines(self._port, 2 if chance.random() < SHARE_AT_ONCE else 1) as opened:
            if chance.random() < SHARE_HUNG_UP:
                hang_up(opened[0], complaint)
            deliver(opened, complaint)
