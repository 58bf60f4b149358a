"""The inbox: one row a message, counted deliveries, one reply."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import inbox, speakers
from models.base import Database
from models.inbox import InboxMessage, Letter, Outcome, Overtaken, Received
from models.people import Person

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


LETTER = Letter("main", "o-a", "1", "text", NOON)


def receive(session: Session, now: datetime = NOON, **changes: str) -> Received:
    return inbox.receive(session, replace(LETTER, at=now, **changes))


def rows(store: Database) -> list[InboxMessage]:
    with store.reading() as session:
        return list(session.scalars(select(InboxMessage).order_by(InboxMessage.id)))


def test_a_first_delivery_is_work_and_a_second_finds_its_reply(store: Database) -> None:
    with store.writing() as session:
        new = receive(session)
        assert (new.is_repeat, new.deliveries, new.received_at) == (False, 1, NOON)
        inbox.keep_reply(session, LETTER, new, "已登记", NOON + timedelta(seconds=1))
    with store.writing() as session:
        again = receive(session, NOON + timedelta(seconds=5))
    (row,) = rows(store)
    assert (again.id, again.is_repeat, again.reply) == (row.id, True, "已登记")
    assert (again.deliveries, again.received_at) == (2, NOON)
    assert row.answered_at == NOON + timedelta(seconds=1)


@pytest.mark.parametrize("other", [{"account": "mini"}, {"openid": "o-b"}, {"key": "2"}])
def test_account_sender_and_number_together_make_a_message(
    store: Database, other: dict[str, str]
) -> None:
    with store.writing() as session:
        inbox.keep_reply(session, LETTER, receive(session), None, NOON)
        letter = replace(LETTER, **other)
        new = inbox.receive(session, letter)
        assert not new.is_repeat
        inbox.keep_reply(session, letter, new, None, NOON)
    assert len(rows(store)) == 2


def test_a_repeat_of_rolled_back_work_is_work_again(store: Database) -> None:
    with pytest.raises(LookupError), store.writing() as session:
        inbox.keep_reply(session, LETTER, receive(session), "已登记", NOON)
        raise LookupError
    with store.writing() as session:
        assert not receive(session).is_repeat


def test_deliveries_at_once_let_one_do_the_work(store: Database) -> None:
    together = threading.Barrier(6)

    def work(number: int) -> tuple[bool, str | None]:
        with store.writing() as session:
            received = receive(session)
            if received.is_repeat:
                return False, received.reply
            inbox.keep_reply(session, LETTER, received, f"由{number}登记", NOON)
            return True, f"由{number}登记"

    def deliver(number: int) -> tuple[bool, str | None]:
        together.wait()
        try:
            return work(number)
        except Overtaken:  # only where several write at once
            return work(number)

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(deliver, range(6)))
    assert sum(worked for worked, _ in results) == 1
    assert len({reply for _, reply in results}) == 1
    assert [row.deliveries for row in rows(store)] == [6]


def test_who_is_overtaken_keeps_nothing(store: Database) -> None:
    with store.writing() as session:
        late = receive(session)
        inbox.keep_reply(session, LETTER, receive(session), "已登记", NOON)
    with pytest.raises(Overtaken), store.writing() as session:
        inbox.keep_reply(session, replace(LETTER, key="2"), receive(session, key="2"), None, NOON)
        inbox.keep_reply(session, LETTER, late, "也已登记", NOON)
    assert [(row.message_key, row.reply) for row in rows(store)] == [("1", "已登记")]


def test_unworked_messages_keep_what_was_said_until_they_are(store: Database) -> None:
    said = {"text": "路灯坏了", "extra": {"List": [{"a": "1"}]}}
    with store.writing() as session:
        failed, limited = receive(session), receive(session, key="2")
        inbox.keep_unworked(session, LETTER, failed, said)
        inbox.limit(session, replace(LETTER, key="2"), limited, said, NOON)
    assert [(row.outcome, row.kept) for row in rows(store)] == [
        (Outcome.PENDING, said),
        (Outcome.LIMITED, said),
    ]
    with store.writing() as session:
        again = receive(session)
        assert (again.is_repeat, again.deliveries) == (False, 2)
        assert receive(session, key="2").is_repeat
        inbox.keep_reply(session, LETTER, again, "已登记", NOON)
    assert rows(store)[0].kept is None


def test_giving_up_keeps_the_apology_and_what_was_said(store: Database) -> None:
    with store.writing() as session:
        inbox.give_up(session, LETTER, receive(session), "抱歉", {"text": "路灯"}, NOON)
        again = receive(session)
    assert (again.outcome, again.reply) == (Outcome.FAILED, "抱歉")
    assert rows(store)[0].kept == {"text": "路灯"}


def test_a_reply_is_deferred_once_and_by_the_last_delivery(store: Database) -> None:
    with store.writing() as session:
        first = inbox.keep_reply(session, LETTER, receive(session), "已登记", NOON)
        second = receive(session)
        assert not inbox.defer(session, LETTER, first)
        assert inbox.defer(session, LETTER, second)
        assert not inbox.defer(session, LETTER, second)
        assert receive(session).is_deferred


def test_the_store_itself_knows_the_outcomes(store: Database) -> None:
    with store.writing() as session:
        inbox.keep_reply(session, LETTER, receive(session), None, NOON)
    with pytest.raises(IntegrityError), store.writing() as session:
        session.execute(text("UPDATE inbox SET outcome = 'lost'"))


def test_whether_a_message_was_of_somebody_erased_is_looked_up_by_its_index(
    database: Database,
) -> None:
    with database.reading() as session:
        connection = session.connection()
        query = inbox.OF_ERASED.compile(dialect=connection.dialect)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", ("1",)).all()
    assert "ix_inbox_erased (message_key=?)" in str(plan)


def test_who_wrote_is_asked_anew_where_another_delivery_may_have_been_waited_for(
    store: Database,
) -> None:
    """Meanwhile they may have been erased, or have been asked something."""
    with store.writing() as session:
        known = speakers.speaker(session, LETTER.account, LETTER.openid, NOON)
        new = receive(session)
        inbox.keep_unworked(session, LETTER, new, {"text": "你好"})
    with store.writing() as session:
        found = speakers.receive(session, LETTER)
        assert (found.deliveries, found.is_repeat) == (2, False)
        session.execute(update(Person).where(Person.id == known.person_id).values(name="居民A"))
        assert speakers.speaker(session, LETTER.account, LETTER.openid, NOON).name == "居民A"
