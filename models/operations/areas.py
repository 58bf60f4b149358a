"""Places by the names that whoever plans there calls them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models.places import Area, AreaKind, AreaWithin
from models.posts import Post, Role
from models.served import posts_served

NAMED = (
    *(AreaKind.SUBDISTRICT, AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.GRID),
    AreaKind.COURTYARD,
)


def plannable(session: Session, person_id: int, now: datetime) -> dict[str, int]:
    """Name or nickname → area, of all places where this person may plan, the widest first."""
    roles = [Role(role) for role in load("operations")["planners"]]
    served = select(Post.area_id).where(
        Post.id.in_(posts_served(person_id, now)), Post.role.in_(roles)
    )
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(served))
    rows = session.execute(
        select(Area.id, Area.name, Area.nicknames)
        .where(Area.id.in_(inside), Area.kind.in_(NAMED))
        .order_by(Area.id)
    )
    found: dict[str, int] = {}
    for area_id, name, nicknames in rows:
        for called in (name, *nicknames):
            found.setdefault(called, area_id)
    return found
