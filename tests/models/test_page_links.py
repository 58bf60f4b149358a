"""The chat's way into the pages: who asked for it, once, for ten minutes, and nobody erased."""

import re
from datetime import timedelta

from models import erasure, page_links
from models.base import Database
from models.people import Identity
from tests import factories
from tests.chat import Town

LINK = re.compile(r"/p/my/in/([\w-]+)")


def test_a_link_from_the_chat_lets_its_person_in_once_and_not_for_long(store: Database) -> None:
    factories.town(store)
    town = Town(store, factories.MORNING)
    resident = town.person("demo-resident-1")

    def link() -> str:
        found = LINK.search(resident.say("网页"))
        assert found is not None
        return found[1]

    def let_in(token: str, **later: float) -> int | None:
        with store.writing() as session:
            at = town.now + timedelta(**later)
            is_open = page_links.is_open(session, token, at)
            found = page_links.take(session, token, at)
            assert is_open == (found is not None)
            return session.get_one(Identity, found).person_id if found else None

    first, second = link(), link()
    assert let_in(first) is None, "the second address took its place"
    assert let_in(second + "x") is None
    assert let_in(second, minutes=9) == resident.person_id
    assert let_in(second, minutes=9) is None, "used"
    assert let_in(link(), minutes=11) is None
    last = link()
    with store.writing() as session:
        erasure.erase(session, resident.person_id, town.now)
    assert let_in(last) is None
