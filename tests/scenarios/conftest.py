"""The demo town of the stories: filled once, copied for each test; one lexicon for all."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.base import Base, Database
from tests import factories
from tests.chat import Town


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, first_data_keys: None) -> Path:
    """A store with the demo town in it, closed, so that its one file can be copied."""
    path = tmp_path_factory.mktemp("town") / "linli.db"
    store = Database(f"sqlite:///{path}", synchronous="OFF")
    Base.metadata.create_all(store.writer)
    factories.town(store)
    store.dispose()
    return path


@pytest.fixture
def town(filled: Path, tmp_path: Path) -> Iterator[Town]:
    path = shutil.copy(filled, tmp_path / "linli.db")
    store = Database(f"sqlite:///{path}", synchronous="OFF")
    yield Town(store, factories.MORNING)
    store.dispose()


@pytest.fixture
def town_on_both(store: Database) -> Town:
    """For the few stories that are told on PostgreSQL as well."""
    factories.town(store)
    return Town(store, factories.MORNING)
