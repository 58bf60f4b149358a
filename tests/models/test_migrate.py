"""The migrations make exactly the tables the code knows, on both stores, up and down."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app import demo_data
from models import reference, registry
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


def test_an_empty_store_gets_every_table_the_code_knows(empty: Database) -> None:
    registry.load_tables()
    migrate(empty)
    assert is_current(empty)
    with empty.reader.connect() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": False})
        missing = [
            one
            for one in compare_metadata(found, Base.metadata)
            if not str(getattr(one[1], "name", one[1])).startswith("test_")
        ]
    assert missing == []


def test_what_reports_read_is_watched_by_triggers(empty: Database) -> None:
    """A later migration that makes a table anew would drop them without a word."""
    migrate(empty)
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with empty.reading() as session:
        dialect = session.get_bind().dialect.name
        found = set(session.scalars(text(catalogue[dialect])))
    assert found == {name for name, _, _ in reference.triggers(dialect)}


def test_the_newest_migration_is_known_by_its_file(empty: Database) -> None:
    scripts = ScriptDirectory(str(VERSIONS.parent))
    assert newest() == scripts.get_current_head()
    assert not is_current(empty)


def test_migrating_twice_changes_nothing(empty: Database) -> None:
    migrate(empty)
    migrate(empty)
    assert is_current(empty)


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


def test_sqlite_learns_wal_once_and_keeps_it(tmp_path) -> None:
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    migrate(store)
    store.dispose()
    again = Database(f"sqlite:///{tmp_path / 'linli.db'}")
    with again.reader.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    again.dispose()
