"""What may happen to an order: entered, joined, parted, changed, withdrawn, given back."""

import json
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.errors import (
    AlreadyDone,
    DomainError,
    NotAllowed,
    ReasonMissing,
    StoreBusy,
    TooLate,
)
from models.hotline import deadlines, telling
from models.hotline.cells import Order
from models.hotline.table import HotlineOrder
from models.on_duty import Holder
from models.protection import holders_for
from models.statements import Statement
from models.ticket_flow import Action, Outcome, State
from models.tickets import refining, supporting
from models.tickets.actions import apply, can
from models.tickets.step import Actor
from models.tickets.table import Note, Supporter, Ticket

JOINED, PARTED, CHANGED = "hotline_joined", "hotline_parted", "hotline_changed"
_NUMBERED = Statement(
    select(HotlineOrder.id).where(
        HotlineOrder.source == bindparam("source", required=True),
        HotlineOrder.number == bindparam("number", required=True),
    )
)
WITHDRAWN, RETURNED = "hotline_withdrawn", "hotline_returned"


class OrderShared(DomainError):
    """Residents stand behind the same ticket: it can not go back to the hotline."""

    template = "order_shared"


class BroughtMeanwhile(StoreBusy):
    """Somebody else has brought the same number just now: tried again, it is known."""


def numbered(session: Session, source: str, number: str) -> HotlineOrder | None:
    known = _NUMBERED.run_after_flush(session, source=source, number=number)
    return session.get_one(HotlineOrder, known[0][0]) if known else None


def known(session: Session, source: str, numbers: Collection[str]) -> dict[str, HotlineOrder]:
    """By their numbers, of as many as are there."""
    rows = session.scalars(
        select(HotlineOrder).where(HotlineOrder.source == source, HotlineOrder.number.in_(numbers))
    )
    return {row.number: row for row in rows}


def as_brought(row: HotlineOrder) -> Order:
    """What is still known of how it came."""
    return Order(
        source=row.source,
        number=row.number,
        words=row.words or "",
        title=row.title,
        place=row.place,
        hides_caller=row.hides_caller,
    )


def enter(
    session: Session, order: Order, ticket: Ticket, caller_id: int, *, at: datetime
) -> HotlineOrder:
    """With the ticket that was opened for it."""
    return _keep(session, order, ticket, caller_id, at)


def join(
    session: Session, order: Order, ticket: Ticket, caller_id: int, *, by: int, at: datetime
) -> HotlineOrder:
    """The ticket tells of the same matter: its words stand there as a note, its caller as a
    supporter."""
    supporting.stand_behind(session, ticket, caller_id, at)
    note = refining.keep_note(session, ticket, order.all_words, by=caller_id, at=at)
    session.flush()
    row = _keep(session, order, ticket, caller_id, at, joined_at=at, note_id=note.id)
    is_anothers = caller_id != ticket.reporter_id and ticket.reporter_left_at is None
    told = {
        "reporter": [ticket.reporter_id] if is_anothers else [],
        "caller": [caller_id],
        # Who has just heard of the earlier deadline knows.
        "owner": [] if deadlines.is_earlier(row, ticket) else telling.owner_of(ticket),
    }
    telling.tell(session, row, ticket, JOINED, told, by=by, at=at)
    return row


def part(session: Session, row: HotlineOrder, own: Ticket, *, by: int, at: datetime) -> None:
    """The join was wrong: it goes on with a ticket of its own."""
    if row.joined_at is None:
        raise AlreadyDone(number=row.number)
    former = session.get_one(Ticket, row.ticket_id)
    note = session.get(Note, row.note_id) if row.note_id else None
    row.ticket_id, row.joined_at, row.note_id = own.id, None, None
    session.flush()
    if note is not None:
        session.delete(note)
    _leave(session, row, former, at)
    telling.tell(session, row, own, PARTED, {"caller": [row.caller_id]}, by=by, at=at)
    deadlines.keep(session, row, row.due_at, at)


