"""The door before each store."""

from collections.abc import Iterator

import pytest

from models.base import Database

from .door import Door, opened


@pytest.fixture
def door(database: Database) -> Iterator[Door]:
    yield from opened(database)


@pytest.fixture
def either_door(store: Database) -> Iterator[Door]:
    """The same door before SQLite and before PostgreSQL."""
    yield from opened(store)


@pytest.fixture
def postgresql_door(postgresql: Database) -> Iterator[Door]:
    """For what SQLite's one writer makes impossible."""
    yield from opened(postgresql)
