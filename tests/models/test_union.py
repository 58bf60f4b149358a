"""One human being on two accounts becomes one person, on both stores."""

import tempfile
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from models import erasure, homes, registry, union
from models.base import Base, Database
from models.events import Event
from models.homes import Home
from models.people import Identity, Person
from models.speakers import speaker
from models.tickets.table import Supporter, Ticket
from tests import factories
from tests.factories import MORNING


def known(session, account: str, openid: str, at: datetime = MORNING):
    return speaker(session, account, openid, at)


def test_the_first_union_id_is_kept_with_the_person(store: Database) -> None:
    with store.writing() as session:
        one = known(session, "main", "o-1")
        assert union.learn(session, one.identity_id, "u-1", MORNING) == one.person_id
        assert session.get_one(Person, one.person_id).union_id == "u-1"
        assert union.to_look_up(session, 10) == []


def test_two_accounts_of_one_person_become_one_with_everything(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        building = factories.building(session)
        first = known(session, "main", "o-1")
        second = known(session, "second", "o-2")
        homes.claim(session, second.person_id, building, "501", MORNING, "second")
        building_id = building.id
        ticket = factories.ticket(session, building)
        ticket.reporter_id = second.person_id
        session.flush()
        ticket_id = ticket.id
        union.learn(session, first.identity_id, "u-1", MORNING)
        assert union.learn(session, second.identity_id, "u-1", MORNING) == first.person_id
    with store.writing() as session:
        again = known(session, "second", "o-2")
        assert again.person_id == first.person_id
        assert again.home_id == building_id
        assert session.get_one(Ticket, ticket_id).reporter_id == first.person_id
        gone = session.get_one(Person, second.person_id)
        assert (gone.merged_into, gone.union_id) == (first.person_id, None)
        assert (
            session.scalar(
                select(func.count()).select_from(Event).where(Event.verb == "person_merged")
            )
            == 1
        )


def test_who_stays_keeps_their_home(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        building = factories.building(session)
        first, second = known(session, "main", "o-1"), known(session, "second", "o-2")
        for one in (first, second):
            homes.claim(session, one.person_id, building, None, MORNING, "main")
        union.learn(session, first.identity_id, "u-1", MORNING)
        union.learn(session, second.identity_id, "u-1", MORNING)
        current = session.scalars(
            select(Home).where(Home.person_id == first.person_id, Home.state == "claimed")
        ).all()
        assert len(current) == 1


def test_every_home_of_both_goes_over_once(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        here, there = factories.building(session, 3), factories.building(session, 1)
        first, second = known(session, "main", "o-1"), known(session, "second", "o-2")
        for one, where in ((first, here), (second, there), (second, here)):
            homes.claim(session, one.person_id, where, "501", MORNING, "main")
        union.learn(session, first.identity_id, "u-1", MORNING)
        union.learn(session, second.identity_id, "u-1", MORNING)
        kept = homes.homes_of(session, first.person_id)
        assert [(one.area_id, one.is_usual) for one in kept] == [(here.id, True), (there.id, False)]
        assert known(session, "second", "o-2").has_homes_beside


def test_what_both_had_joined_is_there_once(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        ticket = factories.ticket(session, factories.building(session))
        people = [known(session, "main", "o-1"), known(session, "second", "o-2")]
        for one in people:
            session.add(Supporter(ticket_id=ticket.id, person_id=one.person_id, joined_at=MORNING))
        session.flush()
        for one in people:
            union.learn(session, one.identity_id, "u-1", MORNING)
        joined = session.scalars(
            select(Supporter.person_id).where(Supporter.ticket_id == ticket.id)
        ).all()
        assert joined == [people[0].person_id]


def test_erasing_the_one_destroys_the_keys_of_all_they_were(store: Database) -> None:
    with store.writing() as session:
        first, second = known(session, "main", "o-1"), known(session, "second", "o-2")
        for one in (first, second):
            union.learn(session, one.identity_id, "u-1", MORNING)
        erasure.erase(session, first.person_id, MORNING)
        for one in (first, second):
            assert session.get_one(Person, one.person_id).own_key is None


@pytest.mark.parametrize("answer", [None, ""])
def test_an_account_without_union_ids_is_asked_once(database: Database, answer: str | None) -> None:
    with database.writing() as session:
        one = known(session, "main", "o-1")
        assert union.learn(session, one.identity_id, answer, MORNING) == one.person_id
        assert union.to_look_up(session, 10) == []


@settings(max_examples=12, deadline=None)
@given(order=st.permutations(range(4)))
def test_whatever_the_order_of_learning_all_end_as_one(order: list[int]) -> None:
    registry.load_tables()
    with tempfile.TemporaryDirectory() as folder:
        store = Database(f"sqlite:///{folder}/linli.db", synchronous="NORMAL")
        Base.metadata.create_all(store.writer)
        with store.writing() as session:
            people = [known(session, f"account-{one}", f"o-{one}") for one in range(4)]
            for one in order:
                at = MORNING + timedelta(minutes=one)
                union.learn(session, people[one].identity_id, "u-1", at)
            owners = set(session.scalars(select(Identity.person_id)))
            assert len(owners) == 1
        store.dispose()
