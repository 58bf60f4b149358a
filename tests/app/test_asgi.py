"""Pushes that share a thread, pages beside them: what each is answered, and what is kept."""

import asyncio
import re
import time
from collections.abc import Coroutine, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from app import demo_data
from app.asgi import STRANGERS_AT_THE_DOOR, Reception, make_reception
from app.house import LiveLexicon
from app.wechat import scribe
from app.wechat.webhook import BODY_BYTES
from bots import dialogue
from config.settings import Settings
from models.base import Database
from models.inbox import InboxMessage, Overtaken
from models.tracing import REQUEST
from tests.chat import shipped_lexicon
from tests.factories import MORNING
from tests.wechat.sender import Sender, text_push

SENDER = Sender("", token="t-asgi")
WIRE = "3号楼楼道有人拉飞线给电瓶车充电"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


class Asked(NamedTuple):
    """One request: its body comes in pieces, and a hang-up when there are no more."""

    path: str
    query: bytes = b""
    pieces: Sequence[bytes] = (b"",)
    headers: Sequence[tuple[bytes, bytes]] = ()
    method: str = "POST"
    hangs_up: bool = False
    waits: asyncio.Event | None = None  # for this before each piece


def push(text: str, number: int, openid: str = "", **more: Any) -> Asked:
    now = int(time.time())
    body = text_push(text, str(10_000 + number), openid or f"o-asgi-{number}", now).encode()
    return Asked("/wechat/main", urlencode(SENDER.query(now)).encode(), (body,))._replace(**more)


async def answered(reception: Reception, asked: Asked) -> Answer:
    last = len(asked.pieces) - (0 if asked.hangs_up else 1)
    coming = [
        {"type": "http.request", "body": piece, "more_body": number < last}
        for number, piece in enumerate(asked.pieces)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        await (asked.waits.wait() if asked.waits else asyncio.sleep(0))
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": asked.method,
        "path": asked.path,
        "query_string": asked.query,
        "headers": [(b"host", b"linli"), *asked.headers],
        "scheme": "http",
        "server": ("linli", 80),
        "client": ("127.0.0.1", 4711),
    }
    await reception(scope, receive, send)
    start, *bodies = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(one["body"] for one in bodies).decode())


def ask(reception: Reception, *asked: Asked) -> list[Answer]:
    """All at once on one loop, and in one context, as the server has them."""

    async def all_of_them() -> list[Answer]:
        shared, loop = copy_context(), asyncio.get_running_loop()
        async with asyncio.timeout(60):
            return await asyncio.gather(
                *(loop.create_task(answered(reception, one), context=shared) for one in asked)
            )

    return run(all_of_them())


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def made(store: Database, **more: Any) -> Reception:
    with store.writing() as session:
        demo_data.fill(session, MORNING)
    said = {"secret_key": "for-tests", "wechat_token": SENDER.token, "wechat_mode": "plain"}
    live = LiveLexicon(store, shipped_lexicon(), Path("unused"))
    return make_reception(Settings(**(said | more)), store, live)


def rows(store: Database) -> list[InboxMessage]:
    with store.reading() as session:
        return list(session.scalars(select(InboxMessage).order_by(InboxMessage.id)))


@pytest.fixture
def reception(store: Database) -> Reception:
    return made(store)


def test_neighbours_who_push_at_once_have_a_ticket_each(
    store: Database, reception: Reception
) -> None:
    answers = ask(reception, *(push(f"{n}号楼的路灯坏了", n) for n in range(1, 41)))
    numbers = [re.search(r"#(\d+)", one.body) for one in answers]
    assert len({found.group(1) for found in numbers if found}) == 40
    assert {one.headers["content-type"] for one in answers} == {"text/xml; charset=utf-8"}
    assert len(rows(store)) == 40


def test_repeats_that_come_at_once_are_worked_on_once(
    store: Database, reception: Reception
) -> None:
    answers = ask(reception, *[push(WIRE, 1)] * 3)
    assert len({one.body.partition("<Content>")[2] for one in answers}) == 1
    [row] = rows(store)
    assert row.deliveries == 3


