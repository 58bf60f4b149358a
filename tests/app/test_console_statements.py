"""What the pages of the console ask of the store: each one little, however much there is."""

from http import HTTPStatus
from pathlib import Path
from pprint import pformat
from random import Random

from app.console.access import PAGES
from config.settings import Settings
from models.base import Database
from models.metrics import rollups
from tests import factories
from tests.addresses import LEFT_OUT, WHO, addresses, visitor
from tests.app.visitor import House, Visitor
from tests.factories import MORNING
from tests.furnished import furnish
from tests.matters import scatter
from tests.statements import counted

SEED = 20260303
MANY = 120
MOST = 12
BOUNDS = ("SAVEPOINT", "RELEASE", "ROLLBACK")  # of a transaction; no question to the store


def test_every_page_answers_and_asks_the_store_little(database: Database, tmp_path: Path) -> None:
    factories.town(database)
    with database.writing() as session:
        scatter(session, Random(SEED), MANY, MORNING)
        rollups.roll_up(session, MORNING, MANY // 4)
    house = House(database, settings=Settings(secret_key="for-tests", data_dir=tmp_path))
    known = furnish(house)
    wrong: dict[str, tuple[int, int]] = {}
    seen = set()
    for who in WHO:
        desk = visitor(house, who)
        for name, address in addresses(who, known):
            seen.add(name)
            found = _asked(desk, address)
            if found[1] > MOST:  # until what rarely changes is in memory
                found = _asked(desk, address)
            if found[0] != HTTPStatus.OK or found[1] > MOST:
                wrong[f"{who} {address}"] = found
    assert wrong == {}, pformat(wrong)
    assert seen | set(LEFT_OUT) == {one.name for one in PAGES.values() if one.method == "GET"}


def _asked(desk: Visitor, address: str) -> tuple[int, int]:
    """The status of the answer, and with how many statements it was made."""
    with counted(desk.house.database) as said, desk.get(address) as answer:
        answered = answer.status_code
    return answered, sum(not one.startswith(BOUNDS) for one in said)
