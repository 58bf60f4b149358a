"""Every page of the console that is got: who opens it and under which addresses."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any
from urllib.parse import urlencode

from app.console.access import PAGES, Open, Page
from app.console.editable import OFFERED
from tests.app.visitor import House, Visitor
from tests.furnished import STREET

ADMIN, NOBODY, HALF = "admin", "nobody", "admin before the second factor"
WHO = (STREET, ADMIN, HALF, NOBODY)
OPEN = {"sign_in": NOBODY, "invited": NOBODY, "second_factor": HALF}
LEFT_OUT = {"scan": "shows a code that WeChat makes: tests/app/test_sign_in_scan.py has one"}
ITEMS = {"wording": "wording/ticket_received"}  # a subject of many documents: one of them
PART = re.compile(r"<(?:int:)?(\w+)>")


def addresses(who: str, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and address; KeyError for a row that nobody has put there."""
    for page in PAGES.values():
        if page.method == "GET" and page.name not in LEFT_OUT and _opens(page, who):
            for path, query in product(_paths(page, known), _queries(page.name, known)):
                yield page.name, path + ("?" + urlencode(query) if query else "")


def visitor(house: House, who: str) -> Visitor:
    if who == NOBODY:
        return house.visitor()
    found = house.signed_in(ADMIN if who == HALF else who)
    if who == ADMIN:
        found.confirm()
    return found


def _opens(page: Page, who: str) -> bool:
    """Whoever keeps the accounts reads no resident's matter and has brought no sheet: of what
    both may open they have the pages that are of no single row."""
    if isinstance(page.gate, Open):
        return OPEN[page.name] == who
    if who == ADMIN and STREET in page.gate and PART.search(page.rule):
        return False
    return who in page.gate


def _paths(page: Page, known: Mapping[str, Any]) -> Iterator[str]:
    """More than one where there are several rows, each of which has the most to ask for."""
    place = page.rule.split("/")[1]
    rows = (known[f"{place}/{part}"] for part in PART.findall(page.rule))
    rule = PART.sub("{}", page.rule)
    for values in product(*(one if isinstance(one, list) else [one] for one in rows)):
        yield "/console" + rule.format(*values)


def _queries(name: str, known: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    ticket, *_ = known["tickets/ticket_id"]
    documents = [ITEMS.get(one, one) for one in OFFERED]
    asked = {
        "figures_list": [{"period": "year", "what": "opened"}],
        "supervision_new": [{"ids": ticket}],
        "project_new": [{"ticket": ticket}],
        "legacy_new": [{"ticket": ticket}],
        "setting": [{"of": one} for one in documents],
        "setting_version": [{"of": one, "version": 0} for one in documents],
    }
    return asked.get(name, [{}])
