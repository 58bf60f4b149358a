"""The door on a real socket, with an answer function small enough to see through."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from sqlalchemy import Column, Integer, String, Table, func, insert, select
from sqlalchemy.orm import Session

from app.asgi import Application, as_asgi
from app.logs import Numbers
from app.wechat.intake import Desk, Intake, write_here
from app.wechat.keys import AccountKeys
from app.wechat.limit import MinuteLimit
from app.wechat.webhook import Webhook
from bots.message import IncomingMessage
from models.base import Base, Database, Made
from models.inbox import InboxMessage
from tests.bench.servers import free_port, listens_on

from .sender import Sender

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
works = Table(
    "test_works",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(10)),
    Column("said", String(4000)),
)


@dataclass
class Door:
    """A webhook at work: what it did is in the store, what time it is is ours to say."""

    store: Database
    address: str = ""
    now: datetime = NOON
    answer: Callable[[Session, IncomingMessage, Any, datetime], str | None] | None = None
    on_failure: Callable[[Session, IncomingMessage, datetime], str] | None = None
    prepare: Callable[[IncomingMessage], Any] = lambda message: (message.text or "")[::-1]
    after_commit: Callable[[], None] | None = None
    seen: list[IncomingMessage] = field(default_factory=list)

    @property
    def at(self) -> int:
        return int(self.now.timestamp())

    def sender(self, account: str = "plain", **changes: Any) -> Sender:
        mode: Any = account if account in ("plain", "compatible", "secure") else "plain"
        return Sender(f"{self.address}/wechat/{account}", **({"mode": mode} | changes))

    def desk(self) -> Desk:
        return Desk(
            clock=lambda: self.now,
            answer=self.work,
            deliver_late=self.send_late,
            on_failure=self.give_up,
            limit=MinuteLimit(30),
        )

    def rows(self) -> list[InboxMessage]:
        with self.store.reading() as session:
            return list(session.scalars(select(InboxMessage).order_by(InboxMessage.id)))

    def done(self, kind: str) -> list[str]:
        with self.store.reading() as session:
            told = select(works.c.said).where(works.c.kind == kind).order_by(works.c.id)
            return list(session.scalars(told))

    def work(
        self, session: Session, message: IncomingMessage, understanding: Any, now: datetime
    ) -> str | None:
        self.seen.append(message)
        if self.answer:
            return self.answer(session, message, understanding, now)
        session.execute(insert(works).values(kind="work", said=message.text))
        count = session.scalar(select(func.count()).select_from(works))
        return f"第{count}件：{understanding}"

    def send_late(
        self, session: Session, inbox_id: int, message: IncomingMessage, reply: str, now: datetime
    ) -> None:
        session.execute(insert(works).values(kind="late", said=f"{inbox_id}:{reply}"))

    def give_up(self, session: Session, message: IncomingMessage, now: datetime) -> str:
        if self.on_failure:
            return self.on_failure(session, message, now)
        session.execute(insert(works).values(kind="handed", said=message.text))
        return "抱歉，已转给工作人员"


class SlowStore(Database):
    """The same store, with a moment after each commit that a test may fill."""

    def __init__(self, store: Database, door: Door) -> None:
        self.__dict__ = store.__dict__
        self._after = lambda: door.after_commit and door.after_commit()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            yield session
        self._after()

    def write(self, work: Callable[[Session], Made]) -> Made:
        made = super().write(work)
        self._after()
        return made


def accounts() -> dict[str, AccountKeys]:
    sender = Sender("")
    shared = (sender.app_id, sender.token, sender.aes_key)
    return {
        "plain": AccountKeys(*shared, "plain"),
        "compatible": AccountKeys(*shared, "compatible"),
        "secure": AccountKeys(*shared, "secure"),
        "mini": AccountKeys(*shared, "secure", "mini"),
    }


def opened(store: Database) -> Iterator[Door]:
    door = Door(store)
    slow, desk = SlowStore(store, door), door.desk()
    write = write_here(slow, desk)
    intake = Intake(slow, desk, lambda message: door.prepare(message), write)
    with served(as_asgi(Webhook(accounts().get, intake).answer, Numbers(0))) as door.address:
        yield door


@contextmanager
def served(application: Application) -> Iterator[str]:
    """By the server of the house, on a loop of its own."""
    port, loop = free_port(), asyncio.new_event_loop()
    started: Future[Server] = Future()

    async def serve() -> None:
        server = Server(
            application,
            port=port,
            interface=Interfaces.ASGINL,
            websockets=False,
            log_level=LogLevels.error,
        )
        server.on_startup(lambda: started.set_result(server))
        await server.serve()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    server = started.result(30)
    listens_on(port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join()
    loop.close()


def later(door: Door, seconds: float) -> None:
    door.now += timedelta(seconds=seconds)