def test_two_words_of_one_person_are_taken_one_after_the_other(
    store: Database, reception: Reception
) -> None:
    words = (push("我要报修", 1, "o-me"), push("3号楼路灯坏了", 2, "o-me"), push("你好", 3, "o-me"))
    assert [one.status for one in ask(reception, *words)] == [200] * 3
    assert [row.message_key for row in rows(store)] == ["10001", "10002", "10003"]


def test_pushes_that_wait_together_are_written_together_but_for_those_of_one_person(
    store: Database, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    together: list[Sequence[Any]] = []
    write_all = store.write_all

    def noted(works: Sequence[Any], whose: Sequence[Any]) -> list[Any]:
        together.append(whose)
        return write_all(works, whose)

    monkeypatch.setattr(store, "write_all", noted)
    asked = [push("你好", number, f"o-{number % 20}") for number in range(60)]
    assert {one.status for one in ask(reception, *asked)} == {200}
    assert sum(map(len, together)) == 60 and len(together) < 20
    assert all(len(set(whose)) == len(whose) for whose in together)


def test_one_who_was_overtaken_is_worked_on_again(
    store: Database, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all, asked = store.write_all, []

    def overtaken_once(works: Sequence[Any], whose: Sequence[Any]) -> list[Any]:
        asked.append(whose)
        return [Overtaken()] if len(asked) == 1 else write_all(works, whose)

    monkeypatch.setattr(store, "write_all", overtaken_once)
    [answer] = ask(reception, push(WIRE, 1))
    assert "已受理" in answer.body and len(asked) == 2


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_store_that_fails_as_a_whole_fails_those_who_asked_and_nobody_after(
    store: Database, reception: Reception, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    write_all, asked = store.write_all, []

    def failing_once(works: Sequence[Any], whose: Sequence[Any]) -> list[Any]:
        asked.append(whose)
        if len(asked) == fails_at:
            raise OSError
        return [Overtaken()] if len(asked) == 1 else write_all(works, whose)

    monkeypatch.setattr(store, "write_all", failing_once)
    assert ask(reception, push(WIRE, 1))[0].status == 503
    assert [row.outcome for row in rows(store)] == ["pending"]
    assert [one.status for one in ask(reception, push(WIRE, 1), push(WIRE, 2))] == [200] * 2


def test_a_body_in_pieces_is_put_together_and_one_without_end_is_refused(
    store: Database, reception: Reception
) -> None:
    whole = push(WIRE, 1)
    [body] = whole.pieces
    pieces = [body[at : at + 50] for at in range(0, len(body), 50)]
    put_together, large, hung_up = ask(
        reception,
        whole._replace(pieces=pieces),
        push(WIRE, 2, pieces=[b"<" * 1000] * (BODY_BYTES // 1000 + 2)),
        push(WIRE, 3, pieces=[body[:50]], hangs_up=True),
    )
    assert (put_together.status, large.status, hung_up.status) == (200, 413, 400)
    assert [row.message_key for row in rows(store)] == ["10001"]


def test_while_the_store_is_held_pages_are_served_and_pushes_wait(
    store: Database, reception: Reception
) -> None:
    served_first: list[str] = []

    async def both() -> Answer:
        with store.writing() as session:
            session.execute(select(1))
            if not store.is_sqlite:
                session.connection().exec_driver_sql("LOCK TABLE inbox")
            pushed = asyncio.create_task(answered(reception, push(WIRE, 1)))
            page = await answered(reception, Asked("/healthz", method="GET"))
            served_first.append(f"{page.status} {pushed.done()}")
        return await pushed

    assert "#" in run(both()).body
    assert served_first == ["200 False"]


def test_a_failure_takes_nobody_with_it_and_what_was_said_is_kept(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = dialogue.answer

    def fail_for_one(session: Any, message: Any, *arguments: Any) -> Any:
        if message.key == "10009":
            raise LookupError
        return answer(session, message, *arguments)

    monkeypatch.setattr(dialogue, "answer", fail_for_one)
    reception = made(store)
    well, ill, late = ask(reception, push(WIRE, 1), push(WIRE, 9), push("你好", 2))
    assert (well.status, ill.status, late.status) == (200, 503, 200)
    [kept] = [row for row in rows(store) if row.message_key == "10009"]
    assert (kept.outcome, kept.kept and kept.kept["text"]) == ("pending", WIRE)
    again = [ask(reception, push(WIRE, 9))[0] for _ in range(2)]
    assert [one.status for one in again] == [503, 200]
    assert "对不起" in again[1].body


def test_what_is_logged_of_a_push_says_its_number_though_others_came_by(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reception = made(store, trusted_proxies=1)
    numbers: list[tuple[str, str]] = []

    def failing(_: Sequence[Any], whose: Sequence[Any]) -> list[Any]:
        return [LookupError() for _ in whose]

    def noted(event: str, **said: Any) -> None:
        numbers.append((event, REQUEST.get()))

    monkeypatch.setattr(store, "write_all", failing)
    monkeypatch.setattr("app.wechat.intake.log.error", noted, raising=False)
    monkeypatch.setattr("app.wechat.webhook.log.warning", noted, raising=False)
    asked = []
    for number in range(4):
        its_own = [(b"x-request-id", f"proxy-{number}".encode())]
        asked.append(push(WIRE, number, headers=its_own))
        if number == 3:
            asked[-1] = asked[-1]._replace(pieces=[b"<xml>", b"</xml>"], hangs_up=True)
    assert [one.status for one in ask(reception, *asked)] == [503] * 3 + [400]
    failed = [("work_failed", f"proxy-{number}") for number in range(3)]
    assert sorted(numbers) == [("push_refused", "proxy-3"), *failed]


def test_who_has_waited_too_long_is_told_to_come_again(
    store: Database, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scribe, "LOCK_SECONDS", -1.0)
    [answer] = ask(reception, push(WIRE, 1))
    assert (answer.status, rows(store)) == (503, [])


def test_pages_read_forms_in_chunks_and_addresses_in_ascii(
    store: Database, reception: Reception
) -> None:
    [page] = ask(reception, Asked("/console/sign-in", method="GET"))
    token = TOKEN.search(page.body)
    assert token is not None
    form = Asked(
        "/console/sign-in",
        pieces=[b"csrf_token=", token[1].encode(), b"&name=nobody", b"&password=wrong"],
        headers=[
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"cookie", page.headers["set-cookie"].partition(";")[0].encode()),
        ],
    )
    odd = Asked("/p/", "q=你".encode(), method="GET")
    plain = Asked("/wechatter", method="GET")
    assert [one.status for one in ask(reception, odd, plain)] == [400, 404]
    [refused] = ask(reception, form)
    assert refused.status == 401, "its token was read, and the name and the word"
    assert "nobody" in refused.body


def test_the_door_knows_its_accounts_and_methods(reception: Reception) -> None:
    answers = ask(
        reception,
        Asked("/wechat/nobody", pieces=[b"<xml/>"]),
        Asked("/wechat/main", method="PUT"),
        Asked("/wechat/main", b"signature=x&timestamp=1&nonce=2", [b"<xml/>"]),
    )
    assert [one.status for one in answers] == [404, 405, 403]


def test_strangers_who_never_end_leave_the_door_to_those_who_are_known(
    store: Database, reception: Reception
) -> None:
    async def crowd() -> tuple[int, Answer, Answer]:
        never = asyncio.Event()
        slow = [
            asyncio.create_task(answered(reception, stranger._replace(waits=never)))
            for _ in range(STRANGERS_AT_THE_DOOR)
        ]
        await asyncio.sleep(0.1)
        waiting = sum(not one.done() for one in slow)
        too_many = await answered(reception, stranger)
        known = await answered(reception, push(WIRE, 1))
        never.set()
        await asyncio.gather(*slow)
        return waiting, too_many, known

    stranger = Asked("/wechat/main", b"signature=x&timestamp=1&nonce=2", [b"<xml>", b"</xml>"])
    waiting, too_many, known = run(crowd())
    assert (waiting, too_many.status, known.status) == (STRANGERS_AT_THE_DOOR, 503, 200)
    assert [one.status for one in ask(reception, stranger)] == [403], "there are places again"
