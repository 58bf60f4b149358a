"""What became of orders, for the hotline: told once, and again when it has changed since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from models import events
from models.events import Fact
from models.hotline.table import HotlineOrder
from models.posts import Post
from models.ticket_flow import State
from models.tickets.table import Supporter, Ticket

ENDED = (State.RESOLVED, State.ARCHIVED)
RETURNED = "returned"
is_callers = and_(Supporter.ticket_id == Ticket.id, Supporter.person_id == HotlineOrder.caller_id)
_OWN, _BETWEEN = aliased(Ticket), aliased(Ticket)


class Told(NamedTuple):
    """交回的一件 — an order, and the moment of the result that is told of it."""

    id: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """办理结果 — how an order ended, as the hotline is told."""

    id: int  # of the order
    source: str
    number: str
    title: str | None
    called_at: datetime
    ticket_id: int
    outcome: str
    words: str | None
    ended_at: datetime
    changed_at: datetime
    role: str | None
    department: str | None
    is_solved: bool | None
    stars: int | None
    rated_at: datetime | None

    @property
    def told(self) -> Told:
        return Told(self.id, self.changed_at)


@dataclass(frozen=True, slots=True)
class Standing:
    """交回情况 — an order, and whether it has a result that the hotline does not have yet."""

    order: HotlineOrder
    has_news: bool


_is_reporters = Ticket.reporter_id == HotlineOrder.caller_id


def _of_caller(name: str) -> ColumnElement[Any]:
    """What the caller said of the end: as its reporter, or as who joined."""
    return case((_is_reporters, getattr(Ticket, name)), else_=getattr(Supporter, name))


_rated_at = _of_caller("rated_at")
_is_rated = and_(_rated_at.is_not(None), _rated_at >= Ticket.resolved_at)
_is_over = or_(
    HotlineOrder.returned_at.is_not(None), Ticket.state.in_(ENDED), Ticket.state == State.WITHDRAWN
)
ended_at = case(
    (HotlineOrder.returned_at.is_not(None), HotlineOrder.returned_at),
    (Ticket.state.in_(ENDED), Ticket.resolved_at),
    else_=Ticket.ended_at,
)
_changed_at = case(
    (and_(HotlineOrder.returned_at.is_(None), Ticket.state.in_(ENDED), _is_rated), _rated_at),
    else_=ended_at,
)
NOT_HANDED = or_(HotlineOrder.handed_at.is_(None), HotlineOrder.handed_at < _changed_at)
# Ended, and the hotline does not have how.
has_news = and_(_is_over, HotlineOrder.withdrawn_at.is_(None), NOT_HANDED)


def carried() -> Select[Any]:
    """Orders with the ticket that carries each now: its own may have been merged, and that again.

    `Ticket` is the one in which the matter goes on, so that sight can be asked of it.
    """
    return (
        select(HotlineOrder)
        .join(_OWN, _OWN.id == HotlineOrder.ticket_id)
        .join(_BETWEEN, _BETWEEN.id == func.coalesce(_OWN.merged_into, _OWN.id))
        .join(Ticket, Ticket.id == func.coalesce(_BETWEEN.merged_into, _BETWEEN.id))
    )


def found(
    session: Session, *conditions: ColumnElement[bool], after: int, limit: int
) -> list[Result]:
    """As the orders came in; those that the hotline itself took back are none."""
    wanted = _told().where(
        HotlineOrder.id > after, _is_over, HotlineOrder.withdrawn_at.is_(None), *conditions
    )
    return list(_results(session.execute(wanted.order_by(HotlineOrder.id).limit(limit))))


def hand_over(session: Session, told: Sequence[Told], *, by: int, at: datetime) -> None:
    """They are the hotline's now; what changes after this goes back again."""
    if not told:
        return
    events.record(
        session,
        Fact(
            verb="hotline_results_handed",
            subject_kind="hotline_order",
            subject_id=told[-1].id,
            at=at,
            actor_id=by,
            detail={"amount": len(told)},
        ),
    )
    handed = [{"id": one.id, "handed_at": one.changed_at} for one in told]
    session.execute(update(HotlineOrder), handed)


def acknowledge(session: Session, one: Result, changed_at: datetime) -> bool:
    """False where it has changed since it was read: then it stays to be fetched."""
    if one.changed_at != changed_at:
        return False
    session.get_one(HotlineOrder, one.id).handed_at = changed_at
    return True


def waiting(session: Session, *conditions: ColumnElement[bool]) -> int:
    """How many results nobody has handed back yet."""
    counted = (
        _joined(carried())
        .with_only_columns(func.count(HotlineOrder.id))
        .where(has_news, *conditions)
    )
    return session.scalar(counted) or 0


def of_matter(ticket_id: int) -> ColumnElement[bool]:
    """Orders of which this ticket is the one that goes on: its own, and of those merged into it."""
    merged = select(Ticket.id).where(Ticket.merged_into == ticket_id)
    further = select(Ticket.id).where(Ticket.merged_into.in_(merged))
    return or_(
        HotlineOrder.ticket_id == ticket_id,
        HotlineOrder.ticket_id.in_(merged),
        HotlineOrder.ticket_id.in_(further),
    )


def _joined(orders: Select[Any]) -> Select[Any]:
    return orders.outerjoin(Supporter, is_callers)


def _told() -> Select[Any]:
    is_known = case((HotlineOrder.returned_at.is_(None), _is_rated), else_=False)
    return (
        _joined(carried())
        .outerjoin(Post, Post.id == Ticket.owner_post_id)
        .with_only_columns(
            HotlineOrder,
            *(Ticket.id, Ticket.outcome, Ticket.result, ended_at, _changed_at),
            *(Post.role, Post.department),
            *(case((is_known, _of_caller(name))) for name in ("is_solved", "stars", "rated_at")),
        )
    )


def _results(rows: Any) -> Iterator[Result]:
    for order, ticket_id, outcome, words, *others in rows:
        is_returned = order.returned_at is not None
        yield Result(
            *(order.id, order.source, order.number, order.title, order.called_at, ticket_id),
            RETURNED if is_returned else outcome,
            order.return_reason if is_returned else words,
            *others,
        )
