"""Teams that are one person: nobody else is shown the figures of a person."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.places import AreaWithin, inner_areas
from models.posts import Post, Role

# A department and a company are no persons, however few of them write to us.
ORGANISATIONS = frozenset({Role.DEPARTMENT_LIAISON, Role.PROPERTY_STAFF})


def held_by_one(session: Session, area_id: int) -> frozenset[str]:
    """Roles that only one person has held in, or around, this area."""
    around = select(AreaWithin.outer_id).where(AreaWithin.area_id == area_id)
    rows = session.execute(
        select(Post.role)
        .where(
            Post.role.not_in(ORGANISATIONS),
            or_(
                Post.area_id.in_(inner_areas(area_id)),
                Post.area_id.in_(around),
            ),
        )
        .group_by(Post.role)
        .having(func.count(Post.person_id.distinct()) == 1)
    )
    return frozenset(str(role) for (role,) in rows)
