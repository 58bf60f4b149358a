"""Whatever people try with a whistle: no call is lost, none answered twice, no time moves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import Base, Database
from models.errors import DomainError
from models.events import Event
from models.tickets import refining
from models.tickets.table import Note, Ticket
from models.whistles import answering, calling, ending, lists, ticking, undoing
from models.whistles.flow import (
    GIVEN,
    PENDING,
    CallAction,
    CallState,
    WhistleAction,
    WhistleState,
)
from models.whistles.table import Whistle, WhistleCall
from tests import factories

NOW = factories.MORNING
DEPARTMENTS = ["police", "fire", "city_management"]
CALLERS = [("community_staff", 1), ("community_staff", 2), ("resident", 1)]
# Kind of step, which department, who tries (of those it might be), minutes that pass before.
STEPS = st.tuples(
    st.sampled_from(
        [
            *("call", "call", "check_in", "check_in", "answer", "answer", "send_back"),
            *("confirm", "confirm", "break_off", "undo", "comment", "tick", "tick"),
        ]
    ),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from([0, 1, 9, 11, 120, 600, 3000]),
)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('walks') / 'linli.db'}")
    Base.metadata.create_all(store.writer)
    factories.town(store)
    yield store
    store.dispose()


@dataclass
class Walk:
    """One whistle's life, with a model of it that knows nothing of the code's tables."""

    session: Session
    ticket: Ticket
    at: datetime = NOW
    times: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    given: dict[int, int] = field(default_factory=dict)  # call → the note of its answer
    ended: dict[int, WhistleState] = field(default_factory=dict)

    def person(self, number: int) -> int:
        return factories.demo_person(self.session, *CALLERS[number])

    def liaison(self, number: int) -> int:
        return factories.demo_person(self.session, "department_liaison", number + 1)

    def call(self, number: int) -> WhistleCall | None:
        """The last one of this department, whatever became of it."""
        return self.session.scalars(
            select(WhistleCall)
            .join(Whistle, Whistle.id == WhistleCall.whistle_id)
            .where(
                Whistle.ticket_id == self.ticket.id,
                WhistleCall.department == DEPARTMENTS[number],
            )
            .order_by(WhistleCall.id.desc())
            .limit(1)
        ).first()

    def step(self, kind: str, department: int, who: int) -> None:
        whistle = lists.latest(self.session, self.ticket.id)
        call = self.call(department)
        if kind == "call":
            calling.sound(
                self.session,
                self.ticket,
                [DEPARTMENTS[department]],
                by=self.person(who),
                at=self.at,
            )
        elif kind == "comment":
            by = self.ticket.reporter_id if who else self.person(0)
            refining.add_note(
                self.session, self.ticket, "快一点", by=by, at=self.at, for_reporter=False
            )
        elif kind == "undo":
            by = self.person(0) if who else self.liaison(department)
            event = undoing.undoable(self.session, by, self.at, self.ticket.id)
            if event is not None:
                undoing.undo(self.session, event, by=by, at=self.at)
        elif kind == "tick" and whistle is not None:
            ticking.tick(self.session, whistle, self.at)
        elif kind in ("confirm", "break_off") and whistle is not None:
            self.end(whistle, kind, self.person(who))
        elif kind in ("check_in", "answer", "send_back") and call is not None:
            self.answer(call, kind, self.liaison(who))

    def end(self, whistle: Whistle, kind: str, by: int) -> None:
        calls = lists.calls_of(self.session, whistle)
        allowed = ending.can(self.session, whistle, WhistleAction(kind), by=by, at=self.at)
        is_whole = not any(one.state in PENDING for one in calls)
        is_open = whistle.state == WhistleState.SOUNDED
        ours = by == whistle.caller_id and is_open
        assert allowed == (ours and (is_whole or kind == "break_off"))
        given: tuple[Any, ...] = ("不用了",) if kind == "break_off" else ()
        try:
            getattr(ending, kind)(self.session, whistle, *given, by=by, at=self.at)
        except DomainError:
            assert not allowed
        else:
            assert allowed and whistle.state == WhistleState.ENDED

    def answer(self, call: WhistleCall, kind: str, by: int) -> None:
        action = CallAction(kind)
        allowed = answering.can(self.session, call, action, by=by, at=self.at)
        words: tuple[Any, ...] = () if kind == "check_in" else (f"{kind} {self.at}",)
        try:
            getattr(answering, kind)(self.session, call, *words, by=by, at=self.at)
        except DomainError:
            assert not allowed
        else:
            assert allowed

    def look(self) -> None:
        """What must hold after every step."""
        self.session.flush()
        whistles = self.session.scalars(
            select(Whistle).where(Whistle.ticket_id == self.ticket.id)
        ).all()
        assert sum(one.state == WhistleState.SOUNDED for one in whistles) <= 1
        found: dict[int, WhistleCall] = {}
        for whistle in whistles:
            calls = self.session.scalars(
                select(WhistleCall).where(WhistleCall.whistle_id == whistle.id)
            ).all()
            found |= {one.id: one for one in calls}
            is_pending = any(one.state in PENDING for one in calls)
            assert not (is_pending and whistle.state != WhistleState.SOUNDED)
            assert whistle.state == WhistleState.SOUNDED or whistle.clock_at is None
            assert self.ended.setdefault(whistle.id, whistle.state) in (
                whistle.state,
                WhistleState.SOUNDED,
            )
            self.ended[whistle.id] = whistle.state
        assert set(self.times) <= set(found), "a call is never lost"
        for one in found.values():
            dues = one.check_in_due_at, one.result_due_at
            assert self.times.setdefault(one.id, dues) == dues, "no time moves"
            if one.state in GIVEN:
                assert one.note_id is not None
                assert self.given.setdefault(one.id, one.note_id) == one.note_id, "answered twice"
            else:
                assert one.id not in self.given, "an answer is never taken away"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, min_size=25, max_size=50))
def test_no_call_is_lost_or_answered_twice_and_only_the_caller_ends_it_when_all_have_answered(
    walked: Database, steps: list[tuple[str, int, int, int]]
) -> None:
    with walked.writing() as session:
        matter = factories.ticket(session, factories.building(session))
        walk = Walk(session, matter)
        owner, due = matter.owner_id, matter.resolve_due_at
        for kind, department, who, minutes in steps:
            walk.at += timedelta(minutes=minutes)
            try:
                with session.begin_nested():
                    walk.step(kind, department, who)
            except DomainError:
                session.expire_all()
            walk.look()
        assert (matter.owner_id, matter.resolve_due_at) == (owner, due)
        answered = [one for one in walk.given if session.get_one(WhistleCall, one).state in GIVEN]
        told = session.scalar(
            select(func.count())
            .select_from(Event)
            .where(
                Event.subject_id == matter.id,
                Event.verb.in_(["whistle_answered", "whistle_returned"]),
            )
        )
        assert told == len(answered)
        notes = {session.get_one(Note, one).ticket_id for one in walk.given.values()}
        assert notes <= {matter.id}
        session.rollback()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rounds=st.lists(st.integers(1, 400), min_size=1, max_size=40),
    checks_in=st.none() | st.integers(0, 20),
    adds=st.none() | st.integers(0, 10),
)
def test_however_rarely_the_clock_comes_each_mark_is_made_at_most_once_and_late_ones_always(
    walked: Database, rounds: list[int], checks_in: int | None, adds: int | None
) -> None:
    with walked.writing() as session:
        matter = factories.ticket(session, factories.building(session))
        by = factories.demo_person(session, "community_staff")
        [call] = calling.sound(session, matter, ["fire"], by=by, at=NOW)
        whistle, at = session.get_one(Whistle, call.whistle_id), NOW
        for number, minutes in enumerate(rounds):
            at += timedelta(minutes=minutes)
            if number == checks_in:
                answering.check_in(session, call, by=call.person_id or 0, at=at)
            if number == adds:
                calling.sound(session, matter, ["water"], by=by, at=at)
            for _ in range(2):
                ticking.tick(session, whistle, at)
        marks = session.scalars(
            select(Event).where(
                Event.subject_id == matter.id, Event.actor_id.is_(None), Event.verb.like("whist%")
            )
        )
        made = [one.verb for one in marks if one.detail["call"] == call.id]
        assert len(made) == len(set(made))
        if call.state == CallState.CALLED and at >= call.check_in_due_at:
            assert set(made) & {"whistle_late_check_in", "whistle_late_result"}
        if at >= call.result_due_at:
            assert "whistle_late_result" in made
        session.rollback()
