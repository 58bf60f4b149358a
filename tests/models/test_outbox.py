"""The message ledger and what surrounds it, on both stores."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from models import attempts, consents, outbox, rights, stale_messages
from models.attempts import Accepted, Chosen
from models.base import Database
from models.consents import SubscriptionConsent
from models.delivery_results import EarlyResult, confirm, confirm_subscription, match_early
from models.held_messages import release_held
from models.localtime import local
from models.outbox import Channel, Delivery, OutboxMessage, Quiet
from models.people import Identity, Person
from models.quiet_hours import after_quiet_hours, quiet_since
from tests.messages import recent

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
LEASE = timedelta(minutes=1)
SINGLE = ("person_id", "unique_key")  # what the rows of one message to many differ in


def a_person(store: Database, openid: str = "demo-resident-1") -> tuple[int, int]:
    """Person and identity ids."""
    with store.writing() as session:
        person = Person(created_at=NOON)
        session.add(person)
        session.flush()
        identity = Identity(account="main", openid=openid, person_id=person.id, created_at=NOON)
        session.add(identity)
        session.flush()
        return person.id, identity.id


def draft(person_id: int, key: str, **more: Any) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "account": "main",
        "template": "wechat_text",
        "context": {"text": "灯修好了", "at": NOON.isoformat()},
        "unique_key": key,
        "created_at": NOON,
        **more,
    }


def put(store: Database, *rows: dict[str, Any]) -> list[OutboxMessage]:
    with store.writing() as session:
        outbox.queue(session, rows)
    keys = [row["unique_key"] for row in rows]
    with store.reading() as session:
        found = select(OutboxMessage).where(OutboxMessage.unique_key.in_(keys))
        return list(session.scalars(found.order_by(OutboxMessage.id)))


def state_of(store: Database, message_id: int) -> Delivery:
    with store.reading() as session:
        return session.get_one(OutboxMessage, message_id).state


def move(store: Database, message: OutboxMessage, state: Delivery) -> None:
    with store.writing() as session:
        session.get_one(OutboxMessage, message.id).state = state


def test_a_message_is_queued_once_by_its_key(store: Database) -> None:
    person_id, _ = a_person(store)
    with store.writing() as session:
        assert outbox.queue(session, [draft(person_id, "a"), draft(person_id, "b")]) == 2
        assert outbox.queue(session, [draft(person_id, "b"), draft(person_id, "c")]) == 1
    [message] = put(store, draft(person_id, "a"))
    assert message.state is Delivery.QUEUED
    assert message.context == {"text": "灯修好了", "at": NOON.isoformat()}
    assert (message.quiet, message.not_before, message.attempts) == (Quiet.RESPECT, NOON, 0)


def test_the_same_to_each_of_many_is_queued_as_one_by_one(store: Database) -> None:
    persons = [a_person(store, f"demo-resident-{number}")[0] for number in (1, 2, 3)]
    said = {key: value for key, value in draft(0, "").items() if key not in SINGLE}
    [single, *_] = put(store, *(draft(one, f"one:{one}") for one in persons))
    with store.writing() as session:
        assert outbox.queue_each(session, persons[1:], said, unique_key="each") == 2
        assert outbox.queue_each(session, persons, said, unique_key="each") == 1
        assert outbox.queue_each(session, [], said, unique_key="each") == 0
    with store.reading() as session:
        each = session.scalars(
            select(OutboxMessage).where(OutboxMessage.unique_key.startswith("each:"))
        ).all()
    assert {one.unique_key: one.person_id for one in each} == {
        f"each:{one}": one for one in persons
    }
    for one in each:
        for column in set(OutboxMessage.__table__.c.keys()) - {*SINGLE, "id"}:
            assert getattr(one, column) == getattr(single, column), column


def test_what_is_not_committed_is_not_queued(store: Database) -> None:
    person_id, _ = a_person(store)
    with pytest.raises(RuntimeError), store.writing() as session:
        outbox.queue(session, [draft(person_id, "a")])
        raise RuntimeError
    with store.writing() as session:
        assert attempts.claim(session, NOON, 10, LEASE) == []


def test_a_message_is_for_a_person_or_an_audience_and_never_for_both(store: Database) -> None:
    person_id, _ = a_person(store)
    with pytest.raises(IntegrityError), store.writing() as session:
        session.add(OutboxMessage(**draft(person_id, "a", audience="2", not_before=NOON)))
        session.flush()


def test_a_claim_takes_emergencies_first_and_nothing_twice(store: Database) -> None:
    person_id, _ = a_person(store)
    put(
        store,
        draft(person_id, "plain"),
        draft(person_id, "later", not_before=NOON + timedelta(minutes=5)),
        draft(person_id, "loud", quiet=Quiet.IGNORE),
    )
    with store.writing() as session:
        first = attempts.claim(session, NOON, 1, LEASE)
        rest = attempts.claim(session, NOON, 10, LEASE)
        assert attempts.claim(session, NOON, 10, LEASE) == []
    assert [one.unique_key for one in first + rest] == ["loud", "plain"]
    assert rest[0].context["text"] == "灯修好了"
    assert rest[0].attempts == 1


def test_claims_side_by_side_share_the_work_without_waiting(postgresql: Database) -> None:
    person_id, _ = a_person(postgresql)
    put(postgresql, *(draft(person_id, f"k{number}") for number in range(6)))
    with postgresql.writing() as one, postgresql.writing() as other:
        first = attempts.claim(one, NOON, 4, LEASE)
        second = attempts.claim(other, NOON, 4, LEASE)
    assert len(first) == 4
    assert len(second) == 2
    assert {m.id for m in first}.isdisjoint(m.id for m in second)


def test_looking_for_work_reads_partial_indexes_and_never_the_whole_table(
    database: Database,
) -> None:
    asked: list[str] = []
    event.listen(database.writer, "before_cursor_execute", lambda *call: asked.append(str(call[2])))
    with database.writing() as session:
        attempts.claim(session, NOON, 10, LEASE)
        stale_messages.sweep(session, NOON + timedelta(hours=11))
        asked += [one._plans["sqlite"].sql for one in attempts._CLAIMS]
        updates = [sql for sql in asked if "UPDATE outbox" in sql]
        cursor = session.connection().connection.cursor()
        for sql in updates:
            # Bound values stay bound: an index must not need to know them.
            plan = cursor.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
            assert any("INDEX ix_outbox_" in step[-1] for step in plan), (sql, plan)
    assert len(updates) == 9


def test_an_undone_event_takes_back_what_has_not_left_and_tells_what_has(store: Database) -> None:
    person_id, _ = a_person(store)
    queued, held, sent, other = put(
        store,
        draft(person_id, "queued", event_id=5),
        draft(person_id, "held", event_id=5),
        draft(person_id, "sent", event_id=5),
        draft(person_id, "other", event_id=6),
    )
    move(store, held, Delivery.HELD)
    move(store, sent, Delivery.SENT)
    with store.writing() as session:
        assert [one.id for one in outbox.cancel_event(session, 5)] == [sent.id]
        assert outbox.cancel_keys(session, ["other", "none"]) == 1
    states = [state_of(store, one.id) for one in (queued, held, sent, other)]
    assert states == [Delivery.CANCELLED, Delivery.CANCELLED, Delivery.SENT, Delivery.CANCELLED]
    with store.writing() as session:
        assert attempts.claim(session, NOON, 10, LEASE) == []


def test_a_person_reads_in_the_chat_what_could_not_be_brought(store: Database) -> None:
    person_id, _ = a_person(store)
    one, two, gone = put(store, *(draft(person_id, key) for key in ("one", "two", "gone")))
    move(store, one, Delivery.HELD)
    move(store, two, Delivery.SENT)
    move(store, gone, Delivery.CANCELLED)
    with store.writing() as session:
        shown = [message.id for message in recent(session, person_id)]
        outbox.show(session, shown, NOON)
    assert shown == [two.id, one.id]
    assert [state_of(store, key) for key in (one.id, two.id)] == [
        Delivery.CONFIRMED,
        Delivery.SENT,
    ]


def test_the_call_list_names_what_reached_nobody(store: Database) -> None:
    person_id, _ = a_person(store)
    other_id, _ = a_person(store, "demo-resident-2")
    held, sent, theirs = put(
        store, draft(person_id, "held"), draft(person_id, "sent"), draft(other_id, "theirs")
    )
    for message in (held, theirs):
        move(store, message, Delivery.HELD)
    move(store, sent, Delivery.SENT)
    with store.reading() as session:
        found = outbox.unreached(session, [person_id], NOON)
        assert [one.id for one in found] == [held.id]
        assert outbox.unreached(session, [person_id], NOON + timedelta(seconds=1)) == []


def test_staff_settle_a_doubt(store: Database) -> None:
    person_id, _ = a_person(store)
    arrived, lost = put(store, draft(person_id, "arrived"), draft(person_id, "lost"))
    for message in (arrived, lost):
        move(store, message, Delivery.IN_DOUBT)
    with store.writing() as session:
        assert outbox.settle_doubt(session, arrived.id, Delivery.CONFIRMED, NOON)
        assert not outbox.settle_doubt(session, arrived.id, Delivery.QUEUED, NOON)
        assert outbox.settle_doubt(session, lost.id, Delivery.QUEUED, NOON)
        assert [one.id for one in attempts.claim(session, NOON, 10, LEASE)] == [lost.id]


def test_a_window_lets_go_the_latest_of_each_matter_and_keeps_one_message_free(
    store: Database,
) -> None:
    person_id, identity_id = a_person(store)
    rows = [draft(person_id, f"t{n}", ticket_id=n % 6, created_at=NOON) for n in range(12)]
    rows.append(draft(person_id, "old alarm", quiet=Quiet.IGNORE, created_at=NOON))
    messages = put(store, *rows)
    for message in messages:
        move(store, message, Delivery.HELD)
    with store.writing() as session:
        assert release_held(session, person_id, NOON) == 0  # no window
        rights.wrote(session, identity_id, NOON)
        assert release_held(session, person_id, NOON) == 4
    with store.reading() as session:
        queued = select(OutboxMessage.unique_key).where(OutboxMessage.state == Delivery.QUEUED)
        keys = session.scalars(queued.order_by(OutboxMessage.id)).all()
    assert keys == ["t9", "t10", "t11", "old alarm"]


def test_held_messages_expire(store: Database) -> None:
    person_id, identity_id = a_person(store)
    [message] = put(store, draft(person_id, "a", expires_at=NOON + timedelta(hours=1)))
    move(store, message, Delivery.HELD)
    later = NOON + timedelta(hours=1)
    with store.writing() as session:
        rights.wrote(session, identity_id, later)
        assert release_held(session, person_id, later) == 0
        stale_messages.sweep(session, later)
    assert state_of(store, message.id) is Delivery.EXPIRED


def sent_message(store: Database, key: str, platform_id: str | None) -> OutboxMessage:
    person_id, identity_id = a_person(store, f"demo-{key}")
    put(store, draft(person_id, key))
    with store.writing() as session:
        [claimed] = attempts.claim(session, NOON, 10, LEASE)
        channel = Channel.TEMPLATE if platform_id else Channel.SUBSCRIPTION
        attempts.begin_each(session, [Chosen(claimed, channel, identity_id)], NOON, LEASE)
        assert attempts.sent_each(session, [Accepted(claimed, platform_id, 0)], NOON) == [True]
    with store.reading() as session:
        return session.get_one(OutboxMessage, claimed.id)


def test_a_result_confirms_or_fails_the_message_it_belongs_to(store: Database) -> None:
    good, bad = sent_message(store, "a", "11"), sent_message(store, "b", "12")
    with store.writing() as session:
        assert confirm(session, "main", "11", True, "success", NOON)
        assert confirm(session, "main", "12", False, "failed: system failed", NOON)
        assert not confirm(session, "other", "11", False, "another account's", NOON)
    assert state_of(store, good.id) is Delivery.CONFIRMED
    with store.reading() as session:
        failed = session.get_one(OutboxMessage, bad.id)
    assert (failed.state, failed.reason) == (Delivery.FAILED, "failed: system failed")


def test_a_result_that_overtakes_its_answer_is_applied_later(store: Database) -> None:
    with store.writing() as session:
        for _ in range(2):  # the platform repeats itself
            assert not confirm(session, "main", "11", True, "success", NOON)
    message = sent_message(store, "a", "11")
    with store.writing() as session:
        assert match_early(session, NOON) == 1
    assert state_of(store, message.id) is Delivery.CONFIRMED
    with store.writing() as session:
        confirm(session, "main", "99", True, "nobody's", NOON)
        match_early(session, NOON + timedelta(days=2))
        assert session.scalars(select(EarlyResult)).all() == []


def test_results_of_subscription_messages_are_taken_in_the_order_of_sending(
    store: Database,
) -> None:
    message = sent_message(store, "a", None)
    assert message.identity_id
    with store.writing() as session:
        assert confirm_subscription(session, message.identity_id, True, "success")
        assert not confirm_subscription(session, message.identity_id, True, "success")
    assert state_of(store, message.id) is Delivery.CONFIRMED


def test_a_window_opens_with_its_allowance_and_is_spent_one_by_one(store: Database) -> None:
    _, identity_id = a_person(store)
    with store.writing() as session:
        assert not rights.take(session, identity_id, NOON)
        rights.wrote(session, identity_id, NOON)
        assert [rights.take(session, identity_id, NOON) for _ in range(6)] == [True] * 5 + [False]
        rights.give_back(session, identity_id)
        assert not rights.take(session, identity_id, NOON + timedelta(hours=48))
        assert rights.take(session, identity_id, NOON + timedelta(hours=47))


def test_whoever_writes_twice_in_a_breath_is_one_row_written_once(store: Database) -> None:
    breath, hours = timedelta(seconds=30), timedelta(hours=48)
    _, identity_id = a_person(store)
    with store.writing() as session:
        one = session.get_one(Identity, identity_id)

        def writes(at: datetime) -> tuple[datetime | None, int]:
            rights.wrote(session, identity_id, at)
            session.refresh(one)
            return one.window_until, one.window_left

        first = writes(NOON)
        assert first == (NOON + hours, 5)
        assert writes(NOON + breath) == first
        assert rights.take(session, identity_id, NOON + breath)
        assert writes(NOON + breath) == (NOON + breath + hours, 5)
        rights.mark_unsubscribed(session, identity_id)
        assert writes(NOON + 2 * breath) == (NOON + 2 * breath + hours, 5) and one.is_following
        assert writes(NOON + 5 * breath) == (NOON + 5 * breath + hours, 5)


def test_a_tap_opens_a_short_window_and_never_shortens_the_long_one(store: Database) -> None:
    _, identity_id = a_person(store)
    with store.writing() as session:
        rights.tapped(session, identity_id, NOON)
        taken = [rights.take(session, identity_id, NOON) for _ in range(4)]
        assert taken == [True, True, True, False]
        rights.wrote(session, identity_id, NOON)
        rights.tapped(session, identity_id, NOON)
        assert rights.take(session, identity_id, NOON + timedelta(hours=47))


def test_consents_add_up_and_are_used_up(store: Database) -> None:
    _, identity_id = a_person(store)
    with store.writing() as session:
        assert not consents.consume(session, identity_id, "T1")
        consents.grant(session, identity_id, "T1")
        consents.grant(session, identity_id, "T1")
        assert [consents.consume(session, identity_id, "T1") for _ in range(3)] == [
            True,
            True,
            False,
        ]
        consents.grant(session, identity_id, "T1")
        consents.grant(session, identity_id, "T2")
        consents.clear(session, identity_id, "T1")
        assert not consents.consume(session, identity_id, "T1")
        consents.clear(session, identity_id)
        assert session.scalars(select(SubscriptionConsent)).all() == []


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_nothing_but_emergencies_is_ever_due_by_night(at: datetime) -> None:
    due = after_quiet_hours(at)
    assert due >= at
    assert 8 <= local(due).hour < 22
    assert due - at <= timedelta(hours=10)
    assert (due == at) == (quiet_since(at) is None)
    began = quiet_since(at)
    if began is not None:
        assert local(began).hour == 22
        assert began <= at < due
        assert local(due).time().isoformat() == "08:00:00"
