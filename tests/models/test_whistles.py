"""Departments called to a ticket: each with a clock and an answer, ended by who called."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.categories import Urgency
from models.base import Database
from models.digests import pages
from models.digests.composing import compose
from models.digests.table import DigestKind, Section
from models.errors import (
    AlreadyDone,
    NotAllowed,
    NotFound,
    ReasonMissing,
    TooLate,
    TransitionNotAllowed,
)
from models.events import Event
from models.places import root_area_id
from models.posts import Absence, Post, Role
from models.protection import may_see
from models.sealing import KEYRING, open_for
from models.ticket_flow import Action
from models.tickets import refining
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Note, Ticket
from models.whistles import answering, calling, ending, lists, sides, ticking, undoing
from models.whistles.flow import (
    CALL_MOVES,
    WHISTLE_MOVES,
    CallAction,
    CallState,
    WhistleAction,
    WhistleKind,
    WhistleState,
)
from models.whistles.table import Whistle, WhistleCall
from tests import factories
from tests.factories import building, demo_person

NOW = factories.MORNING  # a Tuesday, 9:00
MINUTE = timedelta(minutes=1)
ORDER = [
    *("police", "fire", "city_management", "housing"),
    *("market_regulation", "water", "power", "gas"),
]


@pytest.fixture(autouse=True)
def keys() -> None:
    KEYRING.use({"1": b"k" * 32})


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database)
    return database


def staff(session: Session, role: str = "community_staff", count: int = 1) -> int:
    return demo_person(session, role, count)


def liaison(session: Session, department: str) -> int:
    return demo_person(session, "department_liaison", ORDER.index(department) + 1)


def sounded(
    session: Session, *departments: str, kind: WhistleKind | None = None, **ticket: object
) -> tuple[Ticket, Whistle, list[WhistleCall]]:
    matter = factories.ticket(session, building(session), **ticket)
    calls = calling.sound(session, matter, departments, by=staff(session), at=NOW, kind=kind)
    return matter, session.get_one(Whistle, calls[0].whistle_id), calls


def answered(session: Session, call: WhistleCall, words: str, at: datetime = NOW) -> None:
    answering.answer(session, call, words, by=call.person_id or 0, at=at)


def verbs(session: Session, ticket: Ticket) -> list[str]:
    found = select(Event.verb).where(Event.subject_id == ticket.id, Event.verb.like("whistle_%"))
    return list(session.scalars(found.order_by(Event.id)))


def test_every_way_of_a_call_leads_from_being_asked_to_an_end() -> None:
    assert {state for state, _ in CALL_MOVES} == {CallState.CALLED, CallState.CHECKED_IN}
    assert {move.target for move in CALL_MOVES.values()} == set(CallState)
    assert {action for _, action in CALL_MOVES} == set(CallAction)
    assert {action for _, action in WHISTLE_MOVES} == set(WhistleAction)


def test_each_department_has_its_own_clock_and_the_whistle_ends_by_the_callers_word(
    store: Database,
) -> None:
    factories.town(store)
    with store.writing() as session:
        ticket, whistle, (fire, order) = sounded(session, "fire", "city_management")
        owner, due = ticket.owner_id, ticket.resolve_due_at
        assert whistle.kind == WhistleKind.ORDINARY
        assert fire.check_in_due_at == datetime(2026, 3, 3, 6, 30, tzinfo=UTC), "4 h without lunch"
        assert fire.result_due_at == datetime(2026, 3, 6, 1, 0, tzinfo=UTC), "3 working days"
        answering.check_in(session, fire, by=liaison(session, "fire"), at=NOW)
        answered(session, fire, "已拆除飞线3处")
        assert not ending.can(session, whistle, WhistleAction.CONFIRM, by=staff(session), at=NOW)
        with pytest.raises(TransitionNotAllowed):
            ending.confirm(session, whistle, by=staff(session), at=NOW)
        answering.send_back(session, order, "归物业管", by=order.person_id or 0, at=NOW)
        ending.confirm(session, whistle, by=staff(session), at=NOW)
        assert (whistle.state, whistle.clock_at) == (WhistleState.ENDED, None)
        notes = session.scalars(select(Note.text).where(Note.ticket_id == ticket.id)).all()
        assert notes == ["已拆除飞线3处", "归物业管"]
        assert (ticket.owner_id, ticket.resolve_due_at) == (owner, due)
        assert ticket.is_open, "the ticket goes on with its owner"


def test_an_urgent_call_runs_on_the_clock_at_night_and_an_ordinary_one_waits_for_the_office(
    town: Database,
) -> None:
    night = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # 23:00
    with town.writing() as session:
        matter = factories.ticket(session, building(session), urgency=Urgency.URGENT)
        [call] = calling.sound(session, matter, ["fire"], by=staff(session), at=night)
        assert call.check_in_due_at == night + timedelta(minutes=30)
        other = factories.ticket(session, building(session))
        [call] = calling.sound(
            session, other, ["fire"], by=staff(session), at=night, kind=WhistleKind.JOINT
        )
        assert call.check_in_due_at == datetime(2026, 3, 4, 9, 30, tzinfo=UTC), "17:30 next day"


@pytest.mark.parametrize(
    ("role", "count", "is_allowed"),
    [
        ("community_staff", 2, True),
        ("subdistrict_staff", 1, True),
        ("community_staff", 3, False),
        ("grid_leader", 1, False),
        ("grid_worker", 1, False),
        ("building_head", 1, False),
        ("resident", 1, False),
        ("department_liaison", 2, False),
    ],
)
def test_only_staff_of_the_place_call(
    town: Database, role: str, count: int, is_allowed: bool
) -> None:
    with town.writing() as session:
        ticket, by = factories.ticket(session, building(session)), staff(session, role, count)
        assert sides.may_call(session, ticket, by, NOW) == is_allowed
        if not is_allowed:
            with pytest.raises(NotAllowed):
                calling.sound(session, ticket, ["fire"], by=by, at=NOW)


def test_what_can_not_be_called_is_refused(town: Database) -> None:
    with town.writing() as session:
        ticket, _, _ = sounded(session, "fire")
        with pytest.raises(NotFound):
            calling.sound(session, ticket, ["building_head"], by=staff(session), at=NOW)
        with pytest.raises(AlreadyDone):
            calling.sound(session, ticket, ["fire"], by=staff(session), at=NOW)
        apply(session, ticket, Action.WITHDRAW, by=Actor(ticket.reporter_id), at=NOW)
        with pytest.raises(TooLate):
            calling.sound(session, ticket, ["water"], by=staff(session), at=NOW)


def test_nobody_answers_for_another_department_or_twice_or_without_words(town: Database) -> None:
    with town.writing() as session:
        _, _, (call,) = sounded(session, "fire")
        mine = liaison(session, "fire")
        for stranger in (liaison(session, "police"), staff(session), staff(session, "resident")):
            with pytest.raises(NotAllowed):
                answering.answer(session, call, "好了", by=stranger, at=NOW)
        for verb in (answering.answer, answering.send_back):
            with pytest.raises(ReasonMissing):
                verb(session, call, " ", by=mine, at=NOW)
        answering.answer(session, call, "好了", by=mine, at=NOW)
        assert call.checked_in_at == NOW, "who tells the result has come"
        for verb in (answering.answer, answering.send_back):
            with pytest.raises(TransitionNotAllowed):
                verb(session, call, "又一次", by=mine, at=NOW)


def test_who_sent_it_back_may_be_called_again_and_both_answers_stay(town: Database) -> None:
    with town.writing() as session:
        ticket, whistle, (first,) = sounded(session, "fire")
        answering.send_back(session, first, "归城管", by=first.person_id or 0, at=NOW)
        later = NOW + timedelta(hours=1)
        [again] = calling.sound(session, ticket, ["fire", "water"], by=staff(session), at=later)[:1]
        assert again.whistle_id == whistle.id and again.called_at == later
        states = [call.state for call in lists.calls_of(session, whistle)]
        assert states == [CallState.RETURNED, CallState.CALLED, CallState.CALLED]


def test_the_store_keeps_one_call_a_department_and_one_whistle_a_ticket(town: Database) -> None:
    with town.writing() as session:
        ticket, whistle, (call,) = sounded(session, "fire")
        ids = ticket.id, whistle.id
    with pytest.raises(IntegrityError), town.writing() as session:
        session.add(
            Whistle(
                ticket_id=ids[0],
                caller_id=staff(session),
                kind=WhistleKind.JOINT,
                state=WhistleState.SOUNDED,
                sounded_at=NOW,
            )
        )
    with pytest.raises(IntegrityError), town.writing() as session:
        session.add(
            WhistleCall(
                whistle_id=ids[1],
                department="fire",
                state=CallState.CALLED,
                called_at=NOW,
                check_in_due_at=NOW,
                result_due_at=NOW,
            )
        )


def test_a_liaison_the_matter_is_about_is_never_called_and_reads_nothing(town: Database) -> None:
    with town.writing() as session:
        fire, estate = liaison(session, "fire"), factories.area_named(session, factories.ESTATE)
        factories.post(session, Role.PROPERTY_STAFF, estate, fire)
        ticket, _, (call,) = sounded(
            session, "fire", category="property_service", about=About.PROPERTY
        )
        assert call.person_id is None
        assert not may_see(session, ticket, fire, NOW)
        with pytest.raises(NotAllowed):
            answering.check_in(session, call, by=fire, at=NOW)
        other = factories.post(
            session,
            Role.DEPARTMENT_LIAISON,
            factories.area_named(session, "和顺街道"),
            department="fire",
        )
        whistle = session.get_one(Whistle, call.whistle_id)
        ticking.tick(session, whistle, NOW + timedelta(minutes=5))
        assert call.person_id == other.person_id
        assert may_see(session, ticket, other.person_id, NOW)


def test_community_staff_do_not_call_on_a_matter_about_them_and_the_subdistrict_does(
    town: Database,
) -> None:
    with town.writing() as session:
        ticket = factories.ticket(session, building(session), about=About.COMMUNITY)
        with pytest.raises(NotAllowed):
            calling.sound(session, ticket, ["fire"], by=staff(session), at=NOW)
        calling.sound(session, ticket, ["fire"], by=staff(session, "subdistrict_staff"), at=NOW)


def test_an_absent_liaison_is_replaced_and_an_empty_post_filled_when_somebody_comes(
    town: Database,
) -> None:
    with town.writing() as session:
        ticket, whistle, (fire, water) = sounded(session, "fire", "water")
        deputy = factories.post(
            session,
            Role.DEPARTMENT_LIAISON,
            factories.area_named(session, "和顺街道"),
            department="gas",
        )
        posts = {
            one: session.scalars(select(Post).where(Post.person_id == liaison(session, one))).one()
            for one in ("fire", "water")
        }
        session.add(
            Absence(
                post_id=posts["fire"].id,
                since=NOW,
                until=NOW + timedelta(days=9),
                substitute_id=deputy.id,
            )
        )
        posts["water"].until = NOW
        session.flush()
        half = whistle.clock_at
        assert half is not None
        ticking.tick(session, whistle, half)
        assert fire.person_id == deputy.person_id
        assert water.person_id == liaison(session, "water"), "nobody else is there yet"
        newcomer = factories.post(
            session,
            Role.DEPARTMENT_LIAISON,
            factories.area_named(session, "和顺街道"),
            department="water",
        )
        ticking.tick(session, whistle, fire.check_in_due_at)
        assert water.person_id == newcomer.person_id
        answering.check_in(session, fire, by=deputy.person_id, at=NOW)


def test_a_call_is_taken_back_until_somebody_answers(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        ticket, whistle, (fire,) = sounded(session, "fire")
        soon = NOW + timedelta(minutes=9)
        event = undoing.undoable(session, staff(session), soon)
        assert event is not None
        undoing.undo(session, event, by=staff(session), at=soon)
        assert (whistle.state, fire.state) == (WhistleState.CANCELLED, CallState.CANCELLED)
        again = calling.sound(session, ticket, ["fire"], by=staff(session), at=soon)
        answering.check_in(session, again[0], by=liaison(session, "fire"), at=soon)
        assert undoing.undoable(session, staff(session), soon) is None
        assert undoing.undoable(session, staff(session), soon + timedelta(minutes=11)) is None


def test_a_check_in_is_taken_back_and_its_reminder_comes_after_all(town: Database) -> None:
    with town.writing() as session:
        ticket, whistle, (fire,) = sounded(session, "fire")
        mine, at = liaison(session, "fire"), NOW + timedelta(minutes=115)
        answering.check_in(session, fire, by=mine, at=at)
        event = undoing.undoable(session, mine, at)
        assert event is not None
        undoing.undo(session, event, by=mine, at=at + timedelta(minutes=9))
        assert (fire.state, fire.checked_in_at) == (CallState.CALLED, None)
        assert ticking.tick(session, whistle, at + timedelta(minutes=9)) == (
            "whistle_reminded_check_in"
        )


def test_a_step_with_a_whistle_does_not_keep_the_owner_from_undoing_their_own(
    town: Database,
) -> None:
    with town.writing() as session:
        ticket = factories.ticket(session, building(session))
        owner = Actor(ticket.owner_id)
        apply(session, ticket, Action.ACCEPT, by=owner, at=NOW)
        calling.sound(session, ticket, ["fire"], by=staff(session), at=NOW)
        apply(session, ticket, Action.UNDO, by=owner, at=NOW)
        assert ticket.is_waiting


def test_the_log_keeps_what_a_department_said_only_under_its_authors_key(town: Database) -> None:
    with town.writing() as session:
        ticket, _, (fire,) = sounded(session, "fire")
        answered(session, fire, "已拆除飞线3处")
        event = session.scalars(select(Event).where(Event.verb == "whistle_answered")).one()
        author = session.get_one(factories.Person, event.actor_id)
        assert open_for(author.own_key, event.words) == "已拆除飞线3处"
        assert "飞线" not in str(event.detail)


def test_the_whole_house_is_called_where_the_place_is_unknown(town: Database) -> None:
    with town.writing() as session:
        assert root_area_id(session) is not None
        matter = factories.ticket(session, None)
        by = staff(session, "subdistrict_staff")
        assert not sides.may_call(session, matter, by, NOW), "a street serves its own area only"


def test_a_comment_moves_no_time(town: Database) -> None:
    with town.writing() as session:
        ticket, whistle, (fire,) = sounded(session, "fire")
        before = fire.check_in_due_at, fire.result_due_at, whistle.clock_at
        refining.add_note(session, ticket, "请尽快", by=staff(session), at=NOW, for_reporter=False)
        assert before == (fire.check_in_due_at, fire.result_due_at, whistle.clock_at)


def test_late_check_ins_are_in_the_morning_digest_by_department_and_only_for_who_may_see(
    store: Database,
) -> None:
    factories.town(store)
    with store.writing() as session:
        ticket, _, (fire, water, police) = sounded(session, "fire", "water", "police")
        hidden = factories.ticket(session, building(session), about=About.COMMUNITY)
        street = staff(session, "subdistrict_staff")
        calling.sound(session, hidden, ["gas"], by=street, at=NOW)
        due = fire.check_in_due_at
        answering.check_in(session, police, by=liaison(session, "police"), at=due)
        answering.check_in(session, water, by=liaison(session, "water"), at=due + MINUTE)
        community, reader = factories.area_named(session, "幸福社区").id, staff(session)
        morning = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)

        def late(at: datetime) -> list[int]:
            session.flush()
            composed = compose(session, community, DigestKind.MORNING, at, [reader])[reader]
            return composed.sections.get(Section.LATE_CHECK_INS, [])

        assert late(due - MINUTE) == []
        assert late(morning) == [fire.id, water.id]
        [row, _] = pages.late_check_ins(session, late(morning))
        assert (row["department"], row["ticket_id"], row["came"]) == ("fire", ticket.id, None)
        assert not any("联络员" in str(value) for value in row.values())
        assert late(morning + timedelta(days=1)) == [fire.id], "who came is told of once"


def test_a_department_called_beside_one_that_is_due_hides_no_mark(town: Database) -> None:
    with town.writing() as session:
        ticket, whistle, (fire,) = sounded(session, "fire")
        ticking.tick(session, whistle, fire.check_in_due_at - timedelta(hours=1))
        late = fire.check_in_due_at + MINUTE
        calling.sound(session, ticket, ["water"], by=staff(session), at=late)
        assert ticking.due(session, late) == [whistle.id]
        assert ticking.tick(session, whistle, late) == "whistle_late_check_in"
