"""Which hazards there are, and for whom: queries only."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.hazards import rules, sides
from models.hazards.flow import Finder, HazardState
from models.hazards.table import IS_WAITING, Hazard
from models.places import Area, AreaKind, AreaWithin
from models.posts import Post, Role, is_held
from models.served import posts_served
from models.tickets.lists import RECENT_MINUTES
from models.tickets.table import Assignment

MOST = 500  # of one list; who has more of them open needs another remedy


def open_around(session: Session, person_id: int, now: datetime) -> Sequence[Hazard]:
    """Of the areas whose ledger this person reads, and what they found; the oldest first."""
    served = served_areas(person_id, rules.readers(), now)
    within = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(served))
    found = session.scalars(
        select(Hazard)
        .where(IS_WAITING, Hazard.area_id.in_(within) | (Hazard.finder_id == person_id))
        .order_by(Hazard.found_at, Hazard.id)
        .limit(MOST)
    )
    return [one for one in found if sides.may_see(session, one, person_id, now)]


def served_areas(person_id: int, roles: frozenset[Role], now: datetime) -> Select[int]:
    """Areas of such posts of this person, and of those they stand in for."""
    served = posts_served(person_id, now)
    return select(Post.area_id).where(Post.id.in_(served), Post.role.in_(roles))


def post_of(session: Session, person_id: int, now: datetime) -> tuple[Finder, int | None]:
    """As what somebody finds, and the area of the post that makes them so."""
    rows = session.execute(
        select(Post.role, Post.area_id)
        .where(Post.person_id == person_id, is_held(now))
        .order_by(Post.id)
    ).all()
    kind = rules.finder_by(role for role, _ in rows)
    areas = (area_id for role, area_id in rows if rules.finder_by([role]) == kind)
    return kind, next(areas, None)


def building_within(session: Session, area_id: int, number: str) -> Area | None:
    """The only building of this number in an area; None where none or several bear it."""
    found = session.scalars(
        select(Area)
        .join(AreaWithin, AreaWithin.area_id == Area.id)
        .where(
            AreaWithin.outer_id == area_id,
            Area.kind == AreaKind.BUILDING,
            Area.number == number,
        )
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def undecided_of(session: Session, person_id: int) -> Hazard | None:
    """What this person found last and has not said a word more about."""
    return session.scalars(
        select(Hazard)
        .where(Hazard.finder_id == person_id, Hazard.state == HazardState.FOUND)
        .order_by(Hazard.id.desc())
        .limit(1)
    ).first()


def just_found(session: Session, person_id: int, now: datetime) -> Hazard | None:
    """Without a ticket and lately touched by this person: a photo belongs to it, unless they
    have answered a task since."""
    hazard = session.scalars(
        select(Hazard)
        .where(
            Hazard.moved_by == person_id,
            Hazard.moved_at > now - timedelta(minutes=RECENT_MINUTES),
            Hazard.state.in_([HazardState.FOUND, HazardState.SOLVED]),
        )
        .order_by(Hazard.moved_at.desc(), Hazard.id.desc())
        .limit(1)
    ).first()
    if hazard is None:
        return None
    since = select(Assignment.id).where(
        Assignment.person_id == person_id, Assignment.answered_at > hazard.moved_at
    )
    return None if session.scalar(since.limit(1)) is not None else hazard


def found_in(
    session: Session, community_id: int, since: datetime, now: datetime
) -> Sequence[Hazard]:
    """Found in a community since then; what was none or stands twice is left out."""
    return session.scalars(
        select(Hazard)
        .where(
            Hazard.community_id == community_id,
            Hazard.found_at >= since,
            Hazard.found_at <= now,
            Hazard.state.not_in([HazardState.MERGED, HazardState.STRUCK, HazardState.TAKEN_BACK]),
        )
        .order_by(Hazard.found_at, Hazard.id)
    ).all()


def of_round(session: Session, round_id: int) -> Sequence[Hazard]:
    """Found within a round, in that order; what was taken back is left out."""
    return session.scalars(
        select(Hazard)
        .where(Hazard.round_id == round_id, Hazard.state != HazardState.TAKEN_BACK)
        .order_by(Hazard.id)
    ).all()
