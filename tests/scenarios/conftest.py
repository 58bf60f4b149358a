"""The demo town of the stories: filled once, copied for each test; one lexicon for all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.base import Base, Database
from tests import factories
from tests.chat import Town
from tests.stores import ReusedFile


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, first_data_keys: None) -> Path:
    """A store with the demo town in it, closed, so that its one file can be copied."""
    path = tmp_path_factory.mktemp("town") / "linli.db"
    store = Database(f"sqlite:///{path}", synchronous="OFF")
    Base.metadata.create_all(store.writer)
    factories.town(store)
    store.dispose()
    return path


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReusedFile]:
    kept = ReusedFile(tmp_path_factory.mktemp("stage"))
    yield kept
    kept.close()


@pytest.fixture
def town(stage: ReusedFile, filled: Path) -> Iterator[Town]:
    with stage.holding(filled) as store:
        yield Town(store, factories.MORNING)


@pytest.fixture
def town_on_both(store: Database) -> Town:
    """For the few stories that are told on PostgreSQL as well."""
    factories.town(store)
    return Town(store, factories.MORNING)
