"""The inbox: one row a message, counted deliveries, one reply."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import inbox
from models.base import Database
from models.inbox import InboxMessage, Outcome, Received

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def receive(session: Session, now: datetime = NOON, **changes: str) -> Received:
    named = {"account": "main", "openid": "o-a", "key": "1", "kind": "text"} | changes
    return inbox.receive(session, now=now, **named)


def rows(store: Database) -> list[InboxMessage]:
    with store.reading() as session:
        return list(session.scalars(select(InboxMessage).order_by(InboxMessage.id)))


def test_a_first_delivery_is_work_and_a_second_finds_its_reply(store: Database) -> None:
    with store.writing() as session:
        first = receive(session)
        assert (first.is_repeat, first.deliveries, first.received_at) == (False, 1, NOON)
        inbox.keep_reply(session, first.id, "已登记", NOON + timedelta(seconds=1))
    with store.writing() as session:
        again = receive(session, NOON + timedelta(seconds=5))
    assert (again.id, again.is_repeat, again.reply) == (first.id, True, "已登记")
    assert (again.deliveries, again.received_at) == (2, NOON)
    (row,) = rows(store)
    assert row.answered_at == NOON + timedelta(seconds=1)


@pytest.mark.parametrize("other", [{"account": "mini"}, {"openid": "o-b"}, {"key": "2"}])
def test_account_sender_and_number_together_make_a_message(
    store: Database, other: dict[str, str]
) -> None:
    with store.writing() as session:
        inbox.keep_reply(session, receive(session).id, None, NOON)
        assert not receive(session, **other).is_repeat
    assert len(rows(store)) == 2


def test_a_repeat_of_rolled_back_work_is_work_again(store: Database) -> None:
    with pytest.raises(LookupError), store.writing() as session:
        inbox.keep_reply(session, receive(session).id, "已登记", NOON)
        raise LookupError
    with store.writing() as session:
        assert not receive(session).is_repeat


def test_deliveries_at_once_let_one_do_the_work(store: Database) -> None:
    together = threading.Barrier(6)

    def deliver(number: int) -> tuple[bool, str | None]:
        together.wait()
        with store.writing() as session:
            received = receive(session)
            if received.is_repeat:
                return False, received.reply
            inbox.keep_reply(session, received.id, f"由{number}登记", NOON)
            return True, f"由{number}登记"

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(deliver, range(6)))
    assert sum(worked for worked, _ in results) == 1
    assert len({reply for _, reply in results}) == 1
    assert [row.deliveries for row in rows(store)] == [6]


def test_unworked_messages_keep_what_was_said_until_they_are(store: Database) -> None:
    said = {"text": "路灯坏了", "extra": {"List": [{"a": "1"}]}}
    with store.writing() as session:
        failed, limited = receive(session), receive(session, key="2")
        inbox.keep_unworked(session, failed.id, said)
        inbox.limit(session, limited.id, said, NOON)
    assert [(row.outcome, row.kept) for row in rows(store)] == [
        (Outcome.PENDING, said),
        (Outcome.LIMITED, said),
    ]
    with store.writing() as session:
        assert not receive(session).is_repeat
        assert receive(session, key="2").is_repeat
        inbox.keep_reply(session, failed.id, "已登记", NOON)
    assert rows(store)[0].kept is None


def test_giving_up_keeps_the_apology_and_what_was_said(store: Database) -> None:
    with store.writing() as session:
        inbox.give_up(session, receive(session).id, "抱歉", {"text": "路灯"}, NOON)
        again = receive(session)
    assert (again.outcome, again.reply) == (Outcome.FAILED, "抱歉")
    assert rows(store)[0].kept == {"text": "路灯"}


def test_a_reply_is_deferred_once_and_by_the_last_delivery(store: Database) -> None:
    with store.writing() as session:
        first = receive(session)
        inbox.keep_reply(session, first.id, "已登记", NOON)
        second = receive(session)
        assert not inbox.defer(session, first)
        assert inbox.defer(session, second)
        assert not inbox.defer(session, second)
        assert receive(session).is_deferred


def test_the_store_itself_knows_the_outcomes(store: Database) -> None:
    with store.writing() as session:
        receive(session)
    with pytest.raises(IntegrityError), store.writing() as session:
        session.execute(text("UPDATE inbox SET outcome = 'lost'"))
