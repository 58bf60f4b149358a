"""One process's own store, words and keys: what every door and command starts from."""

import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bots import wording
from bots.lexicon import Lexicon, load_lexicon
from bots.lexicon_files import FOLDER
from bots.regression import broken, load_sentences
from bots.taught import POLICY, Words, taught, words_of
from config.settings import Settings
from models import policies
from models.base import Database
from models.busy import BUSY
from models.places import estate_names
from models.quiet_hours import QuietHours
from models.sealing import KEYRING

# How soon a change of words or of an estate's name is seen; building the words takes about as long.
LOOK_SECONDS = 0.5

Files = list[tuple[str, int, int]]

log = structlog.get_logger(__name__)


def now() -> datetime:
    return datetime.now(UTC)


def open_database(settings: Settings, statement_seconds: float | None = None) -> Database:
    """The store of the settings, with the keys for its personal columns."""
    KEYRING.use(settings.data_keys)
    QuietHours.is_kept = settings.quiet_hours
    database = Database(
        settings.database,
        synchronous=settings.sqlite_synchronous,
        statement_seconds=statement_seconds,
    )
    if settings.redis_url:
        # Not loaded where there is nobody to wake: it takes a tenth of a start.
        database.ring = import_module("jobs.wake").make_bell(settings.redis_url).ring
    return database


def words_cache(settings: Settings) -> Path:
    """Where the parsed dictionary is kept between starts."""
    return settings.data_dir / "words"


def media_folder(settings: Settings) -> Path:
    """Where photos lie."""
    return settings.data_dir.absolute() / "media"


def shipped_words(settings: Settings) -> Lexicon:
    """The words of the files as they are now; read once, and forked workers share that."""
    return _read_words(words_cache(settings), tuple(_files_as_they_are()))


@lru_cache(maxsize=1)
def _read_words(cache: Path, files: tuple[tuple[str, int, int], ...]) -> Lexicon:
    return load_lexicon(cache)


@dataclass
class LiveLexicon:
    """词库快照 — the words in force: the files, what was taught, the names of our estates.

    Swapped whole when one of them changes. One thread at a time looks and builds; the others use
    what is there.
    """

    database: Database
    base: Lexicon
    cache: Path

    def __post_init__(self) -> None:
        self._names: dict[str, str] = {}
        self._revision = policies.AS_SHIPPED
        self._words: Words = {}
        self._files = _files_as_they_are()
        self._lexicon = self.base
        self._looked = 0.0
        self._looking = threading.Lock()

    @classmethod
    def load(cls, database: Database, settings: Settings) -> "LiveLexicon":
        return cls(database, shipped_words(settings), words_cache(settings))

    @property
    def last(self) -> Lexicon:
        """As they were when somebody last looked: for who can not wait for that."""
        return self._lexicon

    def follow(self, is_over: threading.Event) -> None:
        """Looks for others until then; also after it failed, as where a file is being replaced."""
        while not is_over.wait(LOOK_SECONDS):
            try:
                self.current()
            except Exception as failure:
                log.error("lexicon_look_failed", kind=type(failure).__name__)

    def current(self) -> Lexicon:
        if time.monotonic() - self._looked > LOOK_SECONDS and self._looking.acquire(False):
            try:
                self._look()
            except (SQLAlchemyError, *BUSY) as failure:
                # What is there still understands; whoever needs the store will say what is wrong.
                log.warning("lexicon_look_failed", kind=type(failure).__name__)
            finally:
                self._looked = time.monotonic()
                self._looking.release()
        return self._lexicon

    def _look(self) -> None:
        with self.database.reading() as session:
            names, revision = estate_names(session), policies.revision(session)
            words = self._words
            if revision != self._revision:
                wording.follow(session)
                last = policies.current(session, POLICY)
                words = words_of(last.body if last else {})
        if names != self._names or words != self._words:
            self._swap(taught(self.base.with_places(names), words))
        self._names, self._words, self._revision = names, words, revision
        files = _files_as_they_are()
        if files != self._files:
            self._files = files
            self._read_files_again()

    def _read_files_again(self) -> None:
        """Files that can not be read, or that understand less than before, are not taken."""
        try:
            base = load_lexicon(self.cache)
            sentences = load_sentences()
        except (OSError, ValueError, LookupError) as problem:
            log.error("lexicon_files_unreadable", problem=str(problem))
            return
        fresh = taught(base.with_places(self._names), self._words)
        if breaks := broken(sentences, self._lexicon, fresh):
            log.error("lexicon_files_refused", sentences=len(breaks))
            return
        self.base = base
        self._swap(fresh)

    def _swap(self, fresh: Lexicon) -> None:
        self._lexicon = fresh
        log.info("lexicon_swapped")


def _files_as_they_are() -> Files:
    """Name, time and size of every file of the lexicon: whoever writes one changes this."""
    with os.scandir(FOLDER) as entries:
        looked = [(one.name, one.stat()) for one in entries]
    return sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in looked)
