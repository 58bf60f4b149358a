"""Whatever people try, a ticket stands in a state the table knows, with one event a change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models.base import Base, Database
from models.errors import DomainError, NotAllowed, TooLate, TransitionNotAllowed
from models.events import Event
from models.ticket_flow import (
    ENDED,
    EVENTS,
    OPEN,
    TRANSITIONS,
    WAITING,
    WORKING,
    Action,
    Capacity,
    Level,
    Outcome,
    State,
)
from models.tickets import undoing
from models.tickets.actions import allowed, apply, can
from models.tickets.step import CLOCK, Actor
from models.tickets.table import ACTIVE, Assignment, Part, Ticket
from tests.factories import MORNING, actor, building, ticket, town

STEPS, WALKS = 50, 12  # 600 attempts; `make proof` walks further
OTHER = {Urgency.NORMAL: Urgency.URGENT, Urgency.URGENT: Urgency.NORMAL}


def test_every_action_has_an_event_and_every_event_one_action() -> None:
    assert set(EVENTS) == set(Action)
    assert len(set(EVENTS.values())) == len(EVENTS)


def test_states_are_open_or_ended_or_wait_for_a_rating() -> None:
    assert set(State) == OPEN | ENDED | {State.RESOLVED}
    assert WAITING | WORKING | {State.SUSPENDED} == OPEN


def test_every_state_but_the_first_is_reached_and_every_open_one_is_left() -> None:
    reached = {transition.target for transition in TRANSITIONS.values()}
    assert set(State) - {State.REPORTED} <= reached
    left = {state for state, action in TRANSITIONS if action != Action.UNDO}
    assert left >= OPEN | {State.RESOLVED, State.MERGED}


def test_the_clock_neither_resolves_nor_rates_nor_withdraws() -> None:
    by_clock = {action for (_, action), row in TRANSITIONS.items() if Capacity.CLOCK in row.by}
    assert by_clock == {
        Action.DISPATCH,
        Action.ESCALATE,
        Action.MERGE,
        Action.RESUME,
        Action.ARCHIVE,
    }


def test_what_goes_against_somebody_needs_a_reason() -> None:
    needing = {action for (_, action), row in TRANSITIONS.items() if row.needs_reason}
    assert needing >= {Action.SEND_BACK, Action.TRANSFER, Action.SUSPEND, Action.MERGE}
    assert Action.DECLINE not in needing
    assert Action.WITHDRAW not in needing


def test_levels_go_up_one_by_one_and_end() -> None:
    levels = [Level.ESTATE]
    while (above := levels[-1].up()) is not None:
        levels.append(above)
    assert levels == list(Level)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('walk') / 'linli.db'}")
    Base.metadata.create_all(store.writer)
    town(store)
    yield store
    store.dispose()


class _Enough(Exception):
    """The walk is over; nothing of it is kept."""


@dataclass
class Walk:
    """One ticket, the people around it, and what it was before the last step."""

    session: Session
    ticket: Ticket
    other: Ticket
    people: dict[str, Actor]
    at: datetime = MORNING
    before_last: undoing.Snapshot | None = None
    last: Actor | None = None

    def actor(self, name: str) -> Actor:
        return Actor(self.ticket.owner_id) if name == "owner" else self.people[name]

    def snapshot(self) -> undoing.Snapshot:
        self.session.flush()
        return undoing.snapshot(self.session, self.ticket)

    def events(self) -> int:
        """On its own timeline; a merge stands on the other's as well."""
        mine = select(func.count(Event.id)).where(Event.subject_id == self.ticket.id)
        return self.session.scalar(mine) or 0

    def attempt(self, by: Actor, action: Action, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)
        may = can(self.session, self.ticket, action, by=by, at=self.at)
        before, events = self.snapshot(), self.events()
        try:
            event_id = apply(
                self.session,
                self.ticket,
                action,
                by=by,
                at=self.at,
                reason="说明原因",
                until=self.at + timedelta(minutes=minutes),
                outcome=Outcome.CANNOT_FIX if minutes % 2 else Outcome.FIXED,
                into=self.other,
                solved=bool(minutes % 3),
                stars=minutes % 5 + 1,
                urgency=OTHER[self.ticket.urgency],
            )
        except DomainError as refusal:
            assert not may, f"{action} was offered and refused: {refusal!r}"
            assert isinstance(refusal, TransitionNotAllowed | NotAllowed | TooLate)
            assert (self.snapshot(), self.events()) == (before, events)
            return
        assert may, f"{action} was done without having been offered"
        assert self.events() == events + 1
        self.last = by
        self.check(self.session.get_one(Event, event_id), action, before)

    def check(self, event: Event, action: Action, before: undoing.Snapshot) -> None:
        one = self.ticket
        old = State(before["ticket"]["state"])
        assert (event.old, event.new, event.verb) == (old, one.state, EVENTS[action])
        target = TRANSITIONS[old, action].target
        assert target in (None, one.state)
        if action == Action.UNDO:
            assert self.snapshot() == self.before_last
        else:
            levels = list(Level)
            assert levels.index(one.level) >= levels.index(Level(before["ticket"]["level"]))
        self.before_last = before
        self.check_owner()

    def check_owner(self) -> None:
        one = self.ticket
        owners = self.session.scalars(
            select(Assignment.person_id).where(
                Assignment.ticket_id == one.id,
                Assignment.part == Part.OWNER,
                Assignment.answer.in_(ACTIVE),
            )
        ).all()
        assert owners == ([one.owner_id] if one.is_open else [])
        assert (one.outcome is None) == one.is_open
        if one.state in ENDED:
            assert one.ended_at is not None
            assert one.clock_at is None
        if one.is_open and one.overdue_at is None:
            assert one.clock_at is not None


