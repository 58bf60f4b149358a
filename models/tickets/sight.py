"""What one member of staff may see among all tickets: the rule of protection as a condition of SQL.

`models.protection` rules on one ticket and one person; a list can not ask it of each.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    false,
    func,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models import on_duty
from models.errors import NotFound
from models.places import Area, AreaKind, AreaWithin, root_area_id
from models.posts import Absence, Post
from models.protection import SUPERVISING
from models.tickets.table import About, Assignment, Ticket
from models.whistles.flow import CallState
from models.whistles.table import Whistle, WhistleCall


@dataclass(frozen=True, slots=True)
class Served:
    """任职 — a post somebody holds or held, or stood in for: whom complaints of its area mean."""

    role: str
    area_id: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _StandsIn:
    post_id: int
    role: str
    area_id: int
    kind: AreaKind
    over: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """视野 — which places somebody supervises now, and which complaints are about them."""

    person_id: int
    places: tuple[int, ...]
    sees_unplaced: bool
    served: tuple[Served, ...]

    def condition(self) -> ColumnElement[bool]:
        """Supervised, worked on or called to; and never about who asks."""
        return and_(or_(*self._reasons()), *self._not_accused())

    def _reasons(self) -> Iterator[ColumnElement[bool]]:
        if self.places:
            yield Ticket.area_id.in_(_inside(self.places))
        if self.sees_unplaced:
            yield Ticket.area_id.is_(None)
        yield (
            select(Assignment.id)
            .where(Assignment.ticket_id == Ticket.id, Assignment.person_id == self.person_id)
            .exists()
        )
        yield Ticket.id.in_(
            select(Whistle.ticket_id)
            .join(WhistleCall, WhistleCall.whistle_id == Whistle.id)
            .where(
                WhistleCall.person_id == self.person_id, WhistleCall.state != CallState.CANCELLED
            )
        )

    def _not_accused(self) -> Iterator[ColumnElement[bool]]:
        """As `dispatch.accused_at` has it: leave, a former or a second post change nothing."""
        accused = is_about(self.served)
        if accused is not None:
            yield or_(Ticket.about.is_(None), not_(accused))


def sight_of(session: Session, person_id: int, now: datetime) -> Sight:
    rows = session.execute(
        select(Post, Area.kind)
        .join(Area, Area.id == Post.area_id)
        .where(Post.person_id == person_id, Post.since <= now)
        .order_by(Post.id)
    ).all()
    own = [post for post, _ in rows]
    stands_in = _stands_in(session, [one.id for one in own], now)
    places = {post.area_id: kind for post, kind in rows if post.role in SUPERVISING}
    places |= _standing_in_at(session, stands_in, now)
    supervised = tuple(
        area_id
        for area_id, kind in sorted(places.items())
        if _serves(session, person_id, area_id, kind, now)
    )
    return Sight(
        person_id,
        supervised,
        bool(supervised) and root_area_id(session) in supervised,
        (
            *(Served(one.role, one.area_id, one.until) for one in own),
            *(Served(one.role, one.area_id, one.over) for one in stands_in),
        ),
    )


def served_by(session: Session, person_id: int, now: datetime) -> tuple[Served, ...]:
    """The posts somebody holds or held, or stood in for."""
    substitute = aliased(Post)
    own = select(Post.role, Post.area_id, Post.until).where(
        Post.person_id == person_id, Post.since <= now
    )
    over = case((Post.until < Absence.until, Post.until), else_=Absence.until)
    stood_in = (
        select(Post.role, Post.area_id, over)
        .join(Absence, Absence.post_id == Post.id)
        .join(substitute, substitute.id == Absence.substitute_id)
        .where(substitute.person_id == person_id, Post.since <= now, Absence.since <= now)
    )
    return tuple(Served(*row) for row in session.execute(union_all(own, stood_in)))


def is_about(served: Sequence[Served]) -> ColumnElement[bool] | None:
    """Tickets that accuse whoever served so; None where no complaint could mean them."""
    accusing = [_is_about(one) for one in served if _accusing(one.role)]
    return or_(*accusing) if accusing else None


def ticket_in(session: Session, sight: Sight, ticket_id: int) -> Ticket:
    """The ticket; NotFound, in the same words, for a number nobody has and for a hidden one."""
    found = session.scalars(select(Ticket).where(Ticket.id == ticket_id, sight.condition())).first()
    if found is None:
        raise NotFound(number=f"#{ticket_id}")
    return found


def _serves(session: Session, person_id: int, area_id: int, kind: AreaKind, now: datetime) -> bool:
    return any(
        one.person_id == person_id
        and one.role in SUPERVISING
        and one.nearness == on_duty.NEARNESS[kind]
        for one in on_duty.holders_at(session, area_id, now)
    )


def _stands_in(session: Session, post_ids: Collection[int], now: datetime) -> list[_StandsIn]:
    """For whom these posts stand in now, or stood in before."""
    rows = session.execute(
        select(Post.id, Post.role, Post.area_id, Area.kind, Post.until, Absence.until)
        .join(Absence, Absence.post_id == Post.id)
        .join(Area, Area.id == Post.area_id)
        .where(Absence.substitute_id.in_(post_ids), Post.since <= now, Absence.since <= now)
    )
    return [_StandsIn(*row[:4], row[5] if row[4] is None else min(row[4], row[5])) for row in rows]


def _standing_in_at(
    session: Session, stands_in: Sequence[_StandsIn], now: datetime
) -> dict[int, AreaKind]:
    """Where they stand in for a supervisor now, also over somebody who is away in turn."""
    areas: dict[int, AreaKind] = {}
    known: set[int] = set()
    while current := [one for one in stands_in if one.over > now and one.post_id not in known]:
        areas |= {one.area_id: one.kind for one in current if one.role in SUPERVISING}
        known |= {one.post_id for one in current}
        stands_in = _stands_in(session, [one.post_id for one in current], now)
    return areas


@cache
def _accusing(role: str) -> tuple[About, ...]:
    """Complaints about which bodies are hidden from this role."""
    table = load("dispatch")["about"]
    return tuple(one for one in About if role in table[one]["hidden_from"])


def _is_about(served: Served) -> ColumnElement[bool]:
    near = or_(
        Ticket.area_id.is_(None),  # it may be anywhere
        Ticket.area_id.in_(_inside((served.area_id,))),
        Ticket.area_id.in_(select(AreaWithin.outer_id).where(AreaWithin.area_id == served.area_id)),
    )
    first_told_at = func.coalesce(Ticket.reported_at, Ticket.opened_at)
    was_held = [] if served.until is None else [first_told_at < served.until]
    about = _accusing(served.role)
    return and_(Ticket.about.in_(about) if about else false(), near, *was_held)


def _inside(area_ids: Collection[int]) -> Select[int]:
    return select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(area_ids))
