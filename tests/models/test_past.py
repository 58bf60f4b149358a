"""The archive: keys hold, nothing in it is changed, erasing a person reaches it, it comes along."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from models import erasure, events, my_messages, outbox, retention
from models.backups.restoring import restore
from models.backups.taking import take
from models.base import Database
from models.events import Event, Fact
from models.migrate import migrate
from models.outbox import OutboxMessage
from models.past import EVENTS, MESSAGES, PAST_EVENTS, PAST_MESSAGES, EveryEvent, EveryMessage
from models.people import Person
from models.retention import KINDS
from models.sealing import open_for, seal_for
from models.ticket_flow import State
from models.tickets.table import Supporter
from tests import copies
from tests.factories import MORNING, building, demo_person, ticket, town

LATER = MORNING + timedelta(days=1200)
KEYS = {"1": bytes(32)}


def rows(session: Session, *tables: type | Table) -> list[int]:
    return [session.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


def notice(session: Session, persons: Sequence[int], number: int, at: datetime = MORNING) -> int:
    said = {"account": "main", "template": "notice", "context": {"text": "停水"}, "created_at": at}
    drafts = [{**said, "person_id": one, "unique_key": f"notice:{number}:{one}"} for one in persons]
    return outbox.queue(session, drafts)


def put_away(session: Session, *kinds: str) -> None:
    for kind in kinds:
        session.flush()
        retention.put_away(session, KINDS[kind], 0, 10**9, LATER)


def deliver(session: Session) -> None:
    session.execute(text("UPDATE outbox SET state = 'sent'"))


def test_a_notice_is_not_sent_again_when_its_first_message_lies_in_the_archive(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        persons = [demo_person(session, "resident", number) for number in (1, 2, 3)]
        before = rows(session, MESSAGES)[0]
        assert notice(session, persons[:2], 1) == 2
        said = {"account": "main", "template": "notice", "context": {}, "created_at": MORNING}
        assert outbox.queue_each(session, persons[:2], said, unique_key="each") == 2
        notice(session, persons[:1], 2)  # the last row keeps its place
        deliver(session)
    with store.writing() as session:
        put_away(session, "messages")
        assert rows(session, MESSAGES, PAST_MESSAGES) == [1, before + 4]
        assert notice(session, persons[:2], 1) == 0
        assert notice(session, [persons[2], *persons[:2]], 1) == 1, "who was not told before"
        assert outbox.queue_each(session, persons, said, unique_key="each") == 1
        assert not outbox.queue_mass(
            session, "main", "x", {}, audience="a", unique_key="each:" + str(persons[0]), now=LATER
        )
        assert rows(session, MESSAGES, PAST_MESSAGES) == [3, before + 4]
        highest = session.scalar(select(func.max(PAST_MESSAGES.c.id)))
        assert session.scalar(select(func.min(MESSAGES.c.id))) > highest, "no number comes again"
        mine = [one.unique_key for one in my_messages.sent_to(session, persons[0])]
        assert mine[:2] == [f"notice:2:{persons[0]}", f"each:{persons[0]}"]


def test_the_messages_of_an_event_do_not_ask_the_archive(store: Database) -> None:
    town(store)
    with store.writing() as session:
        opened = ticket(session, building(session))
        before = rows(session, MESSAGES)
        fact = Fact(
            *("ticket_accepted", "ticket", opened.id, MORNING),
            parties={"reporter": [opened.reporter_id]},
        )
        events.record(session, fact)
        assert rows(session, MESSAGES) > before
        kept = session.scalars(select(OutboxMessage.event_id)).all()
    assert kept and all(one is not None for one in kept)


def test_nothing_in_the_archive_of_events_is_changed_or_taken_out(store: Database) -> None:
    with store.writing() as session:
        events.record(session, *[Fact("x", "ticket", 1, MORNING)] * 2)
        session.execute(text("INSERT INTO events_archive SELECT * FROM events WHERE id = 1"))
    for change in ("UPDATE events_archive SET verb = 'y'", "DELETE FROM events_archive"):
        with pytest.raises(DatabaseError, match="never changed"), store.writing() as session:
            session.execute(text(change))
    with store.reading() as session:
        assert rows(session, PAST_EVENTS) == [1]


def test_erasing_a_person_reaches_what_was_put_away(store: Database) -> None:
    town(store)
    with store.writing() as session:
        leaver, joiner = demo_person(session, "resident"), demo_person(session, "resident", 2)
        staff = demo_person(session, "community_staff")
        key = session.get_one(Person, leaver).own_key
        mine = ticket(session, building(session), reporter=leaver)
        session.add(Supporter(ticket_id=mine.id, person_id=joiner, joined_at=MORNING))
        quoted = {"text": "楼上装修太吵了", "ticket_id": mine.id}
        events.record(
            session,
            Fact(
                *("ticket_accepted", "ticket", mine.id, MORNING),
                actor_id=leaver,
                words=seal_for(key, "楼上装修太吵了"),
                parties={"reporter": [staff], "supporters": [joiner]},
                context=quoted,
            ),
        )
        for person_id in (leaver, joiner, staff):
            said = {"person_id": person_id, "account": "main", "template": "ticket_noted"}
            more = {"context": quoted, "ticket_id": mine.id, "created_at": MORNING}
            outbox.queue(session, [{**said, **more, "unique_key": f"by_hand:{person_id}"}])
        other = ticket(session, building(session), reporter=joiner)
        mine.state, mine.ended_at, other.state = State.WITHDRAWN, MORNING, State.DISPATCHED
        notice(session, [joiner], 1)
        session.flush()
        deliver(session)
        put_away(session, "messages", "events")
        assert rows(session, MESSAGES) == [1] and rows(session, PAST_EVENTS)[0] >= 2
        assert erasure.summary(session, leaver)["messages"] >= 1
    with store.writing() as session:
        erasure.erase(session, leaver, LATER)
    with store.reading() as session:
        archived = session.execute(select(PAST_MESSAGES)).all()
        hers = [one for one in archived if one.ticket_id == mine.id]
        assert len(hers) >= 4
        assert not [one for one in hers if "装修" in str(one.context)]
        spared = [one.context for one in hers if one.person_id == joiner]
        assert {"ticket_id": mine.id, "text": ""} in spared
        assert {one.template for one in hers if one.person_id in (leaver, staff)} == {erasure.GONE}
        kept = session.execute(select(PAST_EVENTS.c.words)).scalars().all()
        own_key = session.get_one(Person, leaver).own_key
        sealed = [one for one in kept if one]
        assert sealed and [open_for(own_key, one) for one in sealed] == [None]
        assert my_messages.sent_to(session, leaver) == []


@pytest.mark.parametrize("entity", [EveryEvent, EveryMessage])
def test_one_who_reads_both_goes_through_an_index_of_each(
    database: Database, entity: type[EveryEvent | EveryMessage]
) -> None:
    wanted = {
        EveryEvent: select(EveryEvent, Person.name)
        .outerjoin(Person, Person.id == EveryEvent.actor_id)
        .where(EveryEvent.subject_kind == "ticket", EveryEvent.subject_id == 7)
        .order_by(EveryEvent.id),
        EveryMessage: select(EveryMessage)
        .where(EveryMessage.person_id.in_([7, 8]))
        .order_by(EveryMessage.id.desc())
        .limit(20),
    }[entity]
    with database.reading() as session:
        asked = wanted.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]
    name = {EveryEvent: EVENTS.name, EveryMessage: MESSAGES.name}[entity]
    for table in (name, f"{name}_archive"):
        assert any(line.startswith(f"SEARCH {table} USING") for line in plan), plan
        assert not any(line.startswith(f"SCAN {table}") for line in plan), plan


def test_a_backup_brings_the_archive_along_and_going_back_a_version_empties_it(
    tmp_path: Path,
) -> None:
    store = Database(f"sqlite:///{tmp_path / 'linli.db'}", synchronous="OFF")
    copies.migrated(store)
    with store.writing() as session:
        events.record(session, *[Fact("x", "ticket", 1, MORNING)] * 3)
        session.execute(text("INSERT INTO events_archive SELECT * FROM events WHERE id < 3"))
        session.execute(text("DELETE FROM events WHERE id < 3"))
    media, file = tmp_path / "media", tmp_path / "backup.zip"
    take(store, media, file, keys=KEYS, kept_keys={}, at=LATER)
    elsewhere = Database(f"sqlite:///{tmp_path / 'elsewhere.db'}", synchronous="OFF")
    restore(elsewhere, tmp_path / "media2", file, keys=KEYS)
    with elsewhere.reading() as session:
        assert rows(session, EVENTS, PAST_EVENTS) == [1, 2]
    migrate(elsewhere, "0040")
    with elsewhere.reading() as session:
        assert session.scalars(select(Event.id).order_by(Event.id)).all() == [1, 2, 3]
    store.dispose()
    elsewhere.dispose()
