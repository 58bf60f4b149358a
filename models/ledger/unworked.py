"""Pushes that nothing was made of, and what staff make of each.

They have no place yet, as a ticket without one: who supervises the whole house sees them, and
nobody whom one accuses.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from config.policy import load
from models import access_log, dispatch, events, outbox
from models.access_log import Looked
from models.errors import AlreadyDone, NotAllowed, NotFound
from models.events import Fact
from models.inbox import InboxMessage, Outcome
from models.ledger.lists import ONE_DAY, Condition
from models.localtime import start_of_day
from models.outbox import Quiet
from models.people import Identity
from models.places import root_area_id
from models.tickets.sight import Sight
from models.tickets.table import About

MOST = 200
STILL_REPEATED = timedelta(minutes=1)  # the platform brings it three times within seconds

# As text, so that the partial index serves.
IS_UNWORKED = text("inbox.outcome <> 'answered'")


class Act(StrEnum):
    """处理 — what staff did about a push that nothing was made of."""

    AGAIN = "again"  # worked on once more, as if it came now
    ANSWERED = "answered"  # in words of their own
    TOLD = "told"  # by phone or in person


def rows(session: Session, sight: Sight, now: datetime) -> Sequence[InboxMessage]:
    """The latest first."""
    if not sight.sees_unplaced:
        return []
    since = start_of_day(now) - load("ledger")["days"] * ONE_DAY
    found = select(InboxMessage).where(*_is_open(now), InboxMessage.received_at >= since)
    return session.scalars(found.order_by(InboxMessage.received_at.desc()).limit(MOST)).all()


def find(session: Session, sight: Sight, letter_id: int, now: datetime) -> InboxMessage:
    """NotFound, in the same words, for a number nobody has and for one they do not see."""
    found = None
    if sight.sees_unplaced:
        wanted = select(InboxMessage).where(InboxMessage.id == letter_id, *_is_open(now))
        found = session.scalars(wanted).first()
    if found is None:
        raise NotFound(number=str(letter_id))
    return found


def may_read(
    session: Session, sight: Sight, letter: InboxMessage, about: About | None, now: datetime
) -> bool:
    """Whom its words may accuse does not learn of it; it may be about any place."""
    root = root_area_id(session)
    if root is None:
        return False
    accused = dispatch.accused_at(session, root, about, letter.received_at, now)
    return sight.person_id not in accused


def senders(session: Session, letters: Sequence[InboxMessage]) -> Mapping[int, int]:
    """The letter's id → who wrote it, where we know them."""
    ids = [one.id for one in letters]
    known = select(InboxMessage.id, Identity.person_id).join(
        Identity,
        (Identity.account == InboxMessage.account) & (Identity.openid == InboxMessage.openid),
    )
    return dict(session.execute(known.where(InboxMessage.id.in_(ids))).all())


def note_reading(session: Session, sight: Sight, persons: Sequence[int], now: datetime) -> None:
    for subject_id in dict.fromkeys(persons):
        access_log.record(session, sight.person_id, subject_id, Looked.MATTERS, now)


def settle(
    session: Session,
    letter: InboxMessage,
    act: Act,
    reply: str | None,
    *,
    by: int,
    at: datetime,
) -> None:
    """Raises AlreadyDone when somebody was quicker, NotAllowed for words to nobody we know."""
    ended = session.execute(
        update(InboxMessage)
        .where(InboxMessage.id == letter.id, IS_UNWORKED)
        .values(outcome=Outcome.ANSWERED, reply=reply, answered_at=at)
        .returning(InboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    if ended.first() is None:
        raise AlreadyDone(str(letter.id))
    if reply is not None:
        _send(session, letter, reply, at)
    fact = Fact(
        verb="push_settled",
        subject_kind="push",
        subject_id=letter.id,
        at=at,
        actor_id=by,
        old=letter.outcome,
        new=Outcome.ANSWERED,
        detail={"act": act},
    )
    events.record(session, fact)


def _send(session: Session, letter: InboxMessage, words: str, at: datetime) -> None:
    person_id = senders(session, [letter]).get(letter.id)
    if person_id is None:
        raise NotAllowed(number=str(letter.id))
    message = outbox.Draft(
        person_id=person_id,
        account=letter.account,
        template="late_reply",
        context={"text": words},
        quiet=Quiet.RESPECT,
        unique_key=f"inbox:{letter.id}:by_hand",
        created_at=at,
    )
    outbox.queue(session, [message])


def _is_open(now: datetime) -> Sequence[Condition]:
    return (
        IS_UNWORKED,
        InboxMessage.kept.is_not(None),  # else erased with its sender
        InboxMessage.received_at < now - STILL_REPEATED,
    )
