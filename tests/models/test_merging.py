"""Two persons become one: every table that names a person is thought of, and chains are short."""

from sqlalchemy import select

from models import erasure, merging, registry, saved_views
from models.base import Base, Database
from models.people import Person
from models.saved_views import SavedView
from tests import factories
from tests.factories import MORNING

# Who did something in the past stays who they were; the log and the archive say so.
HISTORY = {
    *("access_log.person_id", "access_log.subject_id", "events.actor_id", "homes.answered_by"),
    *("doubles.answered_by", "doubles.entered_id", "doubles.writing_id", "group_robots.added_by"),
    *("invitations.made_by", "notices.reviewer_id", "objections.answered_by"),
    *("person_tags.by_id", "policies.author_id", "publicity_dues.dropped_by"),
    *("outside_systems.added_by", "events_archive.actor_id", "outbox_archive.person_id"),
    *("subscriptions.said_by", "directory_entries.author_id", "unanswered_settlements.by_id"),
}
# Handed over or ended by a function of their own.
OTHERWISE = {
    *("homes.person_id", "digests.person_id", "subscriptions.person_id", "outbox.person_id"),
    *("staff_accounts.person_id", "sign_ins.person_id", "sign_in_scans.person_id"),
    "notices.author_id",
}


def test_every_column_that_names_a_person_is_merged_or_is_history() -> None:
    registry.load_tables()
    moved = [*merging.MOVED, *(person for person, _ in merging.ONCE)]
    told = {f"{one.class_.__tablename__}.{one.key}" for one in moved}
    named = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "persons"
    }
    assert named == told | HISTORY | OTHERWISE
    assert not told & (HISTORY | OTHERWISE)


def test_a_chain_of_persons_ends_with_one_who_is_erased_as_a_whole(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        chain = [factories.person(session, f"居民{count}") for count in range(3)]
        last, middle, first = (one.id for one in reversed(chain))
        for one in (first, last):
            saved_views.save(session, one, "超期的", {}, MORNING)
        merging.merge(session, chain[1], chain[2], MORNING)
        merging.merge(session, chain[0], session.get_one(Person, middle), MORNING)
        assert {session.get_one(Person, one).merged_into for one in (middle, last)} == {first}
        assert session.scalars(select(SavedView.person_id)).all() == [first]
        erasure.erase(session, first, MORNING)
        session.expire_all()
        assert session.get_one(Person, last).own_key is None
