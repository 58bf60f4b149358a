"""What a block has looked up is remembered until it may be another; so is what it has locked."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from models import protection
from models.base import Database
from models.claims import claim, get_claimed
from models.errors import NotAllowed
from models.people import Identity, Person
from models.remembering import Memory
from models.ticket_flow import Action
from models.tickets import concerned
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Answer, Assignment, Ticket
from tests.factories import MORNING, building, demo_person, person, ticket, town
from tests.statements import counted

PEOPLE = Memory("persons")


@pytest.fixture
def reads() -> list[int]:
    return []


def look(session: Session, reads: list[int]) -> int:
    return PEOPLE.look(session, "number", lambda: reads.append(1) or len(reads))


def test_it_is_looked_up_once_a_block(store: Database, reads: list[int]) -> None:
    for number in (1, 2):
        with store.writing() as session:
            assert [look(session, reads) for _ in range(2)] == [number, number]


def test_a_change_of_its_table_ends_it_and_one_of_another_does_not(
    store: Database, reads: list[int]
) -> None:
    with store.writing() as session:
        somebody = person(session, "居民A")
        assert look(session, reads) == 1
        known = {"account": "main", "openid": "o-1", "created_at": MORNING}
        session.add(Identity(person_id=somebody.id, **known))
        session.flush()
        assert look(session, reads) == 1
        somebody.name = "居民C"
        session.flush()
        assert look(session, reads) == 2
        session.execute(update(Person).values(name="居民B"))
        assert look(session, reads) == 3
        nested = session.begin_nested()
        person(session, "居民D")
        assert look(session, reads) == 4
        nested.rollback()
        assert look(session, reads) == 5


def test_it_is_looked_up_anew_after_a_wait_for_a_row(
    postgresql: Database, reads: list[int]
) -> None:
    with postgresql.writing() as session:
        number = person(session, "居民A").id
    with postgresql.writing() as session:
        look(session, reads)
        session.scalars(select(Person).where(Person.id == number)).one()
        assert look(session, reads) == 1
        claim(session, session.get_one(Person, number))
        assert look(session, reads) == 2


def test_a_row_is_locked_once_and_free_again_with_the_savepoint(postgresql: Database) -> None:
    with postgresql.writing() as session:
        number = person(session, "居民A").id
    with postgresql.writing() as session:
        nested = session.begin_nested()
        with counted(postgresql) as said:
            found = get_claimed(session, Person, number)
            claim(session, found)
        assert len([one for one in said if "FOR UPDATE" in one]) == 1
        nested.rollback()
        with postgresql.writing() as other:  # waits for nobody
            other.execute(text("SET LOCAL lock_timeout = '2s'"))
            other.execute(update(Person).where(Person.id == number).values(name="居民B"))
        claim(session, found)
        assert found is not None and found.name == "居民B"


def test_what_a_block_has_read_is_read_anew_when_it_is_locked(postgresql: Database) -> None:
    """Two heads take a task at once: the second must not act on what it was before the first."""
    with postgresql.writing() as session:
        number = person(session, "居民A").id
    with postgresql.writing() as session:
        held = session.get_one(Person, number)
        held.phone_hash = "h"
        with postgresql.writing() as other:
            other.execute(update(Person).where(Person.id == number).values(name="居民B"))
        assert get_claimed(session, Person, number) is held
        assert (held.name, held.phone_hash) == ("居民B", "h")


def test_who_may_not_see_a_ticket_locks_nobody_out(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session))
        stranger = person(session, "居民Z").id
    with store.writing() as session, pytest.raises(NotAllowed), session.begin_nested():
        protection.seen(session, one.id, stranger, MORNING, to_act=True)
    with store.writing() as session:
        apply(session, session.get_one(Ticket, one.id), Action.ACCEPT, by=_owner(one), at=MORNING)


def _owner(one: Ticket) -> Actor:
    return Actor(one.owner_id)


def test_a_step_sees_who_was_asked_as_the_store_holds_it(store: Database) -> None:
    """An assignment is kept with every column, or an undo would lose what it leaves out."""
    assert concerned.Asked._fields == tuple(column.name for column in Assignment.__table__.c)
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session))
        assert [each.answer for each in concerned.asked(session, one.id)][0] == Answer.ASKED
        apply(session, one, Action.ACCEPT, by=_owner(one), at=MORNING)
        held = session.execute(
            select(*Assignment.__table__.c)
            .where(Assignment.ticket_id == one.id)
            .order_by(Assignment.id)
        )
        assert [tuple(each) for each in concerned.asked(session, one.id)] == [*map(tuple, held)]
        assert not concerned.is_supporter(session, one.id, demo_person(session, "resident", 2))


def test_a_step_asks_but_once_before_and_once_after_whom_it_concerns(store: Database) -> None:
    town(store)
    with store.writing() as session:
        number = ticket(session, building(session)).id
    with store.writing() as session, counted(store) as said:
        one = get_claimed(session, Ticket, number)
        assert one is not None
        protection.seen(session, number, one.owner_id or 0, MORNING, to_act=True)
        apply(session, one, Action.ACCEPT, by=_owner(one), at=MORNING)
    asked = [each for each in said if "FROM assignments" in each and "DESC" not in each]
    assert len(asked) <= 2
    assert len([each for each in said if "FROM supporters" in each]) == 1
    assert len([each for each in said if each.startswith("UPDATE tickets")]) == 1
