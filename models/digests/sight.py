"""What is hidden from whom, for many tickets at once; `models.protection` rules on one."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models.dispatch import meant_by
from models.places import AreaWithin
from models.served import served_by
from models.tickets.table import Ticket


def hidden_tickets(
    session: Session, tickets: Iterable[Ticket], readers: Collection[int], now: datetime
) -> dict[int, frozenset[int]]:
    """Reader → tickets that are about them, as `dispatch.accused_at` says: being away, having
    left the post since, or a second post makes nobody impartial."""
    accusing = [one for one in tickets if one.about is not None]
    served = served_by(session, readers, now) if accusing else []
    near = _near(session, {one.area_id for one in accusing}, {one.area_id for one in served})
    hidden: dict[int, set[int]] = {reader: set() for reader in readers}
    for ticket in accusing:
        roles = meant_by(ticket.about)
        first_told_at = ticket.reported_at or ticket.opened_at
        for post in served:
            # Without a place it may be anywhere.
            is_near = ticket.area_id is None or (ticket.area_id, post.area_id) in near
            if post.role in roles and is_near and post.is_since(first_told_at):
                hidden[post.person_id].add(ticket.id)
    return {reader: frozenset(ids) for reader, ids in hidden.items()}


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
