"""A random walk of one ticket: anybody tries anything, and each answer is held to the rules."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from config.categories import Urgency
from models.base import Database
from models.errors import (
    DomainError,
    NotAllowed,
    NotFound,
    ReasonMissing,
    TooLate,
    TransitionNotAllowed,
)
from models.events import Event
from models.people import Person
from models.ticket_flow import Action, Outcome
from models.tickets import relieving, ticking, undoing
from models.tickets.actions import apply, can
from models.tickets.step import CLOCK, Actor
from models.tickets.table import Ticket
from models.whistles.table import Whistle, WhistleCall
from tests.factories import MORNING, person
from tests.walks import looking, rules
from tests.walks.beside import Beside
from tests.walks.cast import STRANGER, Cast, later
from tests.walks.retelling import Retold
from tests.walks.tally import Tally
from tests.walks.whistling import Whistling

WALK = 70  # steps
LOOKS_OF_ACCUSED = 0.35  # share of the steps after which one of them looks in by every door
TRIES = 6  # to find somebody who may do something
WEIGHTS = dict.fromkeys((Action.ACCEPT, Action.START, Action.RESOLVE, Action.REOPEN), 8)
ENDING = (Action.WITHDRAW, Action.MERGE)  # mostly left out, or walks would be short


class Walk:
    """游走 — a ticket, its neighbours' reports, the people, and what the log has said so far."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.seed, self.chance = session, seed, Random(seed)
        self.tally = Tally()
        self.cast = Cast(session, self.chance)
        self.at = MORNING + timedelta(minutes=self.chance.randrange(60 * 24 * 7))
        self.ticket = self.cast.ticket(self.at)
        self.others = [self.cast.twin(self.ticket, self.at) for _ in range(2)]
        self.whistling = Whistling(session, self.chance, self.cast, self.ticket, self.tally)
        self.beside = Beside(session, self.chance, self.cast, self.ticket, self.others, self.tally)
        self.retold = Retold()
        self.last_actor: Actor = CLOCK
        self.accused, self.told_accused = self._accused(), self._told_accused()

    def go(self, steps: int) -> Tally:
        for number in range(steps):
            self.at, before = later(self.at, self.chance), self._changes()
            what = f"seed {self.seed} step {number}: {self._step()}"
            found = self._look() if self._changes() != before else []
            for wrong in [*found, *self._leaks()]:
                self.tally.forbid(f"{what}: {wrong}")
            if self.ticket.state in ("withdrawn", "merged", "archived") and self._is_tired():
                break
        self.cast.go_home()
        return self.tally

    def look_back(self) -> list[str]:
        """The log told once more from its beginning, and the lists of whom it is about."""
        told = Retold()
        told.hear(self.session.scalars(self._events()))
        return [
            *told.differs(*self.rows()),
            *(
                f"{who} accused of {self.ticket.about} {wrong}"
                for who in self._accused()
                for wrong in looking.listed_for(self.session, self.ticket, who)
            ),
        ]

    def _events(self) -> Select[tuple[Event]]:
        mine = select(Event).where(
            Event.subject_kind == "ticket", Event.subject_id == self.ticket.id
        )
        return mine.order_by(Event.id)

    def _is_tired(self) -> bool:
        """What has ended is walked on for a while: it may be taken back, and must not be more."""
        return self.chance.random() < 0.15

    def _step(self) -> str:
        drawn = self.chance.random()
        if drawn < 0.64:
            return self._act()
        if drawn < 0.82:
            return self.whistling.step(self.at)
        if drawn < 0.90:
            what, self.last_actor = self.beside.step(self.at, self.last_actor)
            return what
        if drawn < 0.96:
            return self._tick()
        if self.chance.random() < 0.5:
            self.cast.move(self.at)
            return "a post is left or taken"
        self.cast.leave(self.at)
        return "somebody goes on leave"

    def _act(self) -> str:
        """Mostly what the rules know, by somebody who may; else anything by anybody."""
        drawn = self.chance.random()
        if drawn < 0.15:
            return self._attempt(Action.UNDO, self.last_actor)
        if drawn < 0.35:
            return self._attempt(self.chance.choice([*Action]), self.cast.somebody(self.ticket))
        for _ in range(TRIES):
            by = self.cast.somebody(self.ticket)
            known = self._known_to(by)
            if known:
                weights = [WEIGHTS.get(one, 3) for one in known]
                return self._attempt(self.chance.choices(known, weights)[0], by)
        return self._attempt(Action.UNDO, self.last_actor)

    def _known_to(self, by: Actor) -> list[Action]:
        mine, state = self.cast.relation(self.ticket, by, self.at), self.ticket.state
        known = [
            one
            for one in Action
            if one != Action.UNDO
            and rules.is_known(state, one)
            and rules.may_be_done_by(one) & mine
        ]
        is_early = self.chance.random() < 0.85
        return [one for one in known if not (is_early and one in ENDING)]

    def _attempt(self, action: Action, by: Actor) -> str:
        what = f"{action} by {by.person_id} at {self.ticket.state}"
        given = self._given(action)
        words = self.chance.choice(["说明原因"] * 7 + [" "])
        mine = self.cast.relation(self.ticket, by, self.at)
        may = can(self.session, self.ticket, action, by=by, at=self.at, **given)
        old, changes = self.ticket.state, self._changes()
        try:
            with self.session.begin_nested():
                event_id = apply(
                    self.session, self.ticket, action, by=by, at=self.at, reason=words, **given
                )
        except DomainError as refusal:
            self.tally.refused[action] += 1
            if changes != self._changes():
                self.tally.disagree(f"{self.seed} {what}: refused and yet written")
            if not self._is_right_refusal(refusal, action, old, mine, may, words):
                self.tally.disagree(f"{self.seed} {what}: can {may} and {refusal!r} {given}")
            return what
        self.tally.allowed[action] += 1
        self.last_actor = by
        if not may:
            self.tally.disagree(f"{self.seed} {what}: refused by can and done")
        if action != Action.UNDO and not self._is_lawful(action, old, mine):
            self.tally.disagree(f"{self.seed} {what}: against the rules for {sorted(mine)}")
        event = self.session.get_one(Event, event_id)
        if (event.old, event.new) != (old, self.ticket.state):
            self.tally.disagree(f"{self.seed} {what}: told as {event.old}->{event.new}")
        return what

    def _given(self, action: Action) -> dict[str, Any]:
        chance = self.chance
        if action in (Action.DISPATCH, Action.TRANSFER):
            return {"holder": self.cast.holder()} if chance.random() < 0.3 else {}
        if action == Action.SUSPEND:
            return {"until": self.at + timedelta(minutes=chance.choice((-5, 0, 30, 3000)))}
        if action == Action.RESOLVE:
            return {"outcome": chance.choice([*Outcome][:3])}
        if action == Action.SET_URGENCY:
            return {"urgency": chance.choice([*Urgency])}
        if action == Action.MERGE:
            return {"into": chance.choice([*self.others, self.ticket])}
        if action in (Action.RATE, Action.REOPEN):
            return {"solved": chance.random() < 0.5, "stars": chance.randint(1, 5)}
        return {}

    def _is_lawful(self, action: Action, state: str, mine: frozenset[str]) -> bool:
        return rules.is_known(state, action) and bool(rules.may_be_done_by(action) & mine)

    def _is_right_refusal(
        self,
        refusal: DomainError,
        action: Action,
        state: str,
        mine: frozenset[str],
        may: bool,
        words: str,
    ) -> bool:
        """Refused for the reason that truly stands against it, and not against what can() said."""
        if isinstance(refusal, ReasonMissing):
            return may and action in rules.NEEDS_WORDS and not words.strip()
        if may:
            return False
        if not rules.is_known(state, action):
            return isinstance(refusal, TransitionNotAllowed)
        if action == Action.UNDO:
            return isinstance(refusal, NotAllowed | TooLate)
        if not self._is_lawful(action, state, mine):
            return isinstance(refusal, NotAllowed)
        fitting = TransitionNotAllowed | NotFound | TooLate | NotAllowed
        return action not in rules.PLAIN and isinstance(refusal, fitting)

    def _changes(self) -> object:
        """Everything written so far: SQLite counts it, PostgreSQL is asked for the rows."""
        self.session.flush()
        driver = self.session.connection().connection.driver_connection
        if hasattr(driver, "total_changes"):
            return driver.total_changes
        last = self.session.scalar(select(func.max(Event.id)))
        return last, undoing.snapshot(self.session, self.ticket)

    def _tick(self) -> str:
        """The clock at the next moment of this ticket, or now."""
        if self.ticket.clock_at is not None and self.chance.random() < 0.5:
            self.at = max(self.at, self.ticket.clock_at)
        one = self.ticket
        if one.is_open and relieving.is_left(self.session, one, self.at):
            return f"clock relieves: {relieving.relieve(self.session, one, self.at)}"
        return f"clock: {ticking.tick(self.session, one, self.at)}"

    def _look(self) -> list[str]:
        """What is wrong in the rows, or told otherwise by the log."""
        one, whistles, calls = self.rows()
        self.retold.hear(self.session.scalars(self._events().where(Event.id > self.retold.last)))
        return [
            *looking.forbidden(self.session, one),
            *looking.forbidden_whistles(whistles, calls),
            *self.retold.differs(one, whistles, calls),
        ]

    def rows(self) -> tuple[Ticket, Sequence[Whistle], Sequence[WhistleCall]]:
        """The ticket, its whistles and their calls, as they stand."""
        mine = Whistle.ticket_id == self.ticket.id
        whistles = self.session.scalars(select(Whistle).where(mine)).all()
        joined = select(WhistleCall).join(Whistle, Whistle.id == WhistleCall.whistle_id)
        return self.ticket, whistles, self.session.scalars(joined.where(mine)).all()

    def _leaks(self) -> list[str]:
        accused = self._accused()
        if not accused:
            return []
        who, found = self.chance.choice(accused), list[str]()
        if self.chance.random() < LOOKS_OF_ACCUSED:
            found += looking.shown_to_accused(self.session, self.ticket, who, self.at)
            if looking.asked_of(self.session, self.ticket, accused):
                found.append("or another is asked")
        told = self._told_accused()
        if told > self.told_accused and accused == self.accused:  # else some heard of it before
            found.append("was told of it")
        self.accused, self.told_accused = accused, told
        return [f"{who} accused of {self.ticket.about} {one}" for one in found]

    def _told_accused(self) -> int:
        accused = self._accused()
        return looking.told_to(self.session, self.ticket, accused) if accused else 0

    def _accused(self) -> list[int]:
        """Whom it is about; who reported it themselves hears of their own report."""
        return sorted(self.cast.accused(self.ticket) - {self.ticket.reporter_id})


def walk_on(store: Database, actions: int, seed: int) -> Tally:
    """So many attempts and a few more, walk after walk, in a store with the demo town."""
    total = Tally()
    with store.writing() as session:
        if session.scalars(select(Person.id).where(Person.name == STRANGER)).first() is None:
            person(session, STRANGER)
    while total.actions < actions:
        with store.writing() as session:
            walk = Walk(session, seed)
            total += walk.go(WALK)
            for wrong in walk.look_back():
                total.forbid(f"seed {seed}, at its end: {wrong}")
        seed += 1
    return total
