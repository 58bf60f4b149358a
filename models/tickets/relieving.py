"""代岗: an open ticket whose owner is on leave or out of post goes to who serves the place now.

So does one whose owner has come to be whom it is about, by a new post or by standing in.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from config.policy import load
from models import dispatch, events
from models.events import Fact
from models.metrics import counted
from models.on_duty import Holder
from models.posts import Absence, Post, Role, is_held
from models.protection import accused_persons, holders_for, rule_of
from models.served import terms_of
from models.ticket_flow import WAITING, Capacity, State
from models.tickets import assigning, clock, facts, undoing
from models.tickets.table import IS_OPEN, Ticket

VERB = "ticket_relieved"


def left_behind(session: Session, after: int, limit: int, now: datetime) -> Sequence[int]:
    """Ids, in their order, of the open tickets beyond `after` whose owner is not there now."""
    gone = _gone(now)
    return session.scalars(
        select(Ticket.id)
        .where(
            IS_OPEN,
            Ticket.id > after,
            # The person as well as the post: that is what the index of open tickets has.
            Ticket.owner_id.in_(select(Post.person_id).where(gone)),
            Ticket.owner_post_id.in_(select(Post.id).where(gone)),
        )
        .order_by(Ticket.id)
        .limit(limit)
    ).all()


def accusing_its_owner(session: Session, after: int, limit: int, now: datetime) -> Sequence[int]:
    """Ids likewise of open tickets that may be about their owner by now: `is_left` says which."""
    meant = {
        Role(role) for row in load("dispatch")["about"].values() for role in row["hidden_from"]
    }
    terms = terms_of(Post.role.in_(meant)).subquery()
    return session.scalars(
        select(Ticket.id)
        .where(
            IS_OPEN,
            Ticket.id > after,
            Ticket.about.is_not(None),
            Ticket.owner_id.in_(select(terms.c.person_id).where(terms.c.since <= now)),
        )
        .order_by(Ticket.id)
        .limit(limit)
    ).all()


def relieve(session: Session, ticket: Ticket, at: datetime) -> bool:
    """Hands it on; false when nobody else is there.

    The promise to the resident stays. Whoever comes in has the time to accept; a matter that is
    suspended stays so, and is theirs to take when it goes on.
    """
    holder = _successor(session, ticket, at)
    if holder is None:
        return False
    before, parties = undoing.snapshot(session, ticket), facts.parties(session, ticket)
    old, former = ticket.state, ticket.owner_post_id
    assigning.hand_to(session, ticket, holder, at)
    if old == State.SUSPENDED:
        ticket.state_before = State.DISPATCHED
    else:
        ticket.state = State.DISPATCHED
    clock.set_clock(ticket, at)
    session.flush()
    after = undoing.snapshot(session, ticket)
    told = {
        "new_owner": [holder.person_id],
        "former_owner": parties["owner"] if _is_theirs(session, ticket, former, at) else [],
        # Who was only told of a name that never answered need not learn of another.
        "reporter": [] if old in WAITING else parties["reporter"],
    }
    detail: dict[str, Any] = {"from": former, "before": undoing.difference(before, after)}
    detail |= counted.changed(before["ticket"], after["ticket"])
    _record(session, ticket, old, detail, told, at)
    return True


def _successor(session: Session, ticket: Ticket, at: datetime) -> Holder | None:
    """Of the level it has reached: nobody's leave takes a matter down."""
    return dispatch.plan(
        holders_for(session, ticket, at),
        rule_of(session, ticket),
        dispatch.loads(session),
        level=ticket.level,
        barred=accused_persons(session, ticket, at),
    ).owner


def _gone(now: datetime) -> ColumnElement[bool]:
    on_leave = exists().where(Absence.post_id == Post.id, Absence.since <= now, Absence.until > now)
    return or_(Post.until <= now, on_leave)


def is_left(session: Session, ticket: Ticket, now: datetime) -> bool:
    """Whether nobody but, maybe, a substitute is there for it, or it is about its owner."""
    gone = select(Post.id).where(Post.id == ticket.owner_post_id, _gone(now))
    return session.scalar(gone) is not None or (
        ticket.owner_id in accused_persons(session, ticket, now)
    )


def _is_theirs(session: Session, ticket: Ticket, post_id: int | None, now: datetime) -> bool:
    """Whether who had it still holds the post, and it is not about them."""
    accused = accused_persons(session, ticket, now)
    found = select(Post.id).where(
        Post.id == post_id, is_held(now), Post.person_id.not_in(sorted(accused))
    )
    return session.scalar(found) is not None


def _record(
    session: Session,
    ticket: Ticket,
    old: State,
    detail: dict[str, Any],
    parties: dict[str, Sequence[int]],
    at: datetime,
) -> None:
    events.record(
        session,
        Fact(
            verb=VERB,
            subject_kind="ticket",
            subject_id=ticket.id,
            at=at,
            account=ticket.account,
            capacity=Capacity.CLOCK,
            old=old,
            new=ticket.state,
            area_id=ticket.area_id,
            detail=detail,
            parties=parties,
            context=facts.context(session, ticket)
            | {"until": ticket.suspended_until and ticket.suspended_until.isoformat()},
            quiet=facts.quiet_of(ticket.urgency, ticket.state),
        ),
    )
