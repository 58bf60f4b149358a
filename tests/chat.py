"""Talks to the dialogue as people do: `say("楼道有人飞线充电")` returns what they read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bots import dialogue
from bots.lexicon import Lexicon, load_lexicon
from bots.message import EventKind, IncomingMessage, MessageKind
from bots.rendering import render
from models.base import Database
from models.outbox import Delivery, OutboxMessage
from models.people import Identity
from models.places import estate_names

_keys = count(1)


@cache
def shipped_lexicon() -> Lexicon:
    return load_lexicon()


@dataclass
class Town:
    """小镇 — a store, a clock that tests move, and the people who chat."""

    database: Database
    now: datetime
    lexicon: Lexicon = field(init=False)

    def __post_init__(self) -> None:
        with self.database.reading() as session:
            self.lexicon = shipped_lexicon().with_places(estate_names(session))

    def later(self, **duration: float) -> datetime:
        self.now += timedelta(**duration)
        return self.now

    def person(self, openid: str) -> "Talker":
        return Talker(self, openid)

    def look(self, query: Callable[[Session], Any]) -> Any:
        with self.database.reading() as session:
            return query(session)


@dataclass
class Talker:
    """说话人 — one openid; what is said comes back as the text the phone shows."""

    town: Town
    openid: str
    account: str = "main"

    def say(self, text: str) -> str:
        return self.send(kind=MessageKind.TEXT, text=text)

    def photo(self, media_id: str = "photo-1") -> str:
        return self.send(kind=MessageKind.IMAGE, media_id=media_id, pic_url="http://pic")

    def voice(self, recognition: str | None) -> str:
        return self.send(kind=MessageKind.VOICE, media_id="voice-1", recognition=recognition)

    def tap(self, key: str) -> str:
        return self.event(EventKind.CLICK, event_key=key)

    def scan(self, scene: str) -> str:
        return self.event(EventKind.SCAN, scene=scene)

    def event(self, event: EventKind, **fields: Any) -> str:
        return self.send(kind=MessageKind.EVENT, event=event, **fields)

    def send(self, **fields: Any) -> str:
        message = IncomingMessage(
            account=self.account,
            openid=self.openid,
            key=f"test-{next(_keys)}",
            sent_at=self.town.now,
            **fields,
        )
        heard = dialogue.hear(message, self.town.lexicon)
        with self.town.database.writing() as session:
            return dialogue.answer(session, message, heard, self.town.now) or ""

    @property
    def person_id(self) -> int:
        return int(
            self.town.look(
                lambda session: session.scalar(
                    select(Identity.person_id).where(Identity.openid == self.openid)
                )
            )
        )

    def received(self) -> list[str]:
        """Every message that is to reach this person by push, oldest first."""

        def find(session: Session) -> list[str]:
            rows = session.scalars(
                select(OutboxMessage)
                .where(
                    OutboxMessage.person_id == self.person_id,
                    OutboxMessage.state != Delivery.CANCELLED,
                )
                .order_by(OutboxMessage.id)
            )
            return [render(one.template, one.context) for one in rows]

        found: list[str] = self.town.look(find)
        return found
