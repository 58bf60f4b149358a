"""What patrols of a grid found, held against what the grid has in hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import on_duty
from models.hazards.flow import WAITING, Finder, HazardState
from models.hazards.table import Hazard
from models.matchings.table import MatchingSide
from models.places import AreaWithin, inner_areas
from models.posts import Post, Role, is_held
from models.ticket_flow import WAITING as UNTAKEN
from models.tickets.supporting import main_of
from models.tickets.table import Ticket

GRID_ROLES = frozenset({Role.GRID_LEADER, Role.GRID_WORKER})
NONE_OF_THEM = (HazardState.MERGED, HazardState.STRUCK, HazardState.TAKEN_BACK)


@dataclass(slots=True)
class Comparison:
    """对接内容 — the hazards of a grid, by what one side is to tell the other of them."""

    found: list[Hazard]  # by patrols, since the last time
    solved: list[Hazard]
    taken: list[Hazard]
    waiting: list[Hazard]  # found by patrols, and nobody has taken them yet
    in_hand: list[Hazard]  # everything open, whoever found it

    @property
    def is_quiet(self) -> bool:
        """Nothing to compare: then nobody is written to."""
        return not (self.found or self.waiting)

    def without(self, hidden: frozenset[int]) -> "Comparison":
        """As it is told to whom these are about."""
        lists = (self.found, self.solved, self.taken, self.waiting, self.in_hand)
        return Comparison(*([one for one in some if one.id not in hidden] for some in lists))

    def ids(self) -> dict[str, list[int]]:
        lists = ("found", "solved", "taken", "waiting", "in_hand")
        return {name: [one.id for one in getattr(self, name)] for name in lists}


def compare(session: Session, grid_id: int, since: datetime, now: datetime) -> Comparison:
    rows = session.scalars(
        select(Hazard)
        .where(
            Hazard.area_id.in_(inner_areas(grid_id)),
            Hazard.found_at <= now,
            or_(Hazard.state.in_(WAITING), Hazard.found_at > since),
        )
        .order_by(Hazard.found_at, Hazard.id)
    ).all()
    of_patrols = [one for one in rows if one.found_by == Finder.PATROL]
    found = [one for one in of_patrols if one.found_at > since and one.state not in NONE_OF_THEM]
    open_ones = [one for one in of_patrols if one.is_waiting]
    waiting = [one for one in open_ones if not _is_taken(session, one)]
    return Comparison(
        found=found,
        solved=[one for one in found if one.state == HazardState.SOLVED],
        taken=[one for one in open_ones if one not in waiting],
        waiting=waiting,
        in_hand=[one for one in rows if one.is_waiting],
    )


def sides_of(session: Session, grid_id: int, now: datetime) -> dict[int, MatchingSide]:
    """Who compares: patrols that serve the grid or a part of it, and the grid's own posts."""
    found = {
        one.person_id: MatchingSide.GRID
        for one in on_duty.holders_at(session, grid_id, now)
        if one.role in GRID_ROLES
    }
    for area_id in _patrolled(session, grid_id, now):
        for one in on_duty.holders_at(session, area_id, now):
            if one.role == Role.PATROL:
                found[one.person_id] = MatchingSide.PATROL
    return found if set(found.values()) == set(MatchingSide) else {}


def _patrolled(session: Session, grid_id: int, now: datetime) -> Sequence[int]:
    """The areas of patrols within the grid, and the grid itself for those around it."""
    inside = session.scalars(
        select(Post.area_id)
        .join(AreaWithin, AreaWithin.area_id == Post.area_id)
        .where(AreaWithin.outer_id == grid_id, Post.role == Role.PATROL, is_held(now))
        .distinct()
    ).all()
    return [grid_id, *inside]


def _is_taken(session: Session, hazard: Hazard) -> bool:
    if hazard.ticket_id is None:
        return False
    return main_of(session, session.get_one(Ticket, hazard.ticket_id)).state not in UNTAKEN
