"""Every page of the console over 100,000 tickets, or so many, and 50,000 people."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from app.console.blueprint import load_pages
from app.logs import Numbers
from app.wsgi import make_pages
from tests.addresses import WHO, addresses, visitor
from tests.app.visitor import House, Visitor
from tests.bench import figures, filling
from tests.bench.results import result, stores
from tests.bench.town import Case
from tests.furnished import furnish
from tests.statements import counted

TICKETS = 100_000
PEOPLE = 50_000
ASKED = 7


def run(tickets: int = TICKETS) -> Iterator[dict[str, Any]]:
    load_pages()
    for case, settings, database in stores(PEOPLE):
        now = datetime.now(UTC)
        figures.fill(database, tickets, now)
        filling.leave_behind(database, now)
        house = House(database, now, settings)
        known = furnish(house)
        house.app = make_pages(settings, database, Numbers(0))
        for who in WHO:
            house.now = datetime.now(UTC)  # the second factor is of this minute
            desk = visitor(house, who)
            for name, address in addresses(who, known):
                yield _asked(case, desk, name, address, tickets)


def _asked(case: Case, desk: Visitor, name: str, address: str, tickets: int) -> dict[str, Any]:
    """`address` beside the name of the page: some have more than one."""
    waits = []
    for _ in range(ASKED):
        began = time.perf_counter()
        with counted(desk.house.database) as said, desk.get(address) as answer:
            waits.append((time.perf_counter() - began) * 1000)
        if answer.status_code != HTTPStatus.OK:
            raise LookupError(f"{address} answers {answer.status}")
    more = {"statements": len(said), "address": address}
    return result(case, f"page_{name}", waits, 0, tickets) | more
