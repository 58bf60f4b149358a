"""Complaints of distinct residents about distinct places, pushed until they are answered."""

import queue
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import requests

from tests.bench.town import TOKEN, openid_of
from tests.wechat.sender import Sender, text_push

AGAIN_SECONDS = 0.02
TRY_SECONDS = 5.0  # as long as the platform waits
GIVE_UP_SECONDS = 60
SHARE_REPEATED = 0.3  # of the answered: the platform may bring any message again
_MATTERS = ("门口堆了垃圾没人清", "门口的楼道灯坏了", "门口墙上漏水", "门口有人停电动车充电")


@dataclass
class Complaint:
    """诉求 — one resident's message, and every answer its deliveries got."""

    number: int
    answers: list[str] = field(default_factory=list)

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


class Pushers:
    """Threads that push one complaint each at a time, until told to stop."""

    def __init__(self, port: int, most: int, threads: int, seed: int) -> None:
        self.pushed: list[Complaint] = []
        self.answered = threading.Semaphore(0)
        self._address = f"http://127.0.0.1:{port}/wechat/main"
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
                self._push(complaint)
                self.answered.release()
                if chance.random() < SHARE_REPEATED:
                    self._push(complaint)
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

    def _push(self, complaint: Complaint) -> None:
        body = text_push(complaint.text, complaint.key, complaint.openid, int(time.time()))
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while (answer := self._answer(body)) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody answered for {GIVE_UP_SECONDS} s")
            time.sleep(AGAIN_SECONDS)
        complaint.answers.append(answer)

    def _answer(self, body: str) -> str | None:
        # A connection of its own each time: the server behind the last one may be dead.
        with requests.Session() as session:
            sender = Sender(self._address, token=TOKEN, session=session)
            query = sender.query(int(time.time()))
            try:
                response = session.post(
                    self._address, params=query, data=body.encode(), timeout=TRY_SECONDS
                )
            except requests.RequestException:
                return None
            return sender.said(response) if response.status_code == 200 else None
