"""Every page of the console over 100,000 tickets and 50,000 people; digests of 100 communities."""

import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from sqlalchemy import Select, func, select

from app.console.access import ADMIN, PAGES, Open, Page
from app.house import open_database
from app.wsgi import create_app
from config.settings import Settings
from jobs.digests import morning_digest
from jobs.reports import weekly_report
from models.base import Database
from models.digests.table import Digest
from models.hazards.table import Hazard
from models.notices.table import Notice
from models.people import Person
from models.posts import Post
from models.reports.table import Report
from models.tickets.table import Ticket
from tests.app.visitor import House, Visitor
from tests.bench import figures, filling
from tests.bench.town import Case, settings_of, town
from tests.statements import counted

TICKETS = 100_000
PEOPLE = 50_000
COMMUNITIES = 100
ASKED = 7
CASES = (Case("sqlite", "FULL"), Case("postgresql"))
# A part of an address → whose id stands there: the last there is.
IDS: Mapping[str, Select[Any]] = {
    "ticket_id": select(func.max(Ticket.id)),
    "person_id": select(func.max(Person.id)),
    "post_id": select(func.max(Post.id)),
    "digest_id": select(func.max(Digest.id)),
    "report_id": select(func.max(Report.id)),
}
# The page of one of them is asked for by a number.
NUMBERED = {
    "notice": Notice,
    "notice_poster": Notice,
    "hazard": Hazard,
}
# Words that stand in an address.
WORDS = {"section": "waiting", "name": "ticket_clock", "kind": "residents"}
# Pages of rows that nobody has brought: a slip of intake on behalf, a question to a post.
NOT_TIMED = frozenset({"slip", "supervision_new"})
# What a page is asked for beside its address.
QUERIES = {
    "figures_list": {"period": "year", "what": "opened"},
    **dict.fromkeys(("setting", "setting_version"), {"of": "schedule", "version": "0"}),
}


def run() -> Iterator[dict[str, Any]]:
    for case in CASES:
        with _filled(case) as (database, settings, now):
            yield from _pages(case, database, settings, now)
            filling.spread(database, COMMUNITIES, now)
            yield _digests(case, database, now + timedelta(days=1))


@contextmanager
def _filled(case: Case) -> Iterator[tuple[Database, Settings, datetime]]:
    with town(case, residents=PEOPLE) as environment:
        settings = settings_of(environment)
        database = open_database(settings)
        now = datetime.now(UTC)
        figures.fill(database, TICKETS, now)
        filling.leave_behind(database, now)
        morning_digest(database, now)
        weekly_report(database, now)
        yield database, settings, now
        database.dispose()


def _pages(
    case: Case, database: Database, settings: Settings, now: datetime
) -> Iterator[dict[str, Any]]:
    house = House(database, now, settings)
    names = {role: house.account(role) for role in ("subdistrict_staff", "admin")}
    house.app = create_app(settings, database)
    visitors = {role: _signed_in(house, role, name) for role, name in names.items()}
    for page, address in _addresses(database):
        role = "admin" if page.gate == ADMIN else "subdistrict_staff"
        yield _asked(case, database, page, visitors[role], address)


def _addresses(database: Database) -> Iterator[tuple[Page, str]]:
    """Of the pages whose rows are there; a file that somebody asked for is none."""
    with database.reading() as session:
        ids = {name: session.scalar(found) for name, found in IDS.items()}
        numbers = {
            name: session.scalar(select(func.max(table.id))) for name, table in NUMBERED.items()
        }
    for page in PAGES.values():
        known = {**ids, **WORDS, "number": numbers.get(page.name)}
        parts = re.findall(r"<(?:int:)?(\w+)>", page.rule)
        is_timed = page.name not in NOT_TIMED and not isinstance(page.gate, Open)
        if page.method == "GET" and is_timed and all(map(known.get, parts)):
            yield page, "/console" + re.sub(r"<(?:int:)?(\w+)>", r"{\1}", page.rule).format(**known)


def _asked(
    case: Case, database: Database, page: Page, visitor: Visitor, address: str
) -> dict[str, Any]:
    asked = QUERIES.get(page.name, {})
    waits, statements, errors = [], 0, 0
    for _ in range(ASKED):
        with counted(database) as said:
            began = time.perf_counter()
            answer = visitor.get(address, query_string=asked)
            waits.append((time.perf_counter() - began) * 1000)
        statements = len(said)
        errors += answer.status_code != HTTPStatus.OK
    return _line(case, f"page_{page.name}", waits, errors, TICKETS) | {"statements": statements}


def _digests(case: Case, database: Database, at: datetime) -> dict[str, Any]:
    began = time.perf_counter()
    morning_digest(database, at)
    waited = (time.perf_counter() - began) * 1000
    with database.reading() as session:
        told = select(func.count(Digest.community_id.distinct())).where(Digest.due_at == at)
        errors = session.scalar(told) != COMMUNITIES
    return _line(case, "digest_of_communities", [waited], errors, COMMUNITIES)


def _line(case: Case, name: str, waits: Sequence[float], errors: int, many: int) -> dict[str, Any]:
    return {
        "name": name,
        "store": case.store,
        "synchronous": case.synchronous,
        "ratio": None,
        "rate": None,
        "baseline_rate": None,
        "p50_ms": round(statistics.median(waits), 1),
        "p99_ms": round(max(waits), 1),
        "errors": int(errors),
        "n": many,
    }


def _signed_in(house: House, role: str, name: str) -> Visitor:
    visitor = Visitor(house)
    assert visitor.sign_in(name).status_code == HTTPStatus.FOUND
    if role == "admin":
        visitor.confirm()
    return visitor
