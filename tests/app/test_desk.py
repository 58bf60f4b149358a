"""The desk behind the door: who goes while writing, who comes in twice, whose neighbour fails."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import demo_data
from app.wechat.intake import Answered, Delivery, Desk, Intake, write_here
from app.wechat.limit import MinuteLimit
from app.wsgi import make_desk
from bots import dialogue
from bots.message import EventKind, IncomingMessage, MessageKind
from config.settings import Settings
from models import inbox
from models.base import Database
from models.inbox import InboxMessage, Outcome, Received
from models.people import Identity
from models.tickets.table import Ticket
from tests.chat import shipped_lexicon

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ME = "o-me"
WIRE = "3号楼楼道有人拉飞线给电瓶车充电"
Answer = Callable[[Session, IncomingMessage, Any, datetime], str | None]


@pytest.fixture(autouse=True)
def quarter(request: pytest.FixtureRequest) -> None:
    """The demo people live in whichever store the test asked for."""
    for name in {"store", "database", "postgresql"} & set(request.fixturenames):
        with request.getfixturevalue(name).writing() as session:
            demo_data.fill(session, NOON)


def desk() -> Desk:
    return replace(make_desk(Settings()), clock=lambda: NOON)


def delivery(key: str, text: str | None = None, openid: str = ME, **said: Any) -> Delivery:
    kind = MessageKind.EVENT if text is None else MessageKind.TEXT
    message = IncomingMessage("main", openid, key, kind, NOON, text=text, **said)
    return Delivery(message, NOON, NOON + timedelta(seconds=4))


def intake(store: Database, at: Desk) -> Intake:
    return Intake(store, at, heard, write_here(store, at))


def taken(door: Intake, delivered: Delivery) -> Answered:
    return asyncio.run(door.take(delivered))


def heard(message: IncomingMessage) -> dialogue.Heard:
    return dialogue.hear(message, shipped_lexicon())


def senders(store: Database) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(InboxMessage.openid)))


def test_who_erases_themselves_leaves_no_openid_not_even_with_that_message(
    store: Database,
) -> None:
    door = intake(store, desk())
    for number, text in enumerate(("你好", "隐私", "2")):
        taken(door, delivery(str(number), text))
    assert "已删除" in (taken(door, delivery("9", "1")).text or "")
    assert len(senders(store)) == 4 and ME not in senders(store)
    taken(door, delivery("10", "你好"))
    assert senders(store).count(ME) == 1


def test_who_cancels_at_the_platform_is_erased(store: Database) -> None:
    door = intake(store, desk())
    taken(door, delivery("1", "你好"))
    taken(door, delivery("2", event=EventKind.AUTHORIZATION_CANCELLED))
    assert len(senders(store)) == 2 and ME not in senders(store)
    taken(door, delivery("2", event=EventKind.AUTHORIZATION_CANCELLED))
    assert not has_identity(store) and len(senders(store)) == 2


def test_a_repeat_of_the_message_that_erased_somebody_makes_nobody_of_them_again(
    store: Database,
) -> None:
    door = intake(store, desk())
    for number, text in enumerate(("你好", "隐私", "2")):
        taken(door, delivery(str(number), text))
    farewell = taken(door, delivery("9", "1"))
    assert taken(door, delivery("9", "1")) == farewell
    assert not has_identity(store)
    assert taken(door, delivery("2", "2")).text is None, "what was said before is emptied"
    assert not has_identity(store)
    with store.reading() as session:
        deliveries = select(InboxMessage.deliveries).order_by(InboxMessage.id)
        assert list(session.scalars(deliveries)) == [1, 1, 2, 2]
    assert "已删除" not in (taken(door, delivery("10", "1")).text or "")
    assert has_identity(store), "a word of their own begins anew"


def has_identity(store: Database) -> bool:
    with store.reading() as session:
        return session.scalar(select(Identity.id).where(Identity.openid == ME)) is not None


def test_the_inbox_has_room_for_the_names_of_all_kinds() -> None:
    room = InboxMessage.__table__.c.kind.type.length  # type: ignore[attr-defined]
    assert max(len(kind) for kind in (*EventKind, *MessageKind)) <= room


@pytest.mark.parametrize("is_known", [True, False])
def test_twins_in_several_processes_are_served_once_and_call_nobody(
    postgresql: Database, is_known: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    if is_known:
        taken(intake(postgresql, desk()), delivery("1", "你好"))
    meeting, has_met = threading.Barrier(3), threading.local()
    answer = desk().answer

    def answer_together(session: Session, *told: Any) -> str | None:
        if not getattr(has_met, "once", False):
            has_met.once = True
            meeting.wait(10)
        return answer(session, *told)

    address = postgresql.url.render_as_string(hide_password=False)
    processes = [Database(address) for _ in range(3)]
    doors = [intake(one, replace(desk(), answer=answer_together)) for one in processes]
    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda door: taken(door, delivery("2", WIRE)).text, doors))
    for one in processes:
        one.dispose()
    # What is undone has drawn a number: it need not be the first.
    assert len(set(told)) == 1 and "已受理 #" in (told[0] or "")
    with postgresql.reading() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1
        mine = select(func.count()).where(Identity.openid == ME)
        assert session.scalar(mine) == 1
        of_twins = select(InboxMessage.deliveries).where(InboxMessage.message_key == "2")
        assert session.scalars(of_twins).all() == [3]
    assert "work_failed" not in "".join(capfd.readouterr())


def test_a_failure_whose_twin_did_not_fail_is_answered_like_the_twin(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> str:
        raise LookupError

    well, ill = intake(postgresql, desk()), intake(postgresql, replace(desk(), answer=fail))
    receive = inbox.receive
    looks: list[Any] = []

    def receive_and_be_overtaken(session: Session, letter: inbox.Letter) -> Received:
        found = receive(session, letter)
        looks.append(letter)
        if len(looks) == 2:  # the one that is about to keep the failure
            looks.append(taken(well, delivery("1", "你好")).text)
        return found

    monkeypatch.setattr(inbox, "receive", receive_and_be_overtaken)
    told = taken(ill, delivery("1", "你好")).text
    assert told and told in looks
    with postgresql.reading() as session:
        assert session.scalars(select(InboxMessage.deliveries)).all() == [2]


def test_what_is_worked_on_twice_for_a_neighbours_fault_counts_once(database: Database) -> None:
    answer = desk().answer

    def answer_all_but_one(session: Session, message: IncomingMessage, *told: Any) -> str | None:
        if message.openid != ME:
            raise LookupError
        return answer(session, message, *told)

    at = replace(desk(), answer=answer_all_but_one, limit=MinuteLimit(4))
    ends: Sequence[Received | BaseException] = []
    for number in range(5):
        jobs = [delivery(str(number), "你好", openid) for openid in (ME, f"o-{number}")]
        ends = database.write_all([partial(at.take, one, heard(one.message)) for one in jobs])
        assert isinstance(ends[1], LookupError)
        assert isinstance(ends[0], Received)
        assert (ends[0].outcome is Outcome.LIMITED) == (number == 4)
