"""The clock hands back what staff left, each talk by itself."""

from datetime import timedelta

from jobs.takeovers import hand_back_chats
from models import takeovers
from models.base import Database
from models.outbox import OutboxMessage
from models.tickets.table import Ticket
from tests.factories import MORNING, building, demo_person, ticket, town

HOUR = timedelta(hours=1)


def test_both_are_told_once_and_a_fresh_word_keeps_the_talk(store: Database) -> None:
    town(store)
    with store.writing() as session:
        staff = demo_person(session, "community_staff")
        left = ticket(session, building(session))
        kept = ticket(session, building(session), reporter=demo_person(session, "resident", 2))
        takeovers.take_over(session, left, by=staff, at=MORNING)
        talk = takeovers.take_over(session, kept, by=staff, at=MORNING)
        takeovers.answer(session, talk, "马上来", at=MORNING + HOUR / 2)
        resident, number = left.reporter_id, left.id
    assert hand_back_chats(store, MORNING + HOUR) == "handed_back=1"
    assert hand_back_chats(store, MORNING + HOUR) is None
    with store.reading() as session:
        told = [
            (one.person_id, one.template)
            for one in session.query(OutboxMessage).filter_by(ticket_id=number)
        ]
        assert told.count((resident, "chat_handed_back")) == 1
        assert told.count((staff, "chat_ended")) == 1
        still = takeovers.of_staff(session, staff, MORNING + HOUR)
        assert [one.ticket_id for one in still] != [number] and len(still) == 1
        assert session.get_one(Ticket, number).is_open