def change(session: Session, row: HotlineOrder, order: Order, *, by: int, at: datetime) -> bool:
    """What the hotline says anew of an order that is known; False when that is nothing."""
    if is_told_already(row, order):
        return False
    ticket = supporting.main_of(session, session.get_one(Ticket, row.ticket_id))
    if "due_at" in order.said and order.due_at != row.due_at:
        deadlines.keep(session, row, order.due_at, at)
    if order.urges > row.urges:
        row.urges = order.urges
        # Once a day all together, and not of what has ended.
        with suppress(AlreadyDone, TooLate, NotAllowed):
            refining.urge(session, ticket, by=row.caller_id, at=at)
    _keep_words(session, row, order, ticket, at)
    if order.is_withdrawn:
        withdraw(session, row, by=by, at=at)
    else:
        telling.tell(session, row, ticket, CHANGED, {}, by=by, at=at)
    return True


def is_told_already(row: HotlineOrder, order: Order) -> bool:
    """Whether it says nothing that is not known, or says it of an order that is over."""
    if row.withdrawn_at is not None or row.returned_at is not None:
        return True
    is_due_known = "due_at" not in order.said or order.due_at == row.due_at
    is_urge_known = order.urges <= row.urges and not order.is_withdrawn
    return is_due_known and is_urge_known and not (says_anew(row, order) or _adds(row, order))


def says_anew(row: HotlineOrder, order: Order) -> bool:
    """Whether the hotline has other words now for an order that goes on."""
    is_over = row.words is None or row.withdrawn_at is not None or row.returned_at is not None
    return not is_over and (order.words, order.title or row.title) != (row.words, row.title)


def _adds(row: HotlineOrder, order: Order) -> bool:
    return row.words is not None and _others_with(row, order) != row.others


def _others_with(row: HotlineOrder, order: Order) -> str | None:
    return _written({**json.loads(row.others or "{}"), **order.others})


def reword(row: HotlineOrder, order: Order) -> None:
    row.words, row.title = order.words, order.title or row.title


def hand_past(
    session: Session, row: HotlineOrder, own: Ticket, order: Order, *, by: int, at: datetime
) -> None:
    """Its new words accuse who may read its ticket: it goes on with one that they may not.

    To them the first, which was opened for it, was taken back: they learn nothing of why, and
    visit its caller no more.
    """
    reword(row, order)
    if row.joined_at is not None:
        part(session, row, own, by=by, at=at)
        return
    first = session.get_one(Ticket, row.ticket_id)
    row.ticket_id = own.id
    session.flush()
    _take_back(session, row, first, at)
    telling.tell(session, row, own, PARTED, {"caller": [row.caller_id]}, by=by, at=at)
    deadlines.keep(session, row, row.due_at, at)


def withdraw(session: Session, row: HotlineOrder, *, by: int, at: datetime) -> None:
    """The caller or the hotline took it back; a matter that others stand behind goes on."""
    ticket = session.get_one(Ticket, row.ticket_id)
    row.withdrawn_at = at
    deadlines.stop(row)
    session.flush()
    if row.joined_at is not None:
        _leave(session, row, ticket, at)
    else:
        _take_back(session, row, ticket, at)
    telling.tell(session, row, ticket, WITHDRAWN, {}, by=by, at=at)


def give_back(session: Session, row: HotlineOrder, reason: str, *, by: int, at: datetime) -> None:
    """退单: none of this place's, for the reason that the hotline is told.

    Its own ticket ends as not ours, with the steps that lead there. Raises OrderShared.
    """
    if not reason.strip():
        raise ReasonMissing(number=row.number)
    if row.returned_at is not None or row.withdrawn_at is not None:
        raise AlreadyDone(number=row.number)
    ticket = session.get_one(Ticket, row.ticket_id)
    if row.joined_at is not None:
        _leave(session, row, ticket, at)
    elif _is_shared(session, ticket):
        raise OrderShared(number=row.number)
    else:
        _end_as_not_ours(session, ticket, reason.strip(), Actor(by), at)
    row.returned_at, row.return_reason = at, reason.strip()
    deadlines.stop(row)
    telling.tell(session, row, ticket, RETURNED, {}, by=by, at=at)


