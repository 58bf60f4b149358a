"""Consent by purpose: given, asked again, withdrawn; what it unlocks, and what goes with it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import erasure, homes, privacy_consents
from models.base import Database
from models.errors import ConsentMissing
from models.events import Event
from models.privacy_consents import (
    ConsentDoor,
    PrivacyConsent,
    Purpose,
    Standing,
    Unlock,
    agreed,
    give,
    is_unlocked,
    withdraw,
)
from models.ticket_flow import State
from tests.factories import MORNING, building, demo_person, person, ticket, town

BY_CHAT = {"door": ConsentDoor.CHAT, "at": MORNING}


def standing(session: Session, who: int, purpose: Purpose) -> Standing:
    return agreed(session, who)[purpose].standing


def test_every_purpose_unlocks_something_and_each_thing_needs_one_purpose() -> None:
    table = load("privacy")["purpose"]
    assert list(table) == list(Purpose)
    unlocked = [one for purpose in table.values() for one in purpose["unlocks"]]
    assert sorted(unlocked) == sorted(Unlock)
    assert all(purpose["since"] <= privacy_consents.version() for purpose in table.values())


def test_a_purpose_is_agreed_to_by_itself_once_and_withdrawn(store: Database) -> None:
    with store.writing() as session:
        who = person(session).id
        assert {one.standing for one in agreed(session, who).values()} == {Standing.NEVER}
        with pytest.raises(ConsentMissing):
            privacy_consents.require(session, who, Unlock.CARE_RECORD)
        for _ in range(2):
            give(session, who, Purpose.CARE, **BY_CHAT)
        assert is_unlocked(session, who, Unlock.CARE_RECORD)
        assert not is_unlocked(session, who, Unlock.REPORTER_CONTACT)
        give(session, who, Purpose.CARE, by_guardian=True, **BY_CHAT)
        assert agreed(session, who)[Purpose.CARE].by_guardian
        for _ in range(2):
            withdraw(session, who, Purpose.CARE, account="main", **BY_CHAT)
        assert standing(session, who, Purpose.CARE) == Standing.WITHDRAWN
        withdraw(session, who, Purpose.CHAT, account="main", **BY_CHAT)
        assert standing(session, who, Purpose.CHAT) == Standing.NEVER
        said = privacy_consents.history(session, who)
        assert [(one.is_given, one.by_guardian) for one in said] == [
            (True, False),
            (True, True),
            (False, False),
        ]
        verbs = session.scalars(select(Event.verb).order_by(Event.id)).all()
        assert verbs == ["consent_given", "consent_given", "consent_withdrawn"]


def test_who_agreed_to_a_notice_that_said_something_else_is_asked_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as session:
        who = person(session).id
        give(session, who, Purpose.CARE, **BY_CHAT)
        give(session, who, Purpose.HANDING_ON, **BY_CHAT)
        rules = load("privacy")
        monkeypatch.setitem(rules, "version", "2027-01-01")
        monkeypatch.setitem(rules["purpose"]["care"], "since", "2027-01-01")
        assert standing(session, who, Purpose.CARE) == Standing.OUTDATED
        assert not is_unlocked(session, who, Unlock.CARE_RECORD)
        assert standing(session, who, Purpose.HANDING_ON) == Standing.GIVEN
        give(session, who, Purpose.CARE, **BY_CHAT)
        assert agreed(session, who)[Purpose.CARE].version == "2027-01-01"
        assert is_unlocked(session, who, Unlock.CARE_RECORD)


def test_homes_are_left_when_nobody_may_keep_them_any_more(store: Database) -> None:
    town(store)
    with store.writing() as session:
        who = person(session).id
        give(session, who, Purpose.HOME, **BY_CHAT)
        homes.claim(session, who, building(session, 3), "2-501", MORNING, "main")
        withdraw(session, who, Purpose.HOME, account="main", **BY_CHAT)
        assert homes.homes_of(session, who) == []


def test_a_contact_is_handed_on_only_of_who_agreed_and_never_of_who_is_hidden(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        who = demo_person(session, "resident")
        plain = ticket(session, building(session, 3), reporter=who)
        hidden = ticket(session, building(session, 3), reporter=who, hides_reporter=True)
        assert plain.state == State.DISPATCHED
        assert privacy_consents.contact_to_hand_on(session, plain) is None
        give(session, who, Purpose.HANDING_ON, **BY_CHAT)
        contact = privacy_consents.contact_to_hand_on(session, plain)
        assert contact is not None
        assert contact.name
        assert privacy_consents.contact_to_hand_on(session, hidden) is None
        plain.reporter_left_at = MORNING
        assert privacy_consents.contact_to_hand_on(session, plain) is None


def test_who_is_erased_agrees_to_nothing_and_reads_before_what_they_agreed_to(
    store: Database,
) -> None:
    with store.writing() as session:
        who = person(session).id
        give(session, who, Purpose.HANDING_ON, **BY_CHAT)
        [told] = erasure.summary(session, who)["consents"]
        assert told == {"purpose": "handing_on", "standing": "given", "at": MORNING}
        erasure.erase(session, who, MORNING + timedelta(days=1))
        assert standing(session, who, Purpose.HANDING_ON) == Standing.WITHDRAWN
        doors = session.scalars(select(PrivacyConsent.door).order_by(PrivacyConsent.id)).all()
        assert doors == [ConsentDoor.CHAT, ConsentDoor.ERASURE]
