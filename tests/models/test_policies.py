"""Versions of what overrides config: never edited, seen in order, refused when they collide."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from models import policies
from models.base import Database
from models.errors import AlreadyDone, NotAllowed, NotFound, TooLate
from models.events import Event
from models.places import AreaKind, add_area
from tests.factories import MORNING, area_named, demo_person, town

ONE = {"words": {"咕噜业": {"ebike_charging.charger_shortage": 6}}}
TWO = {"words": {"咕噜业": {"ebike_charging.charger_shortage": 8}}}


def publish(store: Database, name: str, body: dict, after: int) -> int:
    with store.writing() as session:
        return policies.publish(
            session, name, body, after=after, by=None, at=MORNING, reason="试一试"
        ).revision


def test_an_empty_store_is_as_shipped(store: Database) -> None:
    with store.reading() as session:
        assert policies.revision(session) == 0
        assert policies.current(session, "lexicon") is None
        assert policies.body_of(session, "lexicon", policies.AS_SHIPPED) == {}


def test_versions_count_by_name_and_revisions_over_all_names(store: Database) -> None:
    assert publish(store, "lexicon", ONE, after=0) == 1
    assert publish(store, "sla", {"hours": 5}, after=0) == 2
    assert publish(store, "lexicon", TWO, after=1) == 3
    with store.reading() as session:
        assert policies.revision(session) == 3
        found = policies.history(session, "lexicon")
        assert [(one.version, one.body, one.reason) for one in found] == [
            (2, TWO, "试一试"),
            (1, ONE, "试一试"),
        ]
        assert policies.body_of(session, "lexicon", 1) == ONE
        with pytest.raises(NotFound):
            policies.body_of(session, "lexicon", 9)


def test_reverting_is_a_new_version_that_says_what_a_former_one_said(store: Database) -> None:
    publish(store, "lexicon", ONE, after=0)
    publish(store, "lexicon", TWO, after=1)
    with store.writing() as session:
        policies.revert(session, "lexicon", 1, after=2, by=None, at=MORNING)
    with store.reading() as session:
        now = policies.current(session, "lexicon")
        assert now is not None
        assert (now.version, now.body, now.reverted_from) == (3, ONE, 1)
        assert [one.body for one in policies.history(session, "lexicon")] == [ONE, TWO, ONE]
        told = session.scalars(select(Event).where(Event.verb == "policy_changed")).all()
    assert [(one.subject_id, one.old, one.new) for one in told] == [
        (1, "0", "1"),
        (2, "1", "2"),
        (3, "2", "3"),
    ]
    assert told[-1].detail == {"name": "lexicon", "version": 3, "reverted_from": 1}


def test_a_change_made_while_looking_at_an_older_version_is_refused(store: Database) -> None:
    publish(store, "lexicon", ONE, after=0)
    with pytest.raises(TooLate):
        publish(store, "lexicon", TWO, after=0)
    with store.reading() as session:
        assert policies.revision(session) == 1


def test_what_changes_nothing_makes_no_version(store: Database) -> None:
    with pytest.raises(AlreadyDone):
        publish(store, "lexicon", {}, after=0)
    publish(store, "lexicon", ONE, after=0)
    with pytest.raises(AlreadyDone):
        publish(store, "lexicon", dict(ONE), after=1)


def test_of_many_who_publish_at_once_one_wins_and_no_revision_is_skipped(store: Database) -> None:
    refused = []

    def attempt(hours: int) -> None:
        try:
            publish(store, "sla" if hours % 2 else "lexicon", {"hours": hours}, after=0)
        except TooLate as refusal:
            refused.append(refusal)

    threads = [threading.Thread(target=attempt, args=(hours,)) for hours in range(1, 7)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with store.reading() as session:
        kept = session.scalars(select(policies.Policy.revision)).all()
        assert sorted(kept) == list(range(1, len(kept) + 1))
        assert policies.revision(session) == len(kept)
    assert 1 <= len(kept) <= 2
    assert len(refused) == 6 - len(kept)


def test_a_resident_and_a_former_member_of_staff_may_not_publish(database: Database) -> None:
    town(database)
    with database.writing() as session:
        resident = demo_person(session, "resident")
        staff = demo_person(session, "community_staff")
        with pytest.raises(NotAllowed):
            policies.publish(session, "lexicon", ONE, after=0, by=resident, at=MORNING)
        before = MORNING - timedelta(days=4000)
        with pytest.raises(NotAllowed):
            policies.publish(session, "lexicon", ONE, after=0, by=staff, at=before)
        made = policies.publish(session, "lexicon", ONE, after=0, by=staff, at=MORNING)
        assert made.author_id == staff


def test_only_who_serves_every_community_speaks_for_the_whole_house(store: Database) -> None:
    town(store)
    with store.writing() as session:
        roles = ("admin", "subdistrict_staff", "community_staff")
        who = {role: demo_person(session, role) for role in roles}

        def may(name: str) -> set[str]:
            return {role for role in roles if policies.may_edit(session, name, who[role], MORNING)}

        assert may("sla") == {"admin", "subdistrict_staff"}
        assert may("lexicon") == set(roles), "words are everybody's"
        district = area_named(session, "云溪区")
        street = add_area(session, AreaKind.SUBDISTRICT, "另一个街道", within=[district])
        add_area(session, AreaKind.COMMUNITY, "另一个社区", within=[street])
        assert may("sla") == {"admin"} and may("lexicon") == {"admin", "community_staff"}
        own = area_named(session, "和顺街道").id
        by = who["subdistrict_staff"]
        assert policies.may_edit(session, "sla", by, MORNING, own)
        assert not policies.may_edit(session, "sla", by, MORNING, street.id)


def test_what_is_in_force_of_a_subject_is_the_latest_version_of_each_of_its_documents(
    store: Database,
) -> None:
    publish(store, "wording/welcome", {"text": "一"}, after=0)
    publish(store, "wording/welcome", {"text": "二"}, after=1)
    publish(store, "wording/refused/too_late", {"text": "三"}, after=0)
    publish(store, "wordings", {"text": "四"}, after=0)
    publish(store, "sla", {"terms": {}}, after=0)
    with store.reading() as session:
        found = policies.in_force(session, "wording")
        assert {one.name: one.body["text"] for one in found} == {
            "wording/welcome": "二",
            "wording/refused/too_late": "三",
        }
        both = policies.in_force(session, "wording", "sla")
        assert [one.name for one in both] == ["sla", *(one.name for one in found)]
