"""Who may take over a chat, and what becomes of the talk when people go."""

from datetime import timedelta

import pytest

from models import takeovers, union
from models.base import Database
from models.errors import NotAllowed, TakenOverAlready, TooLate
from models.people import Identity
from models.ticket_flow import Action
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Note
from tests.factories import MORNING, building, demo_person, ticket, town

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("community_staff", True),
        ("grid_leader", True),
        ("duty_desk", True),
        ("subdistrict_staff", True),
        ("grid_worker", False),
        ("property_staff", False),
        ("building_head", False),
    ],
)
def test_who_supervises_the_place_may(database: Database, role: str, may: bool) -> None:
    town(database)
    with database.writing() as session:
        one, by = ticket(session, building(session)), demo_person(session, role)
        if may:
            talk = takeovers.take_over(session, one, by=by, at=MORNING)
            assert (talk.role, talk.resident_id) == (role, one.reporter_id)
        else:
            with pytest.raises(NotAllowed):
                takeovers.take_over(session, one, by=by, at=MORNING)


def test_whom_it_is_about_may_not_though_they_supervise(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session), about=About.COMMUNITY)
        with pytest.raises(NotAllowed):
            takeovers.take_over(
                session, one, by=demo_person(session, "community_staff"), at=MORNING
            )
        assert takeovers.take_over(
            session, one, by=demo_person(session, "subdistrict_staff"), at=MORNING
        )


def test_one_talk_a_resident_until_its_time_is_over(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one, other = ticket(session, building(session)), ticket(session, building(session))
        staff, second = (demo_person(session, "community_staff", count) for count in (1, 2))
        first = takeovers.take_over(session, one, by=staff, at=MORNING)
        with pytest.raises(TakenOverAlready):
            takeovers.take_over(session, other, by=second, at=MORNING)
        takeovers.take_over(session, other, by=second, at=MORNING + 2 * HOUR)
        assert first.ended_at == MORNING + 2 * HOUR
        assert takeovers.of_staff(session, staff, MORNING + 2 * HOUR) == []


def test_what_has_ended_is_not_talked_about(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        apply(session, one, Action.WITHDRAW, by=Actor(one.reporter_id), at=MORNING)
        with pytest.raises(TooLate):
            takeovers.take_over(
                session, one, by=demo_person(session, "community_staff"), at=MORNING
            )


def test_another_who_supervises_may_hand_back_and_nobody_twice(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        staff, worker = demo_person(session, "community_staff"), demo_person(session, "grid_worker")
        talk = takeovers.take_over(session, one, by=staff, at=MORNING)
        with pytest.raises(NotAllowed):
            takeovers.hand_back(session, talk, by=worker, at=MORNING)
        leader = demo_person(session, "grid_leader")
        takeovers.hand_back(session, talk, by=leader, at=MORNING)
        with pytest.raises(TooLate):
            takeovers.hand_back(session, talk, by=staff, at=MORNING)


def test_words_are_kept_with_the_ticket_and_say_for_whom(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session))
        talk = takeovers.take_over(
            session, one, by=demo_person(session, "community_staff"), at=MORNING
        )
        takeovers.heard(session, talk, "602", at=MORNING)
        takeovers.answer(session, talk, "知道了", at=MORNING)
        session.flush()
        notes = session.query(Note).filter_by(ticket_id=one.id).order_by(Note.id)
        assert [(note.text, note.for_reporter) for note in notes] == [
            ("602", False),
            ("知道了", True),
        ]


def test_two_persons_who_become_one_are_talked_to_once(store: Database) -> None:
    town(store)
    with store.writing() as session:
        staff = demo_person(session, "community_staff")
        people = [demo_person(session, "resident", count) for count in (1, 2)]
        for who in people:
            one = ticket(session, building(session), reporter=who)
            takeovers.take_over(session, one, by=staff, at=MORNING)
        for who in people:
            identity = session.query(Identity).filter_by(person_id=who).one()
            union.learn(session, identity.id, "union-1", MORNING)
        assert len(takeovers.of_staff(session, staff, MORNING)) == 1
        assert takeovers.of_resident(session, min(people), MORNING) is not None