PEOPLE = ("reporter", "owner", "helper", "supervisor", "neighbour", "property", "clock")
ACTIONS = list(Action)
LAST = (Action.MERGE, Action.WITHDRAW, Action.RATE, Action.ARCHIVE)


def next_attempt(walk: Walk, chance: Random) -> tuple[Actor, Action, int]:
    """Mostly something that is offered, so that the walk gets far; else anything by anybody."""
    if walk.last is not None and chance.random() < 0.2:
        return walk.last, Action.UNDO, chance.choice((1, 9, 11))
    minutes = chance.choice((1, 5, 30, 500))
    if chance.random() < 0.25:
        return walk.actor(chance.choice(PEOPLE)), chance.choice(ACTIONS), minutes
    for name in chance.sample(PEOPLE, len(PEOPLE)):
        by = walk.actor(name)
        offered = allowed(walk.session, walk.ticket, by=by, at=walk.at)
        lasting = [one for one in offered if one not in LAST] or offered
        if lasting:
            few = offered if chance.random() < 0.3 else lasting
            return by, chance.choice(few), minutes
    return CLOCK, chance.choice(ACTIONS), minutes


@pytest.mark.parametrize("seed", range(WALKS))
def test_no_walk_reaches_a_forbidden_state_and_can_agrees_with_apply(
    walked: Database, seed: int
) -> None:
    chance = Random(seed)
    with pytest.raises(_Enough), walked.writing() as session:
        place = building(session)
        people = {
            "reporter": actor(session, "resident"),
            "helper": actor(session, "building_head"),
            "supervisor": actor(session, "community_staff", 2),
            "neighbour": actor(session, "resident", 5),
            "property": actor(session, "property_staff"),
            "clock": CLOCK,
        }
        other = ticket(session, place, reporter=actor(session, "resident", 2).person_id)
        walk = Walk(session, ticket(session, place), other, people)
        for _ in range(STEPS):
            walk.attempt(*next_attempt(walk, chance))
            if walk.ticket.state in ENDED and chance.random() < 0.5:
                walk = Walk(session, ticket(session, place, walk.at), other, people, walk.at)
        raise _Enough
