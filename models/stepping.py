"""Steps on one kind of thing: what may be done, what is done, and its taking back (撤销)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.claims import claim
from models.errors import TooLate
from models.events import Event
from models.moves import Action, Flow, Move, Side, State
from models.telling import Said
from models.ticket_flow import UNDO_MINUTES


class Moved(Protocol):
    """What steps are taken on: a row with a number and a state of its own."""

    state: Any

    @property
    def number(self) -> str: ...


Thing = TypeVar("Thing", bound=Moved)


@dataclass(frozen=True, slots=True)
class Step(Generic[State, Side]):
    """一步 — a move that is being made: by whom, as whom, when, and out of which state."""

    move: Move[State, Side]
    old: State | None
    side: Side
    by: int | None
    at: datetime

    def said(self, **more: Any) -> Said:
        return Said(self.move.verb, self.at, self.by, self.side, self.old, **more)


@dataclass(frozen=True, slots=True)
class Steps(Generic[Thing, State, Action, Side]):
    """办法 — how steps on one kind of thing are taken: by whom, by which table of states."""

    kind: str  # of its events
    table: type[Thing]
    flow: Flow[State, Action, Side]
    held: Callable[[Session, Thing, int | None, datetime], Collection[Side]]
    taken_back_as: Mapping[str, Action] = field(default_factory=dict)  # which action undoes what
    undone: str = ""  # what the log calls that
    beside: frozenset[str] = frozenset()  # what goes with another step, and is none by itself

    def allowed(
        self, session: Session, thing: Thing, *, by: int | None, at: datetime
    ) -> frozenset[Action]:
        """Everything this person (None: the clock) may do with it now."""
        held = self.held(session, thing, by, at)
        actions = (action for state, action in self.flow.moves if state == thing.state)
        return frozenset(one for one in actions if self.flow.can(thing.state, one, held))

    def can(
        self, session: Session, thing: Thing, action: Action, *, by: int | None, at: datetime
    ) -> bool:
        """Whether this person (None: the clock) may take the action now."""
        return self.flow.can(thing.state, action, self.held(session, thing, by, at))

    def begin(
        self,
        session: Session,
        thing: Thing,
        action: Action,
        *,
        by: int | None,
        at: datetime,
        words: str | None = None,
    ) -> Step[State, Side]:
        """Its state is the new one; what that needs the caller writes before the next query.

        Of two who act at once the second is refused. A number may be a title, which is not for
        who is nothing to it.
        """
        session.flush()
        claim(session, thing)
        held = self.held(session, thing, by, at)
        number = thing.number if held else ""
        taken = self.flow.take(thing.state, action, held, number=number, words=words)
        thing.state = taken.move.target
        return Step(taken.move, taken.old, taken.side, by, at)

    def undoable(self, session: Session, person_id: int, now: datetime) -> Event | None:
        """This person's last step, if it was taken lately and can be taken back."""
        last = self._last(session, person_id, now)
        action = self.taken_back_as.get(last.verb) if last else None
        if last is None or action is None:
            return None
        thing = session.get_one(self.table, last.subject_id)
        return last if self.can(session, thing, action, by=person_id, at=now) else None

    def take_back(
        self, session: Session, event: Event, *, by: int, at: datetime
    ) -> tuple[Thing, Step[State, Side]]:
        """Begins it: the caller mends what was written, and tells it as `undoing` says."""
        thing = session.get_one(self.table, event.subject_id)
        if self.undoable(session, by, at) is not event:
            raise TooLate(number=thing.number)
        action = self.taken_back_as[event.verb]
        return thing, self.begin(session, thing, action, by=by, at=at)

    def undoing(
        self, step: Step[State, Side], event: Event, told: Sequence[int], **context: Any
    ) -> Said:
        """`told` are those who have read of it."""
        detail = {"undone_event": event.id, "undone": event.verb}
        said = step.said(parties={"told": told}, detail=detail, context=context)
        return replace(said, verb=self.undone)

    def _last(self, session: Session, person_id: int, now: datetime) -> Event | None:
        """But for what they have taken back already."""
        lately = session.scalars(
            select(Event)
            .where(
                Event.subject_kind == self.kind,
                Event.actor_id == person_id,
                Event.verb.not_in(self.beside),
                Event.at >= now - timedelta(minutes=UNDO_MINUTES),
            )
            .order_by(Event.id.desc())
        ).all()
        undone = {one.detail.get("undone_event") for one in lately}
        left = (one for one in lately if one.verb != self.undone and one.id not in undone)
        return next(left, None)


def recalled(session: Session, *caused_by: int) -> list[int]:
    """What these events wrote to people leaves no more; whoever has read it already."""
    left = [message for one in caused_by for message in outbox.cancel_event(session, one)]
    return [one.person_id for one in left if one.person_id is not None]
