"""What every request of the console, the pages and the API shares: one store, words, clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from app.house import LiveLexicon, now
from app.limits import SharedLimit
from bots.lexicon import Lexicon
from config.settings import Settings
from jobs.channels.wechat_client import WeChatClient
from models.base import Database
from models.outside_table import OutsideSystem

OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Office:
    """办公室 — the parts that every request of the site finds there."""

    database: Database
    settings: Settings
    client: WeChatClient
    clock: Callable[[], datetime]
    lexicon: Callable[[], Lexicon]
    # Whoever has the same allowance is counted apart in one.
    allowance: Callable[[int], SharedLimit]

    def is_asked_too_often(self, system: OutsideSystem, at: datetime) -> bool:
        """Counts this call, by whichever door it came."""
        return self.allowance(system.per_minute).is_over(OUTSIDE, str(system.id), at)


def make_office(
    database: Database, settings: Settings, clock: Callable[[], datetime] = now
) -> Office:
    """The lexicon is that of the moment; it is built when somebody first needs it."""
    live = cache(partial(LiveLexicon.load, database, settings))
    client = WeChatClient(database, settings)
    allowance = cache(partial(SharedLimit, settings.redis_url))
    return Office(database, settings, client, clock, lambda: live().current(), allowance)
