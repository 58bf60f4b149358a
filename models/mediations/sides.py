"""Who keeps mediations and who reads them: their mediator, and the posts of the rights table."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from models import on_duty
from models.errors import NotFound
from models.mediations.table import Mediation, MediationParty
from models.on_duty import Holder
from models.people import Person
from models.places import Area
from models.roster.rights import Right, inside, may, places_of, roles_with


def readable(session: Session, by: int, at: datetime) -> ColumnElement[bool]:
    """Their own, while they serve there; of others where the table of rights names their post,
    but none that they are a party of."""
    kept, read = (places_of(session, one, by, at) for one in (Right.MEDIATE, Right.MEDIATIONS))
    party = (
        select(MediationParty.mediation_id)
        .join(Person, Person.phone_hash == MediationParty.phone_hash)
        .where(Person.id == by)
    )
    own = and_(Mediation.mediator_id == by, Mediation.area_id.in_(inside(kept)))
    others = and_(Mediation.area_id.in_(inside(read)), Mediation.id.not_in(party))
    return or_(own, others)


def found(session: Session, mediation_id: int, by: int, at: datetime) -> Mediation:
    """NotFound, in the same words, for one that nobody has and for one not theirs to read."""
    one = session.scalars(
        select(Mediation).where(Mediation.id == mediation_id, readable(session, by, at))
    ).first()
    if one is None:
        raise NotFound(number=f"#{mediation_id}")
    return one


def is_mediator(session: Session, one: Mediation, by: int, at: datetime) -> bool:
    return one.mediator_id == by and may(session, Right.MEDIATE, one.area_id, by, at)


def may_hand_over(session: Session, one: Mediation, by: int, at: datetime) -> bool:
    """Who reads it by the table of rights gives it to another, as when its mediator has left."""
    return may(session, Right.MEDIATIONS, one.area_id, by, at)


def mediators(session: Session, area_id: int, at: datetime) -> list[Holder]:
    roles = roles_with(Right.MEDIATE)
    return [one for one in on_duty.holders_at(session, area_id, at) if one.role in roles]


def areas(session: Session, by: int, at: datetime, limit: int = 400) -> Sequence[Area]:
    """Where this person may keep one."""
    kept = places_of(session, Right.MEDIATE, by, at)
    return session.scalars(
        select(Area)
        .where(Area.id.in_(inside(kept)), Area.kind.in_(["community", "estate", "grid"]))
        .order_by(Area.community_id, Area.kind, Area.id)
        .limit(limit)
    ).all()
