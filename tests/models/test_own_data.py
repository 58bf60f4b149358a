"""The copy a person takes away: everything of theirs, nothing of anybody else's."""

import json

from models import own_data
from models.base import Database
from models.places import Area
from models.tickets import refining
from models.tickets.table import Ticket
from tests import factories
from tests.chat import Town

SAID = "3号楼三楼楼道有人拉飞线给电瓶车充电"
THEIRS = "邻居家的狗半夜叫个不停"


def test_the_copy_holds_what_was_said_and_is_kept_and_no_word_of_a_neighbour(
    store: Database,
) -> None:
    factories.town(store)
    town = Town(store, factories.MORNING)
    resident, neighbour = town.person("demo-resident-1"), town.person("demo-resident-2")
    resident.say(SAID)
    neighbour.say(THEIRS)
    with store.writing() as session:
        ticket = session.get_one(Ticket, 1)
        who = resident.person_id
        refining.add_note(session, ticket, "今晚还在充", by=who, at=town.now, for_reporter=False)
    with store.reading() as session:
        kept = own_data.copy_of(session, resident.person_id)
        home = session.get_one(Area, factories.building(session).id).name
    whole = json.dumps(kept, ensure_ascii=False)
    assert kept["tickets"][0]["text"] == SAID and kept["notes"][0]["text"] == "今晚还在充"
    assert home in kept["homes"][0]["place"]
    assert kept["identities"][0]["openid"] == "demo-resident-1"
    assert THEIRS not in whole and "demo-resident-2" not in whole


def test_every_section_is_there_for_somebody_of_whom_nothing_is_kept(database: Database) -> None:
    factories.town(database)
    with database.reading() as session:
        kept = own_data.copy_of(session, 999_999)
    assert set(kept) == {*own_data.OF_PERSON, *own_data.OF_IDENTITY}
    assert not any(kept.values())
