"""Somebody entered by staff who also writes: asked about, made one with everything, or kept two."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import access_log, erasure, homes
from models.access_log import Looked
from models.base import Database
from models.errors import NotAllowed
from models.events import Event
from models.homes import Home
from models.outbox import OutboxMessage
from models.people import Person
from models.posts import Role
from models.roster import doubles, joining, persons, phones
from models.roster.doubles import Double, Pair
from models.speakers import speaker
from models.tickets.table import Ticket
from tests import factories
from tests.factories import MORNING, demo_person


def entered(session: Session, name: str | None, room: str, number: int = 3) -> Person:
    """As staff enter them: on the roll, unknown to any account."""
    person = factories.person(session, name or "")
    person.name = name
    factories.home(session, person.id, factories.building(session, number)).room = room
    session.flush()
    return person


def writing(session: Session, openid: str, room: str, number: int = 3) -> Person:
    one = speaker(session, "main", openid, MORNING)
    building = factories.building(session, number)
    homes.claim(session, one.person_id, building, room, MORNING, "main")
    return session.get_one(Person, one.person_id)


def asked(session: Session, *numbers: int) -> list[tuple[int, int]]:
    """The pairs that wait in the community, after a look at these buildings."""
    here = [factories.building(session, number).id for number in numbers]
    doubles.ask_of_buildings(session, here, MORNING)
    community = factories.area_named(session, "幸福社区").id
    return [pair.ids for pair in doubles.waiting(session, [community])]


def the_pair(session: Session) -> Pair:
    assert len(asked(session, 3)) == 1
    (pair,) = doubles.waiting(session, [factories.area_named(session, "幸福社区").id])
    return pair


def test_a_door_a_name_or_a_number_makes_two_alike(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        same_door = entered(session, "居民甲", "2-901")
        entered(session, "居民乙", "902")
        elsewhere = entered(session, "居民丙", "2-901", 5)
        one, named = writing(session, "o-new", "2-901"), writing(session, "o-named", "2-901")
        named.name = "居民丁"  # another name at the same door is somebody else of the household
        session.flush()
        assert asked(session, 3, 5) == [(same_door.id, one.id)]
        for person in (named, elsewhere):
            phones.keep(person, "13800000009")
        session.flush()
        doubles.ask_of_phone(session, named, MORNING)
        assert asked(session) == [(same_door.id, one.id), (elsewhere.id, named.id)]


def test_who_keeps_the_register_is_asked_once_and_without_names(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        entered(session, "居民甲", "2-901")
        one = writing(session, "o-new", "2-901")
        for _ in range(2):
            assert len(asked(session, 3)) == 1
        row = session.scalars(select(Double)).one()
        assert (row.writing_id, row.is_same) == (one.id, None)
        message = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template == "double_found")
        ).one()
        assert message.context == {"count": 1}
        keepers = [demo_person(session, "community_staff", count) for count in (1, 2)]
        assert message.person_id in keepers
        foreign = factories.area_named(session, "和平家园").id
        assert doubles.waiting(session, [foreign]) == []


def test_made_one_nothing_is_lost_and_erasing_reaches_both(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        one, old = writing(session, "o-new", "2-901"), entered(session, "居民甲", "2-901")
        phones.keep(old, "13800000009")
        by = demo_person(session, "community_staff")
        here = factories.building(session)
        ticket = factories.ticket(session, here, reporter=old.id).id
        access_log.record(session, by, old.id, Looked.CONTACT, MORNING)
        session.flush()
        pair = the_pair(session)
        before = session.scalar(select(func.max(Event.id)))
        stays = joining.join(session, pair, by=by, at=MORNING)
        assert (stays.id, stays.name, old.merged_into) == (one.id, "居民甲", one.id)
        assert session.get_one(Ticket, ticket).reporter_id == one.id
        assert speaker(session, "main", "o-new", MORNING).name == "居民甲"
        kept = session.scalars(select(Home).where(Home.person_id == one.id)).all()
        assert [home.state for home in homes.homes_of(session, one.id)] != []
        assert len(kept) == 2
        assert persons.with_phone(session, "13800000009") == stays
        seen = access_log.latest(session, access_log.Wanted(subject_id=one.id))
        assert [look.subject_id for look in seen] == [old.id]
        told = session.scalars(select(Event).where(Event.id > (before or 0))).one()
        assert (told.verb, told.actor_id, told.detail) == ("person_merged", by, {"merged": old.id})
        assert asked(session, 3) == []
        erasure.erase(session, stays.id, MORNING)
        session.expire_all()
        for person_id in (one.id, old.id):
            gone = session.get_one(Person, person_id)
            assert (gone.name, gone.phone_hash, gone.own_key) == (None, None, None)


def test_told_apart_they_are_never_asked_about_again(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        old, one = entered(session, "居民甲", "2-901"), writing(session, "o-new", "2-901")
        by, pair = demo_person(session, "community_staff"), the_pair(session)
        assert pair.ids == (old.id, one.id)
        joining.tell_apart(session, pair, by=by, at=MORNING)
        assert asked(session, 3) == []
        assert session.scalars(select(Double.is_same)).all() == [False]
        assert session.scalars(select(OutboxMessage.template)).all().count("double_found") == 1


def test_nobody_brings_a_post_by_it_to_whom_they_may_not_give_it(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        old, one = entered(session, "居民甲", "2-901"), writing(session, "o-new", "2-901")
        community = factories.area_named(session, "幸福社区")
        staff, street = (
            demo_person(session, role) for role in ("community_staff", "subdistrict_staff")
        )
        outsider = demo_person(session, "community_staff", 3)
        pair = the_pair(session)
        for by in (outsider, one.id, demo_person(session, "grid_leader")):
            with pytest.raises(NotAllowed):
                joining.join(session, pair, by=by, at=MORNING)
        factories.post(session, Role.COMMUNITY_STAFF, community, old.id)
        assert not joining.may_answer(session, pair, staff, MORNING)
        assert joining.join(session, pair, by=street, at=MORNING).id == old.id
