"""Systems that are not ours: keys that open doors, areas as bounds, matters that stay hidden."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outside_systems
from models.base import Database
from models.errors import NotAllowed, NotFound
from models.events import Event
from models.outside_systems import OutsideKey, OutsideSystem, Power, SystemUnfit
from models.posts import Role
from models.tickets.table import About, Ticket
from tests.factories import MORNING, area_named, building, demo_person, ticket, town

HOUR = timedelta(hours=1)


def registered(session: Session, where: str = "和顺街道", **more) -> tuple[OutsideSystem, str]:
    admin = demo_person(session, "admin")
    area_id = area_named(session, where).id
    powers = more.pop("powers", [Power.READ])
    return outside_systems.register(
        session, "城管平台", area_id, powers, by=admin, at=MORNING, **more
    )


def test_a_key_is_shown_once_kept_as_a_hash_and_opens_until_it_or_its_system_ends(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        admin = demo_person(session, "admin")
        system, first = registered(session)
        rows = session.scalars(select(OutsideKey)).all()
        assert not any(first in str(vars(one).values()) for one in rows)
        second = outside_systems.new_key(session, system.id, by=admin, at=MORNING)
        for key in (first, second):
            found = outside_systems.holder_of(session, key, MORNING)
            assert found is not None
            assert found.id == system.id
        assert outside_systems.holder_of(session, first[:-1], MORNING) is None
        assert outside_systems.holder_of(session, "", MORNING) is None
        outside_systems.end_key(session, system.id, rows[0].id, by=admin, at=MORNING)
        assert outside_systems.holder_of(session, first, MORNING) is None
        assert outside_systems.holder_of(session, second, MORNING) is not None
        outside_systems.end(session, system.id, by=admin, at=MORNING)
        assert outside_systems.holder_of(session, second, MORNING) is None
        assert not system.may(Power.READ)
        verbs = session.scalars(
            select(Event.verb).where(Event.subject_kind == "outside_system").order_by(Event.id)
        ).all()
        assert verbs == [
            "outside_system_registered",
            "outside_key_made",
            "outside_key_ended",
            "outside_system_ended",
        ]
        with pytest.raises(NotFound):
            outside_systems.new_key(session, system.id, by=admin, at=MORNING)


def test_the_use_of_a_key_is_noted_once_an_hour_and_never_by_who_only_reads(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        _, key = registered(session)
    moments = (MORNING, MORNING + HOUR / 2, MORNING + HOUR)
    noted = []
    for at in moments:
        with store.reading() as session:
            assert outside_systems.holder_of(session, key, at) is not None
        with store.writing() as session:
            outside_systems.holder_of(session, key, at)
        with store.writing() as session:
            outside_systems.note_use(session, key, at)
            noted.append(session.scalars(select(OutsideKey.last_used_at)).one())
    assert noted == [MORNING, MORNING, MORNING + HOUR]


def test_who_keeps_no_systems_registers_none_and_finds_none(store: Database) -> None:
    town(store)
    with store.writing() as session:
        system, _ = registered(session)
        for role in ("community_staff", "resident", "subdistrict_staff"):
            other = demo_person(session, role)
            with pytest.raises(NotAllowed):
                outside_systems.register(session, "平台", system.area_id, [], by=other, at=MORNING)
            with pytest.raises(NotFound):
                outside_systems.end(session, system.id, by=other, at=MORNING)
            assert outside_systems.kept_by(session, other, MORNING) == []
        admin = demo_person(session, "admin")
        assert outside_systems.kept_by(session, admin, MORNING) == [system]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("role", {"role": Role.ADMIN}),
        ("department", {"department": "nobody's"}),
        ("per_minute", {"per_minute": 0}),
    ],
)
def test_what_makes_no_system_is_refused_by_its_field(database: Database, field, given) -> None:
    town(database)
    with database.writing() as session:
        with pytest.raises(SystemUnfit) as refused:
            registered(session, **given)
        assert refused.value.context["field"] == field


def test_a_system_sees_its_area_and_nothing_about_those_whose_eyes_it_has(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        company, _ = registered(session, "幸福里小区", role=Role.PROPERTY_STAFF)
        department, _ = registered(session, "幸福社区")
        here, away = building(session, 3), building(session, 1, "阳光花园")
        plain = ticket(session, here)
        accusing = ticket(session, here, about=About.PROPERTY, category="property_service")
        elsewhere, nowhere = ticket(session, away), ticket(session, None)

        def seen(system: OutsideSystem) -> set[int]:
            mine = outside_systems.sees(session, system)
            return set(session.scalars(select(Ticket.id).where(mine)))

        assert seen(company) == {plain.id}
        assert {plain.id, accusing.id} <= seen(department)
        assert nowhere.id not in seen(department)
        assert elsewhere.id not in seen(company)
        assert outside_systems.acts_at(session, company, here.id)
        assert not outside_systems.acts_at(session, company, away.id)
        assert not outside_systems.acts_at(session, company, None)
        outside_systems.require(company, Power.READ)
        with pytest.raises(NotAllowed):
            outside_systems.require(company, Power.HOTLINE)
