"""One process writes for all web processes: what it keeps, and what happens without it."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wechat import writer
from app.wechat.intake import Delivery, Write, write_here
from app.wechat.writer import FailedElsewhere, Writer, WriterClient
from app.writing import BACKLOG
from bots.dialogue import Heard
from bots.message import IncomingMessage, MessageKind
from bots.places_in_text import PlaceMention
from bots.splitting import Part
from bots.understand import Evidence, Understanding
from models.base import Database
from models.errors import StoreBusy
from models.inbox import Outcome, Received

from .door import NOON, Door

SAID = "路灯坏了"
HEARD = Heard(SAID, None)


def delivery(key: str = "1", openid: str = "o-a", text: str = SAID) -> Delivery:
    message = IncomingMessage("main", openid, key, MessageKind.TEXT, NOON, text=text)
    return Delivery(message, NOON, NOON + timedelta(seconds=4))


def listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path))
    listener.listen()
    return listener


@contextmanager
def turning(one: Writer) -> Iterator[None]:
    """Has the writer look for jobs in a thread of this process."""
    is_over = threading.Event()

    def turn() -> None:
        while not is_over.is_set():
            one.look(0.02)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        one.close()


def at_once(speak: Callable[[int], None], many: int) -> None:
    threads = [threading.Thread(target=speak, args=[number]) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


class Asking:
    """A client on its own loop, asked from any thread."""

    def __init__(self, address: Path, write_here: Write) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.client = WriterClient(str(address), write_here)

    def post(self, job: Delivery, heard: Heard) -> "Future[Received]":
        return asyncio.run_coroutine_threadsafe(self.client.write(job, heard), self._loop)

    def settle(self) -> None:
        """Until all that was posted has been sent."""
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result(60)

    def write(self, job: Delivery, heard: Heard) -> Received:
        return self.post(job, heard).result(60)

    def close(self) -> None:
        async def hang_up() -> None:
            self.client.hang_up()

        asyncio.run_coroutine_threadsafe(hang_up(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def here(door: Door) -> Write:
    return write_here(door.store, door.desk())


async def nowhere(_: Delivery, __: Heard) -> Received:
    raise AssertionError("the writer should have written this")


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # a socket's name holds no more than a hundred characters
    return Path("writer")


@pytest.fixture
def door(database: Database) -> Door:
    database.write(lambda session: session.connection().exec_driver_sql(WORKS))
    return Door(database)


WORKS = "CREATE TABLE IF NOT EXISTS test_works (id INTEGER PRIMARY KEY, kind TEXT, said TEXT)"


@pytest.fixture
def client(door: Door, address: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 60)  # on a busy machine
    with (
        listening(address) as listener,
        turning(Writer(listener, door.store, door.desk())),
        closing(Asking(address, nowhere)) as client,
    ):
        yield client


def test_what_is_heard_in_one_process_is_kept_by_the_other(door: Door, client: Asking) -> None:
    received = client.write(delivery(), HEARD)
    assert (received.outcome, received.deliveries) == (Outcome.ANSWERED, 1)
    assert received.reply == f"第1件：{HEARD}"
    [row] = door.rows()
    assert (row.reply, row.received_at) == (received.reply, NOON)


def test_a_repeat_gets_the_reply_that_was_kept(door: Door, client: Asking) -> None:
    first = client.write(delivery(), HEARD)
    again = client.write(delivery(), HEARD)
    assert (again.reply, again.deliveries) == (first.reply, 2)
    assert len(door.done("work")) == 1


def test_many_threads_are_answered_each_with_its_own(door: Door, client: Asking) -> None:
    wrong: list[str] = []

    def speak(number: int) -> None:
        for turn in range(10):
            text = f"{number}-{turn}"
            reply = client.write(delivery(text, f"o-{number}", text), Heard(text, None)).reply
            if f"text='{text}'" not in (reply or ""):
                wrong.append(text)

    at_once(speak, 8)
    assert wrong == []
    assert len(door.rows()) == len(door.done("work")) == 80


def test_a_crowd_of_lines_is_let_in_at_once_and_written_in_few_commits(
    door: Door, address: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 60)
    many: list[int] = []
    write_all = door.store.write_all

    def noted(works: Sequence[Any]) -> list[Any]:
        many.append(len(works))
        return write_all(works)

    monkeypatch.setattr(door.store, "write_all", noted)
    with listening(address) as listener, closing(Asking(address, nowhere)) as client:
        listener.listen(BACKLOG)
        one = Writer(listener, door.store, door.desk())
        asked = [client.post(delivery(str(n), f"o-{n}"), HEARD) for n in range(200)]
        client.settle()
        for _ in range(3):
            one.look(0.0)
        assert {of_one.result(60).outcome for of_one in asked} == {Outcome.ANSWERED}
        one.close()
    assert sum(many) == 200 and len(many) <= 200 // writer.MOST_JOBS + 1


def test_work_that_fails_takes_nothing_of_the_others_with_it(door: Door, client: Asking) -> None:
    def answer(_: object, message: IncomingMessage, __: object, ___: datetime) -> str:
        if message.text == "坏":
            raise LookupError
        return "好"

    door.answer = answer
    failed: list[str] = []

    def speak(number: int) -> None:
        text = "坏" if number % 3 == 0 else "好"
        try:
            client.write(delivery(str(number), f"o-{number}", text), HEARD)
        except FailedElsewhere:
            failed.append(text)

    at_once(speak, 9)
    assert failed == ["坏"] * 3
    assert [row.reply for row in door.rows()] == ["好"] * 6


def test_deliveries_of_one_message_that_wait_together_are_worked_on_once(
    door: Door, address: Path
) -> None:
    with listening(address) as listener, closing(Asking(address, nowhere)) as client:
        one = Writer(listener, door.store, door.desk())
        first = [client.post(delivery(f"first-{number}"), HEARD) for number in range(3)]
        while not all(one_of.done() for one_of in first):
            one.look(0.02)
        asked = [client.post(delivery(key), HEARD) for key in ("other", "same", "same")]
        time.sleep(0.2)  # until all of them have asked
        while not all(one_of.done() for one_of in asked):
            one.look(0.02)
        replies = {one_of.result().reply for one_of in asked}
        one.close()
    keys = [message.key for message in door.seen]
    assert (keys.count("same"), keys.count("other"), len(replies)) == (1, 1, 2)
    assert sorted(row.deliveries for row in door.rows()) == [1, 1, 1, 1, 2]


def test_a_store_that_is_busy_has_the_platform_repeat(
    door: Door, client: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise StoreBusy

    with monkeypatch.context() as at_first:
        at_first.setattr(door.store, "write_all", busy)
        with pytest.raises(StoreBusy):
            client.write(delivery(), HEARD)
    assert client.write(delivery(), HEARD).deliveries == 1


def test_what_is_too_large_to_send_is_written_here(door: Door, client: Asking) -> None:
    with closing(Asking(Path(client.client._address), here(door))) as larger:
        received = larger.write(delivery(text="长" * writer.MOST_BYTES), HEARD)
    assert received.outcome is Outcome.ANSWERED


def test_without_a_writer_each_writes_for_itself(door: Door, address: Path) -> None:
    with closing(Asking(address, here(door))) as client:
        assert client.write(delivery(), HEARD).outcome is Outcome.ANSWERED
        with listening(address):
            pass  # gone again, with its name left behind
        assert client.write(delivery("2"), HEARD).outcome is Outcome.ANSWERED


def test_a_writer_that_dies_after_its_commit_leaves_a_repeat(door: Door, address: Path) -> None:
    listener = listening(address)

    def die() -> None:
        client, _ = listener.accept()
        client.recv(writer.MOST_BYTES)
        door.store.write(partial(door.desk().take, delivery(), HEARD))
        listener.close()
        client.close()

    dying = threading.Thread(target=die)
    dying.start()
    with closing(Asking(address, here(door))) as client:
        received = client.write(delivery(), HEARD)
    dying.join()
    assert (received.deliveries, len(door.done("work"))) == (2, 1)


def test_after_a_writer_that_died_the_next_is_asked(door: Door, address: Path) -> None:
    with listening(address) as listener, closing(Asking(address, here(door))) as client:
        for key in ("1", "2"):
            with turning(Writer(listener, door.store, door.desk())):
                assert client.write(delivery(key), HEARD).outcome is Outcome.ANSWERED


def test_a_writer_that_does_not_answer_is_not_waited_for(
    door: Door, address: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.05)
    with listening(address) as listener, closing(Asking(address, nowhere)) as client:
        with pytest.raises(StoreBusy):
            client.write(delivery(), HEARD)
        monkeypatch.setattr(writer, "PATIENCE_SECONDS", 60)
        with turning(Writer(listener, door.store, door.desk())):
            time.sleep(0.1)  # it does what it was asked, for nobody
            assert client.write(delivery(), HEARD).deliveries == 2


def test_what_is_no_job_costs_its_sender_the_connection(client: Asking, address: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
        stranger.connect(str(address))
        stranger.send(b"\xc1")
        assert stranger.recv(1) == b""
    assert client.write(delivery(), HEARD).outcome is Outcome.ANSWERED


words = st.text(max_size=12)
weights = st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(timezones=st.just(UTC))
understandings = st.builds(
    Understanding,
    confidence=weights,
    evidence=st.lists(st.builds(Evidence, weight=weights)).map(tuple),
    place=st.none() | st.builds(PlaceMention),
    alternatives=st.lists(st.tuples(words, weights)).map(tuple),
)
messages = st.builds(
    IncomingMessage,
    sent_at=moments,
    text=st.none() | words,
    latitude=st.none() | weights,
    longitude=st.none() | weights,
    extra=st.dictionaries(
        words, st.recursive(words, lambda inner: st.lists(inner) | st.dictionaries(words, inner))
    ),
)
heard = st.builds(
    Heard,
    understanding=st.none() | understandings,
    parts=st.lists(st.builds(Part, meant=understandings), max_size=2).map(tuple),
    things=st.frozensets(words),
)


@given(st.builds(Delivery, messages, moments, moments), heard)
def test_a_job_arrives_as_it_was_sent(sent: Delivery, meant: Heard) -> None:
    assert writer._read_job(writer._pack((sent, meant))) == (sent, meant)
