"""The demo directory is fit to be shown: every entry holds, and is found by its own words."""

import pytest
from sqlalchemy import select

from bots import finding
from bots.finding import Candidate
from config.policy import load
from models.base import Database
from models.directory import lists
from models.directory.details import details_of, problems
from models.directory.table import DirectoryEntry
from models.events import Event
from tests import factories

ROWS = load("demo_directory")["entry"]


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database)
    return database


def test_every_row_is_an_entry_written_before_today(town: Database) -> None:
    with town.reading() as session:
        found = session.scalars(select(DirectoryEntry)).all()
        assert len(found) == len(ROWS)
        assert [problems(details_of(one)) for one in found] == [[]] * len(ROWS)
        assert session.scalar(select(Event.id).where(Event.verb == "directory_added")) is None


def test_no_two_rows_say_the_same(town: Database) -> None:
    assert len({(row["area"], row["kind"], row["title"]) for row in ROWS}) == len(ROWS)


def test_the_numbers_reach_nobody() -> None:
    assert all(row.get("phone", "0000-").startswith("0000-") for row in ROWS)


def test_each_word_residents_use_leads_to_its_entry(town: Database) -> None:
    lost = []
    with town.reading() as session:
        for entry in lists.within(session):
            around = lists.around(session, entry.area_id, factories.MORNING)
            listed = [
                Candidate(one.id, one.kind, one.title, tuple(one.aliases), one.text)
                for one in around
            ]
            for alias in entry.aliases:
                _, found = finding.find(alias, finding.shelve(listed))
                if entry.id not in {one.id for one in found if one.fit >= found[0].fit}:
                    lost.append((entry.title, alias))
    assert lost == []
