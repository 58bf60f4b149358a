"""Neighbours who write at the same moment get the tickets they would have got one by one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import demo_data
from app.wechat.intake import Delivery
from app.wsgi import make_desk
from bots import dialogue
from bots.message import IncomingMessage, MessageKind
from config.settings import Settings
from models.base import Database
from models.events import Event
from models.inbox import InboxMessage, Received
from models.outbox import OutboxMessage
from models.tickets.table import Assignment, Ticket
from tests.chat import shipped_lexicon

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SAID = (
    "3号楼楼道有人拉飞线给电瓶车充电",
    "物业费又涨价了，没有公示",
    "2号楼电梯困人了！",
    "小区门口垃圾堆了三天没人清",
    "你好",
    "业委会的账目从来不公开",
    "地下车库的车位被人占了",
    "楼上半夜还在装修，吵得睡不着",
    "消防通道停满了车",
    "路灯坏了归谁管",
    "天花板漏水，还有楼道灯也坏了",
    "那个地方不太行",
)
Take = Callable[[Session], Received]
TABLES = (Ticket, Event, OutboxMessage, Assignment, InboxMessage)


def test_neighbours_at_once_are_served_as_one_by_one(
    postgresql: Database, database: Database
) -> None:
    told: list[list[str]] = []
    counts: list[list[int]] = []
    for store, say in ((database, _one_by_one), (postgresql, _at_once)):
        with store.writing() as session:
            demo_data.fill(session, NOON)
        told.append([re.sub(r"#\d+", "#", one.reply or "") for one in say(store, _takes())])
        with store.reading() as session:
            counts.append(
                [session.scalar(select(func.count()).select_from(one)) or 0 for one in TABLES]
            )
    assert told[0] == told[1]
    assert counts[0] == counts[1]
    assert counts[1][-1] == len(SAID)


def _takes() -> list[Take]:
    desk = replace(make_desk(Settings()), clock=lambda: NOON)
    takes = []
    for number, text in enumerate(SAID):
        message = IncomingMessage(
            "main", f"o-neighbour-{number}", f"{number}", MessageKind.TEXT, NOON, text=text
        )
        delivery = Delivery(message, NOON, NOON + timedelta(seconds=4))
        heard = dialogue.hear(message, shipped_lexicon())
        takes.append(partial(desk.take, delivery, heard))
    return takes


def _one_by_one(store: Database, takes: Sequence[Take]) -> list[Received]:
    return [store.write(take) for take in takes]


def _at_once(store: Database, takes: Sequence[Take]) -> list[Received]:
    made = store.write_all(takes, [f"{number}" for number in range(len(takes))])
    assert not [one for one in made if isinstance(one, BaseException)]
    return made
