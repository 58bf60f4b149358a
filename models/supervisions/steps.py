"""What happens to a supervision: `can()`, and each step by the one table of `flow`."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import due_days
from models.events import Event
from models.stepping import Step, Steps, recalled
from models.supervisions import sides, telling
from models.supervisions.asking import SupervisionUnfit, check_day, enter
from models.supervisions.flow import (
    ANSWERED,
    FLOW,
    TAKEN_BACK,
    Side,
    SupervisionAction,
    SupervisionState,
)
from models.supervisions.table import EntryKind, Supervision, SupervisionEntry

_A = SupervisionAction

_Step = Step[SupervisionState, Side]

STEPS = Steps(
    telling.SUBJECT,
    Supervision,
    FLOW,
    sides.held,
    taken_back_as={ANSWERED: _A.TAKE_BACK},
    undone=TAKEN_BACK,
)
can, allowed, undoable = STEPS.can, STEPS.allowed, STEPS.undoable


def answer(session: Session, one: Supervision, words: str, *, by: int, at: datetime) -> None:
    step = _begin(session, one, _A.ANSWER, by, at, words)
    one.answered_at = at
    enter(session, one, EntryKind.ANSWER, words, by=by, at=at)
    _end(session, one, step, words)


def close(session: Session, one: Supervision, *, by: int, at: datetime) -> None:
    """The supervisor is content; who answered hears it."""
    step = _begin(session, one, _A.CLOSE, by, at)
    one.ended_at = at
    _end(session, one, step)


def ask_again(
    session: Session, one: Supervision, words: str, due_on: date, *, by: int, at: datetime
) -> None:
    """The answer is not enough: what is missing, and a new day."""
    step = _begin(session, one, _A.ASK_AGAIN, by, at, words)
    one.due_on, one.answered_at = due_on, None
    check_day(due_on, at)
    enter(session, one, EntryKind.AGAIN, words, by=by, at=at)
    _end(session, one, step, words)


def move_day(session: Session, one: Supervision, due_on: date, *, by: int, at: datetime) -> None:
    step = _begin(session, one, _A.MOVE_DAY, by, at)
    check_day(due_on, at)
    if due_on == one.due_on:
        raise SupervisionUnfit(field="same_day")
    one.due_on = due_on
    _end(session, one, step)


def talk(
    session: Session, one: Supervision, words: str, held_on: date, *, by: int, at: datetime
) -> None:
    """约谈: the day and what was agreed, kept with the supervision; the other side can read it."""
    step = _begin(session, one, _A.TALK, by, at, words)
    if due_days.days_left(held_on, at) > 0:
        raise SupervisionUnfit(field="held_on")
    enter(session, one, EntryKind.TALK, words, by=by, at=at, held_on=held_on)
    _end(session, one, step, words)


def withdraw(session: Session, one: Supervision, words: str, *, by: int, at: datetime) -> None:
    step = _begin(session, one, _A.WITHDRAW, by, at, words)
    one.ended_at = at
    enter(session, one, EntryKind.WITHDRAWAL, words, by=by, at=at)
    _end(session, one, step, words)


def undo(session: Session, event: Event, *, by: int, at: datetime) -> Supervision:
    """Takes the answer back; its words are no part of the record any more."""
    one, step = STEPS.take_back(session, event, by=by, at=at)
    one.answered_at = None
    one.clock_at = due_days.next_moment(one.due_on, load("supervisions"), at)
    last = session.scalars(
        select(SupervisionEntry)
        .where(SupervisionEntry.supervision_id == one.id, SupervisionEntry.kind == EntryKind.ANSWER)
        .order_by(SupervisionEntry.id.desc())
    ).first()
    if last is not None:
        session.delete(last)
    telling.tell(session, one, STEPS.undoing(step, event, recalled(session, event.id)))
    return one


def _begin(
    session: Session,
    one: Supervision,
    action: SupervisionAction,
    by: int,
    at: datetime,
    words: str | None = None,
) -> _Step:
    """The clock speaks of what waits for an answer alone."""
    step = STEPS.begin(session, one, action, by=by, at=at, words=words)
    one.clock_at = None
    return step


def _end(session: Session, one: Supervision, step: _Step, words: str = "") -> None:
    """The clock of what waits for an answer, and a word to the other side."""
    if one.state == SupervisionState.ASKED:
        one.clock_at = due_days.next_moment(one.due_on, load("supervisions"), step.at)
    parties = telling.parties(session, one, step.at)
    telling.tell(session, one, step.said(parties=parties, words=words.strip() or None))
