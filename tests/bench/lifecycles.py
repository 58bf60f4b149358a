"""Whole matters through the webhook, reported to rated: in an empty store, and after years."""

import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from operator import truediv
from typing import Any

from sqlalchemy import func, select

from app.house import open_database
from models.base import Database
from models.people import Identity
from models.ticket_flow import State
from models.tickets.table import Ticket
from tests.bench import years
from tests.bench.intake import CASES
from tests.bench.load import Window, connect
from tests.bench.pushes import request, signed_head, text_of
from tests.bench.results import cuts, result
from tests.bench.servers import serving
from tests.bench.town import Case, openid_of, settings_of, town
from tests.proof.platform import give_phones

SIZES = (0, 100_000)
RESIDENTS = 20_000  # each has one matter
PHONES = 16  # as many as the server has threads
WARMING_SECONDS = 4.0
TURNS = 9
SECONDS = 3.0
# The staff are few for so many matters: each says more in a minute than one person may.
UNLIMITED = {"LINLI_MESSAGES_PER_MINUTE": "1000000"}
REPORT, LAST = "report", "rate"
STARS = 5
SHOWN = 3  # answers that were wrong
OPENED = r"已受理 #(\d+)"
# What the owner and then the reporter say, and what they must read.
STEPS = {
    "accept": ("接单 {0}", "已接单 #{0}，"),
    "resolve": ("办结 {0} 已派人处理好了", "#{0} 已办结（已解决）"),
    LAST: (f"评价 {{0}} {STARS}", "#{0} 已归档。"),
}


def _nothing_pushed() -> dict[str, Window]:
    return {step: Window() for step in (REPORT, *STEPS)}


@dataclass
class _House:
    """One store of a size, and its web processes."""

    size: int
    port: int
    database: Database
    before: int  # the last ticket of the past
    numbers: Iterator[int] = field(default_factory=count)
    keys: Iterator[int] = field(default_factory=partial(count, 10**15))
    pushes: dict[str, Window] = field(default_factory=_nothing_pushed)
    rates: list[float] = field(default_factory=list)
    warmed: int = 0

    @property
    def rated(self) -> int:
        return len(self.pushes[LAST].waits)

    def warm(self, seconds: float) -> None:
        self.work(seconds)
        self.warmed = self.rated
        self.pushes = _nothing_pushed()
        self.rates.clear()

    def work(self, seconds: float) -> None:
        """Every phone begins another matter as soon as its last one has ended."""
        began, before = time.perf_counter(), self.rated
        with ThreadPoolExecutor(PHONES) as pool:
            for phone in [pool.submit(self._live, began + seconds) for _ in range(PHONES)]:
                phone.result()
        self.rates.append((self.rated - before) / (time.perf_counter() - began))

    def lost(self) -> int:
        """Matters whose last answer came, and that the store does not hold as rated."""
        is_ended = Ticket.state == State.ARCHIVED, Ticket.stars == STARS
        with self.database.reading() as session:
            kept = session.scalar(select(func.count()).where(Ticket.id > self.before, *is_ended))
        return self.warmed + self.rated - (kept or 0)

    def _live(self, until: float) -> None:
        phone = _Phone(self.port, self.keys, self.pushes)
        while time.perf_counter() < until and (number := next(self.numbers)) < RESIDENTS:
            try:
                self._matter(phone, number)
            except OSError as broken:  # it is silent for too long, or hangs up
                self.pushes[REPORT].wrong.append(repr(broken))
                phone.connect_anew()
        phone.line.connection.close()

    def _matter(self, phone: "_Phone", number: int) -> None:
        """To its end, or to the first answer that is not as it should be."""
        resident = openid_of(number)
        opened = phone.say(resident, text_of(number), REPORT, OPENED)
        if opened is None:
            return
        ticket = int(opened[1])
        owner = self._owner_of(ticket)
        for step, (words, read) in STEPS.items():
            speaker = resident if step == LAST else owner
            expected = re.escape(read.format(ticket))
            if phone.say(speaker, words.format(ticket), step, expected) is None:
                return

    def _owner_of(self, ticket_id: int) -> str:
        """Their phone would have told them; the time for it is part of the rate."""
        owner = select(Identity.openid).join(Ticket, Ticket.owner_id == Identity.person_id)
        with self.database.reading() as session:
            return session.scalars(owner.where(Ticket.id == ticket_id).limit(1)).one()


class _Phone:
    """A connection over which one push goes after the other."""

    def __init__(self, port: int, keys: Iterator[int], pushes: Mapping[str, Window]) -> None:
        self._port = port
        self._keys = keys
        self._pushes = pushes
        self._head = signed_head(port)
        self.line = connect(port)

    def connect_anew(self) -> None:
        self.line.connection.close()
        self.line = connect(self._port)

    def say(self, openid: str, text: str, step: str, expected: str) -> re.Match[str] | None:
        """What was looked for in the answer; None, and the answer kept, when it is not there."""
        push = request(self._head, text, next(self._keys), openid)
        self.line.send(push, time.perf_counter())
        answer = self.line.answer()
        waited = time.perf_counter() - self.line.since
        found = re.search(expected, answer)
        if found is None:
            self._pushes[step].wrong.append(f"{text}: {answer}")
        else:
            self._pushes[step].waits.append(waited)
        return found


def run(sizes: Sequence[int] = SIZES) -> Iterator[dict[str, Any]]:
    """One result a store and size; the stores of one kind take turns, so that the machine's mood
    is the same for each."""
    for case in CASES:
        with ExitStack() as stack:
            houses = [stack.enter_context(_house(case, size)) for size in sizes]
            for house in houses:
                house.warm(WARMING_SECONDS)
            for _ in range(TURNS):
                for house in houses:
                    house.work(SECONDS)
            for house in houses:
                yield _result(case, house, houses[0])


@contextmanager
def _house(case: Case, size: int) -> Iterator[_House]:
    with town(case, RESIDENTS) as environment, ExitStack() as stack:
        database = open_database(settings_of(environment))
        stack.callback(database.dispose)
        years.live_through(database, size, datetime.now(UTC))
        give_phones(database)
        with database.reading() as session:
            before = session.scalar(select(func.max(Ticket.id))) or 0
        port = stack.enter_context(serving(["app", "web"], environment | UNLIMITED))
        yield _House(size, port, database, before)


def _result(case: Case, house: _House, first: _House) -> dict[str, Any]:
    """Rate and ratio are of lifecycles, the waits of single pushes; the ratio is of turn to turn,
    because a mood lasts longer than one."""
    windows = house.pushes.values()
    rate = statistics.median(house.rates)
    wrong = [one for window in windows for one in window.wrong]
    return {
        **result(case, f"lifecycles_{house.size}", (), len(wrong) + house.lost(), house.rated),
        **cuts([wait for window in windows for wait in window.waits]),
        "ratio": round(statistics.median(map(truediv, house.rates, first.rates)), 3),
        "rate": round(rate, 1),
        "baseline_rate": round(statistics.median(first.rates), 1),
        "steps": {step: cuts(window.waits) for step, window in house.pushes.items()},
        "wrong": wrong[:SHOWN],
    }
