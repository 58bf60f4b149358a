"""The hazard ledger: found, settled on the spot or passed up, and moved by its ticket from then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from models import erasure, media
from models.base import Database
from models.errors import NotAllowed, ReasonMissing, TooLate, TransitionNotAllowed
from models.events import Event
from models.hazards import acting, entering, lists, rules, sides, ticking, undoing
from models.hazards.entering import Discovery
from models.hazards.flow import (
    FOLLOWING,
    MOVES,
    Entry,
    Finder,
    HazardAction,
    HazardState,
    state_by,
)
from models.hazards.table import Hazard, HazardPhoto
from models.outbox import Delivery, OutboxMessage
from models.posts import Role
from models.ticket_flow import OPEN, Action, Outcome, State
from models.tickets import refining
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests import factories
from tests.factories import building, demo_person

NOW = factories.MORNING
MINUTE = timedelta(minutes=1)


@pytest.fixture
def town(store: Database) -> Database:
    """On both stores."""
    factories.town(store)
    return store


def patrol(session: Session) -> int:
    return demo_person(session, "patrol")


def leader(session: Session) -> int:
    return demo_person(session, "grid_leader")


def found(
    session: Session,
    state: HazardState = HazardState.FOUND,
    at: datetime = NOW,
    **more: Any,
) -> Hazard:
    """By the patrol of the first grid at building 3, unless told otherwise."""
    where = building(session)
    told: dict[str, Any] = {
        "account": "main",
        "finder_id": patrol(session),
        "found_by": Finder.PATROL,
        "text": "3号楼楼道堆物",
        "category": "fire_safety",
        "subcategory": "passage",
        "urgency": Urgency.NORMAL,
        "confidence": 0.8,
        "evidence": [("堆物", 3.0)],
        "about": None,
        "area_id": where.id,
        "community_id": where.community_id,
        "place_name": "幸福里小区3号楼",
        "spot": "楼道",
        **more,
    }
    return entering.find(session, Discovery(**told), state, at)


def passed_up(session: Session, **more: Any) -> tuple[Hazard, Ticket]:
    hazard = found(session, **more)
    opened = acting.pass_up(session, hazard, by=hazard.finder_id, at=NOW)
    return hazard, session.get_one(Ticket, opened.ticket_id)


def verbs(session: Session, hazard: Hazard) -> list[tuple[str, str | None, str | None]]:
    rows = session.execute(
        select(Event.verb, Event.old, Event.new)
        .where(Event.subject_kind == "hazard", Event.subject_id == hazard.id)
        .order_by(Event.id)
    )
    return [(verb, old, new) for verb, old, new in rows]


def owner(ticket: Ticket) -> Actor:
    return Actor(ticket.owner_id)


def resolved(session: Session, ticket: Ticket, outcome: Outcome = Outcome.FIXED) -> None:
    apply(session, ticket, Action.ACCEPT, by=owner(ticket), at=NOW)
    apply(
        session,
        ticket,
        Action.RESOLVE,
        by=owner(ticket),
        at=NOW,
        reason="已清走",
        outcome=outcome,
    )


def test_the_table_has_every_action_and_people_move_nothing_that_a_ticket_moves() -> None:
    assert {action for _, action in MOVES} == set(HazardAction)
    by_people = {state for state, _ in MOVES}
    assert by_people == {HazardState.FOUND, HazardState.SOLVED, HazardState.PASSED_UP}
    assert {state_by(state, Outcome.FIXED) for state in State} <= FOLLOWING
    assert all(state_by(state, None) == HazardState.PASSED_UP for state in OPEN)


def test_what_is_solved_on_the_spot_is_a_row_and_no_ticket(town: Database) -> None:
    with town.writing() as session:
        hazard = found(session)
        acting.solve(session, hazard, by=patrol(session), at=NOW + MINUTE)
        assert (hazard.state, hazard.ticket_id) == (HazardState.SOLVED, None)
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0
        assert verbs(session, hazard) == [
            ("hazard_found", None, "found"),
            ("hazard_solved", "found", "solved_on_the_spot"),
        ]


def test_what_is_passed_up_is_an_ordinary_ticket_that_moves_it_to_the_end(town: Database) -> None:
    with town.writing() as session:
        hazard, ticket = passed_up(session)
        assert (ticket.text, ticket.intent) == ("3号楼楼道堆物", Intent.HAZARD)
        assert ticket.owner_id == demo_person(session, "grid_worker")
        assert ticket.accept_due_at > NOW and ticket.reporter_id == patrol(session)
        resolved(session, ticket)
        assert hazard.state == HazardState.RECTIFIED
        apply(session, ticket, Action.REOPEN, by=Actor(patrol(session)), at=NOW, solved=False)
        assert hazard.state == HazardState.PASSED_UP
        resolved(session, ticket, Outcome.CANNOT_FIX)
        apply(session, ticket, Action.UNDO, by=Actor(ticket.owner_id), at=NOW)
        assert hazard.state == HazardState.PASSED_UP, "the undo of its ticket moves it too"
        assert [new for _, _, new in verbs(session, hazard)] == [
            *("found", "passed_up", "rectified", "passed_up", "cannot_fix", "passed_up")
        ]


def test_who_passes_it_up_is_not_asked_to_deal_with_it(town: Database) -> None:
    with town.writing() as session:
        worker = demo_person(session, "grid_worker")
        hazard = found(session, finder_id=worker, found_by=Finder.GRID)
        opened = acting.pass_up(session, hazard, by=worker, at=NOW)
        assert opened.owner is not None and opened.owner.person_id == leader(session)


def test_a_report_enters_by_its_class_and_leaves_when_the_class_was_wrong(town: Database) -> None:
    with town.writing() as session:
        ticket = factories.ticket(
            session, building(session), category="fire_safety", subcategory="passage"
        )
        hazard = entering.of_ticket(session, ticket.id)
        assert hazard is not None and hazard.entry == Entry.CLASS
        assert (hazard.found_by, hazard.text) == (Finder.RESIDENT, None), "the ticket has the words"
        resident = demo_person(session, "resident")
        refining.reclassify(session, ticket, "noise", "other", by=resident, at=NOW)
        assert hazard.state == HazardState.STRUCK
        refining.reclassify(session, ticket, "fire_safety", "wiring", by=resident, at=NOW)
        assert (hazard.state, hazard.subcategory) == (HazardState.PASSED_UP, "wiring")


def test_ordinary_matters_alarms_and_questions_stay_out(town: Database) -> None:
    with town.writing() as session:
        where = building(session)
        for more in (
            {"category": "noise"},
            {"category": "fire_safety", "subcategory": "flammable", "emergency": "fire"}
            | {"urgency": Urgency.EMERGENCY},
            {"category": "fire_safety", "subcategory": "equipment", "intent": Intent.ENQUIRY},
            {"category": "not_estate", "intent": Intent.HAZARD},
        ):
            factories.ticket(session, where, **more)
        assert session.scalar(select(func.count()).select_from(Hazard)) == 0
        later = factories.ticket(session, where, category="noise")
        refining.reclassify(
            session, later, "facility", "manhole", by=demo_person(session, "resident"), at=NOW
        )
        assert entering.of_ticket(session, later.id) is not None


def test_a_place_learned_later_is_the_hazards_too(town: Database) -> None:
    with town.writing() as session:
        ticket = factories.ticket(session, None, category="fire_safety", subcategory="passage")
        hazard = entering.of_ticket(session, ticket.id)
        assert hazard is not None and hazard.area_id is None
        where = building(session, 2)
        refining.place(session, ticket, where, by=ticket.reporter_id, at=NOW)
        assert (hazard.area_id, hazard.place_name) == (where.id, "幸福里小区2号楼")
        assert verbs(session, hazard)[-1] == ("hazard_placed", "passed_up", "passed_up")


def test_of_merged_tickets_one_hazard_counts_and_both_end_together(town: Database) -> None:
    with town.writing() as session:
        staff = Actor(demo_person(session, "community_staff"))
        report = factories.ticket(session, building(session), category="noise")
        hazard, ticket = passed_up(session)
        given = {"by": staff, "at": NOW, "reason": "同一处", "into": report}
        apply(session, ticket, Action.MERGE, **given)
        assert hazard.state == HazardState.PASSED_UP, "it goes on as part of the other"
        resolved(session, report)
        assert hazard.state == HazardState.RECTIFIED
        other = factories.ticket(
            session, building(session), category="fire_safety", subcategory="passage"
        )
        second, again = passed_up(session)
        apply(session, again, Action.MERGE, **(given | {"into": other}))
        assert second.state == HazardState.MERGED, "the other stands in the ledger by itself"
        apply(session, again, Action.UNMERGE, by=staff, at=NOW)
        assert second.state == HazardState.PASSED_UP


def test_without_a_word_the_clock_passes_it_up_once_and_tells_the_finder(town: Database) -> None:
    with town.writing() as session:
        hazard = found(session)
        assert ticking.due(session, NOW + 29 * MINUTE) == []
        assert ticking.tick(session, hazard, NOW + 29 * MINUTE) is None
        assert ticking.due(session, NOW + 30 * MINUTE) == [hazard.id]
        assert ticking.tick(session, hazard, NOW + 30 * MINUTE) == "passed_up"
        assert ticking.tick(session, hazard, NOW + 31 * MINUTE) is None
        assert hazard.ticket_id is not None and ticking.due(session, NOW + 90 * MINUTE) == []
        told = session.scalars(
            select(OutboxMessage.template).where(OutboxMessage.person_id == patrol(session))
        ).all()
        assert told == ["hazard_went_up"]


@pytest.mark.parametrize("state", [HazardState.FOUND, HazardState.SOLVED])
def test_what_was_said_by_mistake_is_taken_back_for_ten_minutes(
    town: Database, state: HazardState
) -> None:
    with town.writing() as session:
        hazard = found(session, state)
        assert undoing.undoable(session, patrol(session), NOW + 11 * MINUTE) is None
        assert undoing.undoable(session, leader(session), NOW) is None
        event = undoing.undoable(session, patrol(session), NOW + 9 * MINUTE)
        assert event is not None
        undoing.undo(session, event, by=patrol(session), at=NOW + 9 * MINUTE)
        assert (hazard.state, hazard.clock_at) == (HazardState.TAKEN_BACK, None)
        assert undoing.undoable(session, patrol(session), NOW + 9 * MINUTE) is None
        with pytest.raises(TooLate):
            undoing.undo(session, event, by=patrol(session), at=NOW + 9 * MINUTE)


def test_passing_up_is_taken_back_with_its_ticket_while_nobody_has_taken_that(
    town: Database,
) -> None:
    with town.writing() as session:
        hazard = found(session)
        acting.pass_up(session, hazard, by=patrol(session), at=NOW + MINUTE)
        ticket = session.get_one(Ticket, hazard.ticket_id)
        event = undoing.undoable(session, patrol(session), NOW + MINUTE)
        assert event is not None
        undoing.undo(session, event, by=patrol(session), at=NOW + MINUTE)
        assert (hazard.state, hazard.ticket_id) == (HazardState.FOUND, None)
        assert ticket.state == State.WITHDRAWN and hazard.clock_at == NOW + 31 * MINUTE
        acting.pass_up(session, hazard, by=patrol(session), at=NOW + 2 * MINUTE)
        second = session.get_one(Ticket, hazard.ticket_id)
        apply(session, second, Action.ACCEPT, by=owner(second), at=NOW + 3 * MINUTE)
        assert undoing.undoable(session, patrol(session), NOW + 3 * MINUTE) is None


def test_said_and_passed_up_in_one_breath_is_taken_back_in_one(town: Database) -> None:
    with town.writing() as session:
        hazard, ticket = passed_up(session)
        event = undoing.undoable(session, patrol(session), NOW)
        assert event is not None
        undoing.undo(session, event, by=patrol(session), at=NOW)
        assert (hazard.state, ticket.state) == (HazardState.TAKEN_BACK, State.WITHDRAWN)


def test_a_keeper_strikes_out_with_a_reason_and_may_take_that_back(town: Database) -> None:
    with town.writing() as session:
        hazard, ticket = passed_up(session)
        keeper = leader(session)
        with pytest.raises(ReasonMissing):
            acting.strike(session, hazard, " ", by=keeper, at=NOW)
        with pytest.raises(NotAllowed):
            acting.strike(session, hazard, "不是", by=patrol(session), at=NOW)
        acting.strike(session, hazard, "是住户的快递", by=keeper, at=NOW)
        assert hazard.state == HazardState.STRUCK and ticket.is_open
        resolved(session, ticket)
        assert hazard.state == HazardState.STRUCK, "the ticket brings it back no more"
        event = undoing.undoable(session, keeper, NOW)
        assert event is not None
        undoing.undo(session, event, by=keeper, at=NOW)
        assert hazard.state == HazardState.RECTIFIED


def test_nothing_is_settled_twice_or_by_strangers(town: Database) -> None:
    with town.writing() as session:
        hazard = found(session)
        for stranger in ("resident", "property_staff", "building_head"):
            assert not acting.can(
                session, hazard, HazardAction.SOLVE, by=demo_person(session, stranger), at=NOW
            )
            with pytest.raises(NotAllowed):
                acting.solve(session, hazard, by=demo_person(session, stranger), at=NOW)
        acting.solve(session, hazard, by=leader(session), at=NOW)
        with pytest.raises(TransitionNotAllowed):
            acting.solve(session, hazard, by=patrol(session), at=NOW)
        acting.pass_up(session, hazard, by=patrol(session), at=NOW)
        with pytest.raises(TransitionNotAllowed):
            acting.pass_up(session, hazard, by=patrol(session), at=NOW)


def test_what_accuses_the_property_company_is_hidden_from_it(town: Database) -> None:
    with town.writing() as session:
        company = demo_person(session, "property_staff")
        plain = found(session)
        assert sides.may_see(session, plain, company, NOW)
        told = found(session, HazardState.FOUND, about=About.PROPERTY, text="物业锁了消防通道")
        assert not sides.may_see(session, told, company, NOW)
        assert lists.open_around(session, company, NOW) == [plain]
        opened = acting.pass_up(session, told, by=patrol(session), at=NOW)
        ticket = session.get_one(Ticket, opened.ticket_id)
        assert opened.owner is not None and opened.owner.role == Role.COMMUNITY_STAFF
        assert ticket.hides_reporter and ticket.about == About.PROPERTY
        assert lists.open_around(session, company, NOW) == [plain]
        assert [one.id for one in lists.open_around(session, leader(session), NOW)] == [
            plain.id,
            told.id,
        ]
        sent = select(OutboxMessage.id).where(
            OutboxMessage.person_id == company, OutboxMessage.state != Delivery.CANCELLED
        )
        assert session.scalars(sent).all() == []


def test_a_keeper_whom_it_is_about_may_not_settle_it(town: Database) -> None:
    with town.writing() as session:
        hazard = found(session, about=About.GRID, text="网格员不管")
        with pytest.raises(NotAllowed):
            acting.solve(session, hazard, by=leader(session), at=NOW)
        assert not sides.may_see(session, hazard, leader(session), NOW)


def test_residents_words_are_for_those_who_may_see_their_ticket(town: Database) -> None:
    with town.writing() as session:
        ticket = factories.ticket(
            session, building(session), category="fire_safety", subcategory="passage"
        )
        hazard = entering.of_ticket(session, ticket.id)
        assert hazard is not None
        assert sides.may_see(session, hazard, patrol(session), NOW)
        assert not sides.may_read_words(session, hazard, patrol(session), NOW)
        assert sides.may_read_words(session, hazard, leader(session), NOW)
        assert lists.open_around(session, demo_person(session, "grid_leader", 3), NOW) == []


def test_who_is_erased_leaves_the_count_and_no_words(town: Database) -> None:
    with town.writing() as session:
        who = patrol(session)
        hazard, ticket = passed_up(session)
        photo = media.want_photo(session, "main", "photo", None, who, NOW)
        session.add(HazardPhoto(photo_id=photo, hazard_id=hazard.id))
        session.flush()
        erasure.erase(session, who, NOW)
        session.expire_all()
        assert (hazard.text, hazard.spot, hazard.evidence) == (None, None, [])
        assert session.scalars(select(HazardPhoto)).all() == []
        assert hazard.state == HazardState.PASSED_UP and ticket.is_open
        assert not sides.may_read_words(session, hazard, demo_person(session, "resident"), NOW)


def test_photos_of_a_hazard_go_up_with_it(town: Database) -> None:
    with town.writing() as session:
        hazard = found(session)
        photo = media.want_photo(session, "main", "photo", None, patrol(session), NOW)
        session.add(HazardPhoto(photo_id=photo, hazard_id=hazard.id))
        session.flush()
        opened = acting.pass_up(session, hazard, by=patrol(session), at=NOW)
        session.expire_all()
        assert session.get_one(media.Media, photo).ticket_id == opened.ticket_id


def test_the_store_itself_refuses_a_hazard_that_nobody_has(town: Database) -> None:
    with pytest.raises(IntegrityError), town.writing() as session:
        found(session).clock_at = None
        session.flush()
    with pytest.raises(IntegrityError), town.writing() as session:
        hazard = found(session)
        hazard.state, hazard.clock_at = HazardState.PASSED_UP, None
        session.flush()


def test_every_class_of_the_ledger_is_one_of_the_taxonomy() -> None:
    from_table = rules.by_class()  # reads config/hazards.toml against config/categories.toml
    assert ("fire_safety", None) in from_table and ("facility", "manhole") in from_table
    assert rules.belongs("noise", None, Intent.HAZARD, Urgency.NORMAL)
    assert rules.finder_by(["building_head"]) == Finder.RESIDENT
    assert rules.finder_by(["community_staff", "patrol"]) == Finder.PATROL
