"""What happens to a supervision: `can()`, and each step by the one table of `flow`."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import due_days, outbox
from models.errors import TooLate
from models.events import Event
from models.moves import Taken
from models.supervisions import sides, telling
from models.supervisions.asking import SupervisionUnfit, check_day, enter
from models.supervisions.flow import (
    ANSWERED,
    FLOW,
    Side,
    SupervisionAction,
    SupervisionState,
)
from models.supervisions.table import EntryKind, Supervision, SupervisionEntry
from models.telling import Said
from models.ticket_flow import UNDO_MINUTES

_A = SupervisionAction

Step = Taken[SupervisionState, Side]


def can(
    session: Session, one: Supervision, action: SupervisionAction, *, by: int | None, at: datetime
) -> bool:
    """Whether this person may take the action now."""
    return action in allowed(session, one, by=by, at=at)


def allowed(
    session: Session, one: Supervision, *, by: int | None, at: datetime
) -> frozenset[SupervisionAction]:
    """Everything this person may do with it now."""
    held = sides.held(session, one, by, at)
    return frozenset(action for action in _A if FLOW.can(one.state, action, held))


def answer(session: Session, one: Supervision, words: str, *, by: int, at: datetime) -> None:
    step = _begin(session, one, _A.ANSWER, by, at, words)
    one.answered_at = at
    enter(session, one, EntryKind.ANSWER, words, by=by, at=at)
    _end(session, one, step, by, at, words)


def close(session: Session, one: Supervision, *, by: int, at: datetime) -> None:
    """The supervisor is content; who answered hears it."""
    step = _begin(session, one, _A.CLOSE, by, at)
    one.ended_at = at
    _end(session, one, step, by, at)


def ask_again(
    session: Session, one: Supervision, words: str, due_on: date, *, by: int, at: datetime
) -> None:
    """The answer is not enough: what is missing, and a new day."""
    step = _begin(session, one, _A.ASK_AGAIN, by, at, words)
    one.due_on, one.answered_at = due_on, None
    check_day(due_on, at)
    enter(session, one, EntryKind.AGAIN, words, by=by, at=at)
    _end(session, one, step, by, at, words)


def move_day(session: Session, one: Supervision, due_on: date, *, by: int, at: datetime) -> None:
    step = _begin(session, one, _A.MOVE_DAY, by, at)
    check_day(due_on, at)
    if due_on == one.due_on:
        raise SupervisionUnfit(field="same_day")
    one.due_on = due_on
    _end(session, one, step, by, at)


def talk(
    session: Session, one: Supervision, words: str, held_on: date, *, by: int, at: datetime
) -> None:
    """约谈: the day and what was agreed, kept with the supervision; the other side can read it."""
    step = _begin(session, one, _A.TALK, by, at, words)
    if due_days.days_left(held_on, at) > 0:
        raise SupervisionUnfit(field="held_on")
    enter(session, one, EntryKind.TALK, words, by=by, at=at, held_on=held_on)
    _end(session, one, step, by, at, words)


def withdraw(session: Session, one: Supervision, words: str, *, by: int, at: datetime) -> None:
    step = _begin(session, one, _A.WITHDRAW, by, at, words)
    one.ended_at = at
    enter(session, one, EntryKind.WITHDRAWAL, words, by=by, at=at)
    _end(session, one, step, by, at, words)


def undoable(session: Session, person_id: int, now: datetime) -> Event | None:
    """This person's answer, if it was given lately and nobody has done anything with it."""
    last = session.scalars(
        select(Event)
        .where(
            Event.subject_kind == telling.SUBJECT,
            Event.actor_id == person_id,
            Event.at >= now - timedelta(minutes=UNDO_MINUTES),
        )
        .order_by(Event.id.desc())
        .limit(1)
    ).first()
    if last is None or last.verb != ANSWERED:
        return None
    one = session.get_one(Supervision, last.subject_id)
    return last if can(session, one, _A.TAKE_BACK, by=person_id, at=now) else None


def undo(session: Session, event: Event, *, by: int, at: datetime) -> Supervision:
    """Takes the answer back; its words are no part of the record any more."""
    one = session.get_one(Supervision, event.subject_id)
    if undoable(session, by, at) is not event:
        raise TooLate(number=one.number)
    step = _begin(session, one, _A.TAKE_BACK, by, at)
    one.answered_at = None
    last = session.scalars(
        select(SupervisionEntry)
        .where(SupervisionEntry.supervision_id == one.id, SupervisionEntry.kind == EntryKind.ANSWER)
        .order_by(SupervisionEntry.id.desc())
    ).first()
    if last is not None:
        session.delete(last)
    left = outbox.cancel_event(session, event.id)
    told = [message.person_id for message in left if message.person_id is not None]
    _end(session, one, step, by, at, told=told)
    return one


def _begin(
    session: Session,
    one: Supervision,
    action: SupervisionAction,
    by: int,
    at: datetime,
    words: str | None = None,
) -> Step:
    """The new state, for the caller to complete at once: every query writes what is changed.

    Of two who act at once the second is refused.
    """
    session.flush()
    session.refresh(one, with_for_update=True)
    held = sides.held(session, one, by, at)
    step = FLOW.take(one.state, action, held, number=one.number, words=words)
    one.state, one.clock_at = step.move.target, None
    return step


def _end(
    session: Session,
    one: Supervision,
    step: Step,
    by: int,
    at: datetime,
    words: str | None = None,
    told: Sequence[int] = (),
) -> None:
    """The clock of what waits for an answer, and a word to the other side."""
    if one.state == SupervisionState.ASKED:
        one.clock_at = due_days.next_moment(one.due_on, load("supervisions"), at)
    parties = telling.parties(session, one, at) | {"told": list(told)}
    said = Said(
        step.move.verb, at, by, step.side, step.old, parties, words=(words or "").strip() or None
    )
    telling.tell(session, one, said)
