"""What an operator reads of a house, on both stores: each number is that of its rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import accounts, inbox, vital_signs
from models.accounts import Account
from models.base import Database
from models.inbox import Letter
from models.outbox import Channel, Delivery, OutboxMessage
from models.tasks import Task, TaskState
from tests import factories
from tests.factories import MORNING

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

Signs = Mapping[str, Mapping[tuple[str, ...], float]]


def test_every_sign_is_the_number_of_its_rows(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        session.execute(delete(OutboxMessage))
    quiet = signs(store)
    assert quiet["tasks_due"] == quiet["tasks_failed"] == quiet["messages_due"] == {(): 0}
    assert quiet["messages_oldest_due_seconds"] == quiet["tasks_oldest_due_seconds"] == {(): 0}
    assert not {"pushes_unworked", "platform_stopped", "tickets_opened_lately"} & quiet.keys()
    with store.writing() as session:
        _make(session, factories.demo_person(session, "resident"))
    found = signs(store)
    assert found["tasks_due"] == {(): 2} and found["tasks_oldest_due_seconds"] == {(): 180}
    assert found["tasks_failed"] == {(): 1}
    assert found["messages_due"] == {(): 1} and found["messages_oldest_due_seconds"] == {(): 120}
    assert found["messages"] == {("sending",): 1, ("in_doubt",): 1, ("failed",): 1}
    assert found["messages_tried_lately"] == {
        ("custom", "sent", "0"): 1,
        ("custom", "failed", "45015"): 1,
    }
    assert found["pushes_unworked"] == {("pending",): 1, ("limited",): 1}
    assert found["tickets_opened_lately"] == {("noise",): 1}
    assert found["access_token_seconds_left"] == {("main",): 3600}
    assert found["platform_stopped"] == {("main", "custom_send"): 1}


def signs(store: Database) -> Signs:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    with store.reading() as session:
        for one in vital_signs.readings(session, MORNING):
            found.setdefault(one.sign, {})[tuple(one.labels.values())] = one.value
    return found


def _make(session: Session, person_id: int) -> None:
    """Of each kind some that count and some that do not."""
    for ago, state in (
        (3 * MINUTE, TaskState.DUE),
        (MINUTE, TaskState.DUE),
        (-MINUTE, TaskState.DUE),
        (HOUR, TaskState.DONE),
        (HOUR, TaskState.FAILED),
    ):
        session.add(_task(MORNING - ago, state))
    called = {"begun_at": MORNING - MINUTE, "channel": Channel.CUSTOM}
    for number, more in enumerate(
        (
            {"state": Delivery.QUEUED, "not_before": MORNING - 2 * MINUTE},
            {"state": Delivery.QUEUED, "not_before": MORNING + MINUTE},
            {"state": Delivery.SENDING, "lease_token": "x"},
            {"state": Delivery.IN_DOUBT},
            {"state": Delivery.SENT, **called, "errcode": 0},
            {"state": Delivery.FAILED, **called, "errcode": 45015},
            {"state": Delivery.SENT, **called, "begun_at": MORNING - HOUR},
        )
    ):
        session.add(_message(person_id, number, more))
    for openid, end in (("a", None), ("b", inbox.limit), ("c", inbox.keep_reply)):
        letter = Letter("main", openid, "1", "text", MORNING)
        row = inbox.receive(session, letter)
        if end is not None:
            end(session, letter, row, None, MORNING)
        else:
            inbox.keep_unworked(session, letter, row, {})
    where = factories.building(session)
    factories.ticket(session, where, MORNING - MINUTE)
    factories.ticket(session, where, MORNING - 2 * HOUR)
    accounts.ensure_account(session, "main")
    account = session.get_one(Account, "main")
    account.token_serial, account.token_expires_at = 1, MORNING + HOUR
    accounts.stop(session, "main", "custom_send", MORNING + HOUR, "45009", MORNING)
    accounts.stop(session, "main", "template_send", MORNING - HOUR, "45009", MORNING - 2 * HOUR)


def _task(due_at: datetime, state: TaskState) -> Task:
    key = f"{due_at.isoformat()}:{state}"
    return Task(
        kind="x", payload={}, due_at=due_at, state=state, unique_key=key, created_at=MORNING
    )


def _message(person_id: int, number: int, more: Mapping[str, Any]) -> OutboxMessage:
    said = {"account": "main", "template": "x", "context": {}, "unique_key": f"sign:{number}"}
    times = {"created_at": MORNING, "not_before": MORNING}
    return OutboxMessage(person_id=person_id, **{**said, **times, **more})
