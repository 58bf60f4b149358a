"""What is hidden from whom, for many tickets at once; `models.protection` rules on one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from models.places import AreaWithin
from models.posts import Absence, Post
from models.protection import rule_of
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class _Served:
    """任职 — a reader's own post, or one they stood in for, with its end if it has one."""

    person_id: int
    role: str
    area_id: int
    until: datetime | None


def hidden_tickets(
    session: Session, tickets: Iterable[Ticket], readers: Collection[int], now: datetime
) -> dict[int, frozenset[int]]:
    """Reader → tickets that are about them, as `dispatch.accused_at` says: being away, having
    left the post since, or a second post makes nobody impartial."""
    accusing = [one for one in tickets if one.about is not None]
    served = _served(session, readers, now) if accusing else []
    near = _near(session, {_place(one) for one in accusing}, {one.area_id for one in served})
    hidden: dict[int, set[int]] = {reader: set() for reader in readers}
    for ticket in accusing:
        roles = rule_of(ticket).hidden_from
        for post in served:
            since = ticket.reported_at or ticket.opened_at
            is_held = post.until is None or post.until > since
            if post.role in roles and is_held and (_place(ticket), post.area_id) in near:
                hidden[post.person_id].add(ticket.id)
    return {reader: frozenset(ids) for reader, ids in hidden.items()}


def _place(ticket: Ticket) -> int | None:
    return ticket.area_id or ticket.community_id


def _served(session: Session, readers: Collection[int], now: datetime) -> list[_Served]:
    own = select(Post.person_id, Post.role, Post.area_id, Post.until).where(
        Post.person_id.in_(readers), Post.since <= now
    )
    substitute = aliased(Post)
    stood_in = (
        select(substitute.person_id, Post.role, Post.area_id, Absence.until)
        .join(Absence, Absence.substitute_id == substitute.id)
        .join(Post, Post.id == Absence.post_id)
        .where(substitute.person_id.in_(readers), Post.since <= now, Absence.since <= now)
    )
    return [_Served(*row) for query in (own, stood_in) for row in session.execute(query)]


def _near(
    session: Session, places: Collection[int | None], served: Collection[int]
) -> set[tuple[int | None, int]]:
    """(Place of a ticket, area of a post) where one lies within the other."""
    outwards = and_(AreaWithin.area_id.in_(places), AreaWithin.outer_id.in_(served))
    inwards = and_(AreaWithin.outer_id.in_(places), AreaWithin.area_id.in_(served))
    rows = session.execute(
        select(AreaWithin.area_id, AreaWithin.outer_id).where(or_(outwards, inwards))
    )
    return {pair for inner, outer in rows for pair in ((inner, outer), (outer, inner))}
