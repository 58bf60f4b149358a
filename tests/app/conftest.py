"""The console over the demo town, on SQLite and where it matters on PostgreSQL too."""

import pytest

from models import registry
from models.base import Database
from tests import factories

from .visitor import House

registry.load_tables()


@pytest.fixture
def house(database: Database) -> House:
    factories.town(database)
    return House(database)


@pytest.fixture
def either_house(store: Database) -> House:
    factories.town(store)
    return House(store)
