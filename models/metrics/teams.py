"""Figures by team; a team of one is a person, whose figures nobody else is shown."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.metrics import figures
from models.metrics.figures import Scope
from models.metrics.table import Slice
from models.metrics.tally import Counts
from models.places import inner_areas, outer_areas
from models.posts import Post, Role

OTHERS = "other_teams"
# A department and a company are no persons, however few of them write to us.
ORGANISATIONS = frozenset({Role.DEPARTMENT_LIAISON, Role.PROPERTY_STAFF})


def by_team(session: Session, scope: Scope) -> Mapping[str, Counts]:
    grouped = figures.by_key(session, scope, Slice.TEAM)
    alone = _held_by_one(session, scope)
    found: dict[str, Counts] = {}
    for key, counts in sorted(grouped.items()):
        name = OTHERS if key.partition(":")[0] in alone else key
        found.setdefault(name, Counter()).update(counts)
    return found


def _held_by_one(session: Session, scope: Scope) -> set[str]:
    """Roles that only one person has held in, or around, this area."""
    rows = session.execute(
        select(Post.role)
        .where(
            Post.role.not_in(ORGANISATIONS),
            or_(
                Post.area_id.in_(inner_areas(scope.area_id)),
                Post.area_id.in_(outer_areas(session, scope.area_id)),
            ),
        )
        .group_by(Post.role)
        .having(func.count(Post.person_id.distinct()) == 1)
    )
    return {str(role) for (role,) in rows}
