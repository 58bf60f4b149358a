"""The migrations make exactly the tables the code knows, on both stores, up and down."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app import demo_data
from models import past, reference, registry
from models.base import Base, Database
from models.migrate import migrate
from models.revisions import VERSIONS, is_current, newest
from tests.factories import MORNING


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path) -> Database:
    """A store with nothing in it."""
    if request.param == "sqlite":
        store = Database(f"sqlite:///{tmp_path / 'linli.db'}")
        yield store
        store.dispose()
        return
    store = request.getfixturevalue("postgresql")
    Base.metadata.drop_all(store.writer)
    yield store


def test_an_empty_store_gets_every_table_the_code_knows_and_a_second_time_changes_nothing(
    empty: Database,
) -> None:
    registry.load_tables()
    assert newest() == ScriptDirectory(str(VERSIONS.parent)).get_current_head()
    assert not is_current(empty)
    migrate(empty)
    assert is_current(empty)
    assert differing(empty) == []
    guards = [*reference.triggers(kind(empty)), *past.triggers(kind(empty))]
    assert watching(empty) == {name for name, *_ in guards}
    migrate(empty)
    assert is_current(empty)
    assert differing(empty) == []


def kind(store: Database) -> str:
    return store.url.get_backend_name()


def differing(store: Database) -> list[Any]:
    """What the code knows otherwise than the store has it."""
    with store.reader.connect() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": False})
        return [
            one
            for one in compare_metadata(found, Base.metadata)
            if not str(getattr(one[1], "name", one[1])).startswith("test_")
        ]


def watching(store: Database) -> set[str]:
    """The triggers; a later migration that makes a table anew would drop them without a word."""
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with store.reading() as session:
        return set(session.scalars(text(catalogue[kind(store)])))


def test_down_and_up_again_with_people_in_it(empty: Database) -> None:
    migrate(empty)
    with empty.writing() as session:
        demo_data.fill(session, MORNING)
    migrate(empty, "base")
    left = set(inspect(empty.reader).get_table_names()) - {"alembic_version"}
    assert left == set()
    migrate(empty)
    with empty.writing() as session:
        demo_data.fill(session, MORNING)
        assert session.scalar(text("SELECT count(*) FROM posts")) > 10


def test_sqlite_learns_wal_once_and_keeps_it(tmp_path: Path) -> None:
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    migrate(store)
    store.dispose()
    again = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    with again.reader.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    again.dispose()
