"""One process's own store, words and keys: what every door and command starts from."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from bots.lexicon import Lexicon, load_lexicon
from config.settings import Settings
from models.base import Database
from models.places import estate_names
from models.quiet_hours import QuietHours
from models.sealing import KEYRING

LOOK_SECONDS = 2.0  # how soon a new estate's name is understood


def now() -> datetime:
    return datetime.now(UTC)


def open_database(settings: Settings, statement_seconds: float | None = None) -> Database:
    """The store of the settings, with the keys for its personal columns."""
    KEYRING.use(settings.data_keys)
    QuietHours.is_kept = settings.quiet_hours
    return Database(
        settings.database,
        synchronous=settings.sqlite_synchronous,
        statement_seconds=statement_seconds,
    )


@dataclass
class LiveLexicon:
    """词库快照 — the words in force with the names of our estates, swapped whole when they change.

    `current()` never waits: one thread at a time looks, the others use what is there.
    """

    database: Database
    base: Lexicon

    def __post_init__(self) -> None:
        self._names: dict[str, str] = {}
        self._lexicon = self.base
        self._looked = 0.0
        self._looking = threading.Lock()

    @classmethod
    def load(cls, database: Database, settings: Settings) -> "LiveLexicon":
        return cls(database, load_lexicon(settings.data_dir / "words"))

    def current(self) -> Lexicon:
        if time.monotonic() - self._looked > LOOK_SECONDS and self._looking.acquire(False):
            try:
                self._look()
            finally:
                self._looked = time.monotonic()
                self._looking.release()
        return self._lexicon

    def _look(self) -> None:
        with self.database.reading() as session:
            names = estate_names(session)
        if names != self._names:
            self._lexicon = self.base.with_places(names)
            self._names = names
