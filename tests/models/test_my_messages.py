"""What was sent to one person, in pages that neither lose nor repeat a message."""

from typing import Any

from sqlalchemy import delete, insert, select

from bots.my_messages import worded
from models import my_messages, outbox
from models.base import Database
from models.erasure import GONE
from models.outbox import Delivery, OutboxMessage
from models.past import MESSAGES, PAST_MESSAGES
from models.people import Person
from tests.models.test_outbox import a_person, draft, put


def test_the_pages_together_hold_every_message_once_and_nobody_elses(store: Database) -> None:
    mine, _ = a_person(store)
    other, _ = a_person(store, "demo-resident-2")
    former, _ = a_person(store, "demo-resident-3")
    sent = put(store, *(draft(mine if n % 3 else former, f"mine-{n}") for n in range(7)))
    [taken_back, emptied, theirs] = put(
        store, draft(mine, "back"), draft(mine, "emptied"), draft(other, "theirs")
    )
    with store.writing() as session:  # the oldest lies in the archive
        oldest = select(MESSAGES).where(MESSAGES.c.id == sent[0].id)
        session.execute(insert(PAST_MESSAGES).from_select(MESSAGES.c.keys(), oldest))
        session.execute(delete(MESSAGES).where(MESSAGES.c.id == sent[0].id))
        session.get_one(Person, former).merged_into = mine
        session.get_one(OutboxMessage, taken_back.id).state = Delivery.CANCELLED
        session.get_one(OutboxMessage, emptied.id).template = GONE

    pages: list[list[int]] = []
    with store.reading() as session:
        before: int | None = None
        while page := my_messages.sent_to(session, mine, before=before, limit=3):
            pages.append([one.id for one in page])
            before = page[-1].id
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one for page in pages for one in page] == [one.id for one in reversed(sent)]
    assert theirs.id not in sum(pages, [])


def test_a_message_is_worded_as_it_was_sent_and_one_without_its_facts_is_left_out(
    database: Database,
) -> None:
    who, _ = a_person(database)
    lacking: dict[str, Any] = {"template": "ticket_accepted", "context": {}}
    put(database, draft(who, "first"), draft(who, "second", **lacking), draft(who, "third"))
    with database.writing() as session:
        first = session.get_one(OutboxMessage, 1)
        first.state = Delivery.HELD
    with database.writing() as session:
        told = list(worded(my_messages.sent_to(session, who)))
        outbox.show(session, [one.id for one in told], told[0].at)
    assert [one.is_new for one in told] == [False, True]
    assert all("灯修好了" in one.text for one in told)
    with database.reading() as session:
        assert not any(one.is_new for one in worded(my_messages.sent_to(session, who)))
