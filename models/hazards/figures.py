"""Counts of hazards, of areas and teams, drawn from the events alone."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models.events import Event
from models.hazards.flow import FOUND, Finder, HazardState
from models.hazards.telling import KIND
from models.metrics.periods import Period
from models.places import Area, AreaKind, AreaWithin, inner_areas, outer_areas
from models.posts import Post, Role

OTHERS = "others"
ELSEWHERE = "elsewhere"


class HazardCount(StrEnum):
    """隐患计数 — one number; all are of the hazards found in a period."""

    FOUND = "found"
    SOLVED = "solved_on_the_spot"
    PASSED_UP = "passed_up"
    UNDECIDED = "undecided"
    RUNNING = "running"
    RECTIFIED = "rectified"
    CANNOT_FIX = "cannot_fix"
    NOT_OURS = "not_ours"
    WITHDRAWN = "withdrawn"


class Axis(StrEnum):
    """分列 — what the rows of a sheet are."""

    FINDER = "finder"
    COMMUNITY = "community"
    ESTATE = "estate"
    GRID = "grid"


@dataclass(slots=True)
class HazardSheet:
    """隐患统计表 — the counts of an area and a period, whole and by one axis."""

    whole: Counter[str] = field(default_factory=Counter)
    rows: dict[str, Counter[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """One hazard as its events tell it."""

    found_by: Finder
    area_id: int | None
    state: HazardState


# What each state adds to the counts; what is none, or counts elsewhere, adds nothing.
_UP = HazardCount.PASSED_UP
COUNTED: Mapping[HazardState, Sequence[HazardCount]] = {
    HazardState.FOUND: (HazardCount.FOUND, HazardCount.UNDECIDED),
    HazardState.SOLVED: (HazardCount.FOUND, HazardCount.SOLVED),
    HazardState.PASSED_UP: (HazardCount.FOUND, _UP, HazardCount.RUNNING),
    HazardState.RECTIFIED: (HazardCount.FOUND, _UP, HazardCount.RECTIFIED),
    HazardState.CANNOT_FIX: (HazardCount.FOUND, _UP, HazardCount.CANNOT_FIX),
    HazardState.NOT_OURS: (HazardCount.FOUND, _UP, HazardCount.NOT_OURS),
    HazardState.WITHDRAWN: (HazardCount.FOUND, _UP, HazardCount.WITHDRAWN),
    HazardState.MERGED: (),
    HazardState.STRUCK: (),
    HazardState.TAKEN_BACK: (),
}


def sheet(session: Session, area_id: int, period: Period, axis: Axis | None = None) -> HazardSheet:
    """Of the hazards found there within the period, as they stand now."""
    within = set(session.scalars(inner_areas(area_id)))
    is_whole = session.scalar(select(Area.parent_id).where(Area.id == area_id)) is None
    found = HazardSheet()
    key_of = _keys(session, area_id, axis)
    for one in told(session, period.since, period.until):
        # A hazard without a place is one of the whole house.
        if one.area_id not in within and not (is_whole and one.area_id is None):
            continue
        found.whole.update(COUNTED[one.state])
        if axis is not None and COUNTED[one.state]:
            row = found.rows.setdefault(key_of(one), Counter())
            row.update(COUNTED[one.state])
    return found


def told(session: Session, since: datetime, until: datetime) -> Iterator[Told]:
    """Every hazard found between these moments, from its events and nothing else."""
    first = aliased(Event)
    begun = select(first.subject_id).where(
        first.subject_kind == KIND, first.verb == FOUND, first.at >= since, first.at < until
    )
    rows = session.execute(
        select(Event.subject_id, Event.new, Event.area_id, Event.detail)
        .where(Event.subject_kind == KIND, Event.subject_id.in_(begun))
        .order_by(Event.subject_id, Event.id)
    )
    for _, events in groupby(rows, key=itemgetter(0)):
        steps = list(events)
        _, state, area_id, _ = steps[-1]
        yield Told(Finder(steps[0][3]["found_by"]), area_id, HazardState(state))


def _keys(session: Session, area_id: int, axis: Axis | None) -> Callable[[Told], str]:
    """Hazard → the row it counts in."""
    if axis == Axis.FINDER:
        alone = _held_by_one(session, area_id)
        return lambda one: OTHERS if one.found_by in alone else str(one.found_by)
    outer = _outer(session, AreaKind(axis)) if axis is not None else {}
    return lambda one: str(outer.get(one.area_id or 0, ELSEWHERE))


def _outer(session: Session, kind: AreaKind) -> Mapping[int, int]:
    """Area → the area of this kind it lies in."""
    rows = session.execute(
        select(AreaWithin.area_id, AreaWithin.outer_id)
        .join(Area, Area.id == AreaWithin.outer_id)
        .where(Area.kind == kind)
    )
    return {row.area_id: row.outer_id for row in rows}


def _held_by_one(session: Session, area_id: int) -> set[Finder]:
    """Finders that are one person in or around this area: a team of one is a person, whose
    figures nobody else is shown. A company is none, however few of it write to us."""
    around = or_(
        Post.area_id.in_(inner_areas(area_id)), Post.area_id.in_(outer_areas(session, area_id))
    )
    kinds = load("hazards")["finders"]
    counts = {
        Finder(kind): session.scalar(
            select(func.count(Post.person_id.distinct())).where(
                around, Post.role.in_(list(map(Role, kinds[kind])))
            )
        )
        for kind in kinds
    }
    return {kind for kind, count in counts.items() if count == 1} - {Finder.PROPERTY}
