"""What is kept of a class that was set right."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import erasure
from models.base import Database
from models.events import Event
from models.tickets import corrections, refining
from models.tickets.table import Ticket
from tests.factories import MORNING, building, demo_person, ticket, town


def correct(session: Session, one: Ticket, category: str, child: str | None = None) -> None:
    refining.reclassify(session, one, category, child, by=one.reporter_id, at=MORNING)


def kept(session: Session, one: Ticket) -> list[dict[str, Any]]:
    """What the log holds of each correction: the class before it."""
    found = select(Event.detail).where(
        Event.verb == corrections.RECLASSIFIED, Event.subject_id == one.id
    )
    return [detail["before_class"] for detail in session.scalars(found.order_by(Event.id))]


def test_a_correction_keeps_the_words_the_old_class_and_the_new_one(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session), text="咕噜业的门坏了", subcategory="renovation")
        correct(session, one, "ebike_charging", "charger_shortage")
    with store.reading() as session:
        (found,) = corrections.corrections(session)
        assert found.ticket_id == one.id and found.text == "咕噜业的门坏了"
        assert found.before == ("noise", "renovation")
        assert found.after == ("ebike_charging", "charger_shortage")


def test_every_step_by_resident_and_staff_is_kept_and_the_last_word_counts(store: Database) -> None:
    town(store)
    with store.writing() as session:
        one = ticket(session, building(session))
        correct(session, one, "pets")
        staff = one.owner_id
        refining.reclassify(session, one, "parking", "zombie_car", by=staff, at=MORNING)
        assert [before["category"] for before in kept(session, one)] == ["noise", "pets"]
        (found,) = corrections.corrections(session)
        assert (found.before, found.after) == (("noise", None), ("parking", "zombie_car"))


def test_a_class_that_was_set_back_is_no_correction(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = ticket(session, building(session))
        correct(session, one, "pets")
        correct(session, one, "noise")
        assert corrections.corrections(session) == []
        assert len(kept(session, one)) == 2


def test_what_an_erased_person_wrote_is_not_learned_from(store: Database) -> None:
    town(store)
    with store.writing() as session:
        gone = ticket(session, building(session))
        stays = ticket(session, building(session), reporter=demo_person(session, "resident", 2))
        correct(session, gone, "pets")
        correct(session, stays, "pets")
        erasure.erase(session, gone.reporter_id, MORNING)
    with store.reading() as session:
        assert [one.ticket_id for one in corrections.corrections(session)] == [stays.id]
        assert corrections.latest_texts(session, ["pets"], without=[stays.id], limit=9) == []


def test_latest_texts_leave_out_the_named_tickets_and_other_classes(database: Database) -> None:
    town(database)
    with database.writing() as session:
        first, second = (ticket(session, building(session), text=f"吵{n}") for n in (1, 2))
        ticket(session, building(session), category="pets")
        found = corrections.latest_texts(session, ["noise"], without=[first.id], limit=5)
        assert [(one.text, one.category) for one in found] == [(second.text, "noise")]
