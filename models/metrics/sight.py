"""Whose figures somebody may read: of the areas they supervise, less what is about them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, exists, select, union
from sqlalchemy.orm import Session, aliased

from models.errors import NotFound
from models.metrics.figures import place_of
from models.on_duty import NEARNESS
from models.places import Area, AreaWithin, inner_areas
from models.posts import Absence, Post, is_held
from models.protection import SUPERVISING
from models.served import Served, served_by
from models.tickets.sight import is_about
from models.tickets.table import Ticket


def supervised(session: Session, reader_id: int, now: datetime) -> Sequence[Area]:
    """Where they serve as one who supervises, or stand in for somebody; the widest first."""
    areas = session.scalars(select(Area).where(Area.id.in_(_supervised(reader_id, now))))
    return sorted(areas, key=lambda one: (-NEARNESS[one.kind], one.id))


def is_supervised(reader_id: int, now: datetime) -> ColumnElement[bool]:
    """Areas within those that they supervise."""
    outer = AreaWithin.outer_id.in_(_supervised(reader_id, now))
    return Area.id.in_(select(AreaWithin.area_id).where(outer))


def _supervised(reader_id: int, now: datetime) -> CompoundSelect[int]:
    substitute = aliased(Post)
    is_away = Absence.since <= now, Absence.until > now
    serves = Post.role.in_(SUPERVISING), is_held(now)
    own = select(Post.area_id).where(
        Post.person_id == reader_id,
        *serves,
        ~exists(select(Absence.id).where(Absence.post_id == Post.id, *is_away)),
    )
    standing_in = (
        select(Post.area_id)
        .join(Absence, Absence.post_id == Post.id)
        .join(substitute, substitute.id == Absence.substitute_id)
        .where(substitute.person_id == reader_id, *serves, *is_away)
    )
    return union(own, standing_in)


def area_seen(session: Session, mine: Sequence[Area], area_id: int) -> Area:
    """This area, if it lies within those; the same refusal for a wrong number."""
    seen = select(Area).where(Area.id == area_id, lies_in(mine))
    area = session.scalars(seen).first()
    if area is None:
        raise NotFound(f"area {area_id}")
    return area


def lies_in(mine: Sequence[Area]) -> ColumnElement[bool]:
    """Areas within those."""
    within = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_([one.id for one in mine]))
    return Area.id.in_(within)


def hidden(session: Session, reader_id: int, area_id: int, now: datetime) -> frozenset[int]:
    """Tickets of an area that are about the reader: they do not see them counted either."""
    return hidden_from(session, served_by(session, [reader_id], now), area_id)


def hidden_from(session: Session, served: Sequence[Served], area_id: int) -> frozenset[int]:
    """The same of whoever served so."""
    accused = is_about(served)
    if accused is None:
        return frozenset()
    inside = place_of(session).in_(inner_areas(area_id))
    return frozenset(session.scalars(select(Ticket.id).where(accused, inside)))
