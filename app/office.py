"""What every request of the console, the pages and the API shares: one store, words, clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from app.house import LiveLexicon, now
from bots.lexicon import Lexicon
from config.settings import Settings
from jobs.channels.wechat_client import WeChatClient
from models.base import Database


@dataclass(frozen=True, slots=True)
class Office:
    """办公室 — the parts that every request of the site finds there."""

    database: Database
    settings: Settings
    client: WeChatClient
    clock: Callable[[], datetime]
    lexicon: Callable[[], Lexicon]


def make_office(
    database: Database, settings: Settings, clock: Callable[[], datetime] = now
) -> Office:
    """The lexicon is that of the moment; it is built when somebody first needs it."""
    live = cache(partial(LiveLexicon.load, database, settings))
    client = WeChatClient(database, settings)
    return Office(database, settings, client, clock, lambda: live().current())
