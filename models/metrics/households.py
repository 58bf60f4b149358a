"""How many households an area has, for the number of complaints among 10,000 of them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.places import Area, AreaKind, inner_areas


def households_of(session: Session, area_id: int) -> int:
    """What the register says of the area itself, or else the sum of the buildings in it."""
    own = session.get_one(Area, area_id).households
    if own:
        return own
    inside = select(func.sum(Area.households)).where(
        Area.id.in_(inner_areas(area_id)), Area.kind == AreaKind.BUILDING
    )
    return session.scalar(inside) or 0
