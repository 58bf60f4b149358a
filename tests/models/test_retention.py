"""What is put away is as if it were still there: figures, timelines, keys, a person's own."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from app.console.ticket_page import timeline
from models import erasure, my_messages, retention
from models.base import Base, Database
from models.digests.composing import compose
from models.digests.table import DigestKind
from models.metrics import figures, rebuilding, rollups
from models.metrics.figures import Scope
from models.outbox import Delivery, OutboxMessage
from models.past import EVENTS, MESSAGES, PAST_EVENTS, PAST_MESSAGES, EveryEvent, EveryMessage
from models.places import root_area_id
from models.retention import KINDS
from models.tickets.corrections import corrections
from models.tickets.table import Ticket
from tests.factories import MORNING, area_named, town
from tests.models.test_metrics import ACTIONS, BESIDE, PLACES, REPORTS, ROLES, YEAR, Story

LATER = MORNING + timedelta(days=1200)
STEPS = 40
HISTORIES = 6


class _Enough(Exception):
    """The history is over; nothing of it is kept."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('past') / 'linli.db'}", synchronous="OFF")
    Base.metadata.create_all(store.writer)
    town(store, MORNING - timedelta(days=30))
    yield store
    store.dispose()


def live(session: Session, chance: Random) -> Story:
    story = Story(session, [chance.choice(PLACES) for _ in range(REPORTS)])
    ways = (*ACTIONS, *ACTIONS, *BESIDE)
    for _ in range(STEPS):
        which, other = chance.randrange(REPORTS), chance.randrange(REPORTS)
        who, number = chance.randrange(len(ROLES)), chance.randrange(1, 6)
        story.step(chance.choice(ways), which, other, who, number, chance.choice((1, 60, 1440)))
    session.flush()
    session.execute(update(OutboxMessage).values(state=Delivery.SENT))
    session.expire_all()
    return story


def put_away(session: Session, kind: str, before: datetime, size: int) -> int:
    kept, after, done = KINDS[kind], 0, 0
    while found := retention.stretch(session, kept, after, before, size):
        done += retention.put_away(session, kept, after, found.last, before)
        after = found.last
    return done


def seen(session: Session, story: Story) -> list[Any]:
    """What anybody may ask of the past."""
    session.expire_all()
    compared = rebuilding.compare(session, LATER)
    assert compared.agrees
    community = area_named(session, "幸福社区").id
    persons = [one.person_id for one in story.people if one.person_id is not None]
    return [
        compared,
        totals(session),
        [timeline(session, session.get_one(Ticket, one.id)) for one in story.tickets],
        corrections(session),
        compose(session, community, DigestKind.MORNING, LATER, persons),
        [erasure.summary(session, one) for one in persons],
        [told(my_messages.sent_to(session, one, limit=500)) for one in persons],
    ]


def totals(session: Session) -> Any:
    root = root_area_id(session)
    assert root is not None
    return figures.total(session, Scope(root, YEAR, LATER))


def told(messages: Any) -> list[Any]:
    return [(one.id, one.template, one.context, one.created_at) for one in messages]


def rows(session: Session, *tables: Any) -> list[int]:
    return [session.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_nothing_that_is_asked_of_the_past_changes_when_it_is_put_away(
    filled: Database, seed: int
) -> None:
    chance = Random(seed)
    with pytest.raises(_Enough), filled.writing() as session:
        story = live(session, chance)
        while rollups.roll_up(session, story.now, 2) and chance.random() < 0.7:
            pass
        before, kept = seen(session, story), rows(session, EVENTS, MESSAGES)
        cut = story.now - timedelta(days=chance.randrange(20))
        moved = [put_away(session, kind, cut, chance.randrange(1, 40)) for kind in KINDS]
        assert seen(session, story) == before
        moved += [put_away(session, kind, LATER, 7) for kind in KINDS]
        assert seen(session, story) == before
        assert rows(session, EveryEvent, EveryMessage) == kept
        left = rows(session, PAST_EVENTS, EVENTS, PAST_MESSAGES, MESSAGES)
        assert all(left), "some rows moved, and the last of each kept its place"
        rebuilding.empty(session)
        while rollups.roll_up(session, LATER, 50):
            pass
        assert totals(session) == before[1]
        raise _Enough


@pytest.mark.parametrize("kind", KINDS)
def test_a_slice_goes_by_the_numbers_of_its_rows(filled: Database, kind: str) -> None:
    """By any other index it would read all there is, while it holds the writer."""
    kept, asked = KINDS[kind], []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        if statement.startswith(("INSERT", "DELETE")):
            asked.append((statement, parameters))

    listen(filled.writer, "before_cursor_execute", note)
    with filled.writing() as session:
        retention.put_away(session, kept, 10, 20, LATER)
        assert asked
        for statement, parameters in asked:
            explained = f"EXPLAIN QUERY PLAN {statement}"
            plan = session.connection().exec_driver_sql(explained, parameters).all()
            lines = [row[3] for row in plan if f" {kept.table.name} " in f" {row[3]} "]
            assert lines and all("INTEGER PRIMARY KEY" in line for line in lines), plan
    remove(filled.writer, "before_cursor_execute", note)


def test_no_other_table_holds_on_to_rows_that_go() -> None:
    """PostgreSQL would refuse to take them away; what staff settled of a question keeps it."""
    going = {kept.table.name for kept in KINDS.values()}
    held = {
        (key.parent.table.name, key.column.table.name)
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
    }
    assert {pair for pair in held if pair[1] in going} == {("unanswered_texts", "questions")}
