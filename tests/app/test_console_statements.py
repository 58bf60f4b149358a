"""What the pages of the console ask of the store: each one little, however much there is."""

import re
from collections.abc import Iterator, Mapping
from random import Random

import pytest
from sqlalchemy import Select, func, select

from app.console.access import ADMIN, PAGES, Open, Page
from jobs.digests import morning_digest
from jobs.reports import weekly_report
from models.digests.table import Digest
from models.metrics import rollups
from models.people import Person
from models.posts import Post
from models.reports.table import Report
from models.tickets.table import Ticket
from tests.app.visitor import House
from tests.factories import MORNING
from tests.matters import scatter
from tests.statements import counted

SEED = 20260303
MANY = 120
MOST = 12
# A part of an address → whose number stands there: the last there is.
NUMBERS: Mapping[str, Select[tuple[int | None]]] = {
    "ticket_id": select(func.max(Ticket.id)),
    "person_id": select(func.max(Person.id)),
    "post_id": select(func.max(Post.id)),
    "digest_id": select(func.max(Digest.id)),
    "report_id": select(func.max(Report.id)),
}
WORDS = {"section": "overdue", "name": "ticket_clock", "kind": "residents"}


@pytest.fixture
def filled(house: House) -> House:
    with house.database.writing() as session:
        scatter(session, Random(SEED), MANY, MORNING)
        rollups.roll_up(session, MORNING, MANY // 4)
    morning_digest(house.database, house.now)
    weekly_report(house.database, house.now)
    return house


def pages(role: str) -> Iterator[Page]:
    for page in PAGES.values():
        opens = "admin" if page.gate == ADMIN else "subdistrict_staff"
        if page.method == "GET" and not isinstance(page.gate, Open) and opens == role:
            yield page


def addresses(house: House, role: str) -> Iterator[tuple[str, str]]:
    """Those whose rows are there; pages of one row of another subject have tests of their own."""
    with house.database.reading() as session:
        known = {name: session.scalar(found) for name, found in NUMBERS.items()} | WORDS
    for page in pages(role):
        if set(re.findall(r"<(?:int:)?(\w+)>", page.rule)) <= set(known):
            rule = page.rule.replace("<int:", "{").replace("<", "{").replace(">", "}")
            yield page.name, "/console" + rule.format(**known)


@pytest.mark.parametrize("role", ["subdistrict_staff", "admin"])
def test_every_page_asks_the_store_little(filled: House, role: str) -> None:
    visitor = filled.signed_in(role)
    if role == "admin":
        visitor.confirm()
    asked: dict[str, int] = {}
    for name, address in addresses(filled, role):
        visitor.get(address)  # what rarely changes is in memory now
        with counted(filled.database) as said:
            visitor.get(address)
        asked[name] = len(said)
    table = "\n".join(f"{many:3} {name}" for name, many in asked.items())
    assert asked
    assert max(asked.values()) <= MOST, table