def _keep(
    session: Session, order: Order, ticket: Ticket, caller_id: int, at: datetime, **joined: Any
) -> HotlineOrder:
    row = HotlineOrder(
        source=order.source,
        number=order.number,
        ticket_id=ticket.id,
        caller_id=caller_id,
        title=order.title,
        words=order.words,
        place=order.place,
        others=_written(order.others),
        hides_caller=order.hides_caller,
        called_at=order.called_at or at,
        due_at=order.due_at,
        urges=order.urges,
        brought_at=at,
        **joined,
    )
    row.clock_at = deadlines.next_moment(row, at)
    session.add(row)
    try:
        session.flush()
    except IntegrityError as failure:
        raise BroughtMeanwhile(order.number) from failure
    deadlines.tell(session, row, at)
    return row


def _end_as_not_ours(
    session: Session, ticket: Ticket, reason: str, by: Actor, at: datetime
) -> None:
    if ticket.state == State.SUSPENDED:
        apply(session, ticket, Action.RESUME, by=by, at=at)
    if ticket.is_waiting and not can(session, ticket, Action.ACCEPT, by=by, at=at):
        holder = _post_of(session, ticket, by, at)
        apply(session, ticket, Action.DISPATCH, by=by, at=at, holder=holder)
    if ticket.is_waiting:
        apply(session, ticket, Action.ACCEPT, by=by, at=at)
    if ticket.is_open:
        outcome = Outcome.NOT_OURS
        apply(session, ticket, Action.RESOLVE, by=by, at=at, reason=reason, outcome=outcome)


def _post_of(session: Session, ticket: Ticket, by: Actor, at: datetime) -> Holder:
    """In which they take it themselves to say that it is not ours."""
    for one in holders_for(session, ticket, at):
        if one.person_id == by.person_id:
            return one
    raise NotAllowed(number=ticket.number)


def _is_shared(session: Session, ticket: Ticket) -> bool:
    joined = select(Supporter.id).where(Supporter.ticket_id == ticket.id).limit(1)
    return ticket.is_open and session.scalar(joined) is not None


def _leave(session: Session, row: HotlineOrder, ticket: Ticket, at: datetime) -> None:
    """Its caller stands behind that ticket no more, unless another order of theirs does."""
    others = select(HotlineOrder.id).where(
        HotlineOrder.ticket_id == ticket.id,
        HotlineOrder.caller_id == row.caller_id,
        HotlineOrder.id != row.id,
        HotlineOrder.withdrawn_at.is_(None),
        HotlineOrder.returned_at.is_(None),
    )
    if session.scalar(others.limit(1)) is None:
        mine = session.scalars(
            select(Supporter).where(
                Supporter.ticket_id == ticket.id,
                Supporter.person_id == row.caller_id,
                Supporter.came_with.is_(None),
            )
        ).first()
        if mine is not None:
            session.delete(mine)
    supporting.settle(session, ticket.id, at)


def _take_back(session: Session, row: HotlineOrder, ticket: Ticket, at: datetime) -> None:
    """Of what has ended there is nothing to take back."""
    caller = Actor(row.caller_id)
    if can(session, ticket, Action.WITHDRAW, by=caller, at=at):
        apply(session, ticket, Action.WITHDRAW, by=caller, at=at)


def _keep_words(
    session: Session, row: HotlineOrder, order: Order, ticket: Ticket, at: datetime
) -> None:
    """Nothing is kept anew of somebody who has been erased."""
    if row.words is None:
        return
    if says_anew(row, order):
        reword(row, order)
        refining.keep_note(session, ticket, order.all_words, by=row.caller_id, at=at)
    row.others = _others_with(row, order)


def _written(others: object) -> str | None:
    return json.dumps(others, ensure_ascii=False) if others else None
