"""What is learned after a matter was opened: its place, its class, and who is asked then."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models.base import Database
from models.errors import AlreadyDone, NotAllowed, TooLate
from models.events import Event
from models.outbox import OutboxMessage
from models.posts import Post, Role
from models.ticket_flow import Action, State
from models.tickets import refining
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import ACTIVE, About, Assignment, Part, Ticket
from tests.factories import MORNING, building, demo_person, ticket, town

MINUTE = timedelta(minutes=1)


def asked(session: Session, one: Ticket, part: Part) -> list[int]:
    return list(
        session.scalars(
            select(Assignment.person_id)
            .where(
                Assignment.ticket_id == one.id,
                Assignment.part == part,
                Assignment.answer.in_(ACTIVE),
            )
            .order_by(Assignment.id)
        )
    )


def told(session: Session, one: Ticket, template: str) -> list[int | None]:
    return list(
        session.scalars(
            select(OutboxMessage.person_id).where(
                OutboxMessage.ticket_id == one.id, OutboxMessage.template == template
            )
        )
    )


def test_once_the_place_is_known_the_post_that_serves_it_is_asked(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, None)
        assert one.owner_id == demo_person(session, "duty_desk")
        refining.place(session, one, building(session), by=one.reporter_id, at=MORNING + MINUTE)
        assert one.owner_id == demo_person(session, "grid_worker")
        assert asked(session, one, Part.HELPER) == [demo_person(session, "building_head")]
        assert (one.place_name, one.state) == ("幸福里小区3号楼", State.DISPATCHED)
        assert told(session, one, "task_new")[-1] == one.owner_id


def test_another_building_of_the_same_grid_has_another_head_asked(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session, 3))
        owner = one.owner_id
        refining.place(session, one, building(session, 1), by=one.reporter_id, at=MORNING + MINUTE)
        assert one.owner_id == owner
        head = demo_person(session, "building_head", 2)
        assert asked(session, one, Part.HELPER) == [head]
        assert told(session, one, "task_new") == [owner]
        assert told(session, one, "task_help")[-1] == head


def test_the_same_place_again_asks_nobody_anew(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session, 3))
        before = len(
            session.scalars(select(Event.id).where(Event.verb == "ticket_dispatched")).all()
        )
        refining.place(session, one, building(session, 3), by=one.reporter_id, at=MORNING + MINUTE)
        after = len(
            session.scalars(select(Event.id).where(Event.verb == "ticket_dispatched")).all()
        )
        assert after == before


def test_an_emergency_alerts_everybody_as_soon_as_its_place_is_known(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(
            session, None, category="fire_safety", urgency=Urgency.EMERGENCY, emergency="fire"
        )
        refining.place(session, one, building(session), by=one.reporter_id, at=MORNING + MINUTE)
        alerted = asked(session, one, Part.ALERTED)
        roles = set(session.scalars(select(Post.role).where(Post.person_id.in_(alerted))))
        assert roles >= {Role.PROPERTY_STAFF, Role.COMMUNITY_STAFF, Role.DEPARTMENT_LIAISON}
        assert set(told(session, one, "emergency_alert")) >= set(alerted)
        assert told(session, one, "emergency_task")[-1] == one.owner_id


def test_a_matter_that_was_taken_stays_where_it_is_when_its_class_changes(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        owner = one.owner_id
        apply(session, one, Action.ACCEPT, by=Actor(owner), at=MORNING + MINUTE)
        at = MORNING + 2 * MINUTE
        refining.reclassify(session, one, "property_fee", None, by=one.reporter_id, at=at)
        assert (one.owner_id, one.state) == (owner, State.ACCEPTED)


def test_a_new_place_brings_no_complaint_to_those_it_is_about(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, None, about=About.BUILDING_HEAD)
        refining.place(session, one, building(session), by=one.reporter_id, at=MORNING + MINUTE)
        head = demo_person(session, "building_head")
        everybody = select(Assignment.person_id).where(Assignment.ticket_id == one.id)
        assert head not in session.scalars(everybody).all()
        assert one.owner_id == demo_person(session, "community_staff")


def test_urging_is_for_the_reporter_once_a_day(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session))
        with pytest.raises(NotAllowed):
            refining.urge(session, one, by=one.owner_id or 0, at=MORNING)
        refining.urge(session, one, by=one.reporter_id, at=MORNING)
        with pytest.raises(AlreadyDone):
            refining.urge(session, one, by=one.reporter_id, at=MORNING + timedelta(hours=14))
        refining.urge(session, one, by=one.reporter_id, at=MORNING + timedelta(hours=16))
        assert told(session, one, "task_urged") == [one.owner_id] * 2


def test_what_has_ended_is_neither_placed_nor_reclassified_nor_urged(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        reporter = one.reporter_id
        apply(session, one, Action.WITHDRAW, by=Actor(reporter), at=MORNING)
        with pytest.raises(TooLate):
            refining.place(session, one, building(session), by=reporter, at=MORNING)
        with pytest.raises(TooLate):
            refining.reclassify(session, one, "pets", None, by=reporter, at=MORNING)
        with pytest.raises(TooLate):
            refining.urge(session, one, by=reporter, at=MORNING)


def test_strangers_and_the_accused_add_no_words(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), about=About.PROPERTY)
        for who in (demo_person(session, "resident", 5), demo_person(session, "property_staff")):
            with pytest.raises(NotAllowed):
                refining.add_note(session, one, "知道了", by=who, at=MORNING, for_reporter=True)
