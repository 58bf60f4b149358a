"""The hazard ledger of a desk: who reads of which hazard, the lists with their counts, one of them.

`hazards.sides` rules on one hazard and one person; a list can not ask it of each.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.policy import load
from models import listed
from models.errors import NotFound
from models.hazards import rules
from models.hazards.figures import COUNTED, HazardCount
from models.hazards.flow import WAITING, Finder, HazardState
from models.hazards.table import Hazard, HazardPhoto
from models.listed import Lists
from models.media import Media, MediaState
from models.places import Area, AreaKind
from models.posts import Role
from models.roster.rights import inside
from models.served import places_of
from models.tickets import sight as tickets
from models.tickets.asked import number_in, word_in
from models.tickets.table import About, Ticket


class Group(StrEnum):
    """隐患分组 — the lists of the console; most count as the figures do."""

    OPEN = "open"
    FOUND = "found"
    UNDECIDED = "undecided"
    SOLVED = "solved_on_the_spot"
    PASSED_UP = "passed_up"
    RUNNING = "running"
    RECTIFIED = "rectified"
    CANNOT_FIX = "cannot_fix"
    NOT_OURS = "not_ours"
    WITHDRAWN = "withdrawn"
    STRUCK = "struck"


@dataclass(frozen=True, slots=True)
class Wanted(listed.Wanted[Group]):
    """隐患筛选 — the conditions of a list: who found it and in which round, beside the usual."""

    found_by: Finder | None = None
    round_id: int | None = None

    def narrowed(self, *columns: InstrumentedAttribute[Any]) -> list[ColumnElement[bool]]:
        found = super(Wanted, self).narrowed(*columns)
        if self.found_by is not None:
            found.append(Hazard.found_by == self.found_by)
        if self.round_id is not None:
            found.append(Hazard.round_id == self.round_id)
        return found


@dataclass(frozen=True, slots=True)
class Sight:
    """隐患视野 — whose ledger somebody reads, and which complaints are about them."""

    person_id: int
    places: tuple[int, ...]
    tickets: tickets.Sight

    def condition(self) -> ColumnElement[bool]:
        """What they found, and what lies where they serve; never what is about them."""
        around = and_(Hazard.area_id.in_(inside(self.places)), *self._not_accused())
        return or_(Hazard.finder_id == self.person_id, around)

    def _not_accused(self) -> list[ColumnElement[bool]]:
        accused = tickets.is_about(self.tickets.served)
        if accused is None:
            return []
        hidden = _hidden_from({one.role for one in self.tickets.served})
        return [
            ~select(Ticket.id)
            .where(Ticket.id == Hazard.ticket_id, accused)
            .correlate(Hazard)
            .exists(),
            # Without a ticket nobody has reckoned yet whom it means: all of them, then.
            or_(Hazard.ticket_id.is_not(None), Hazard.about.is_(None), Hazard.about.not_in(hidden)),
        ]


@dataclass(frozen=True, slots=True)
class Row:
    """隐患一行 — a hazard as a list shows it; its words and its ticket to whom may read them."""

    hazard: Hazard
    ticket: Ticket | None
    photos: int

    @property
    def words(self) -> str:
        return (self.ticket.text if self.ticket else self.hazard.text) or ""

    @property
    def id(self) -> int:
        return self.hazard.id


def wanted_of(query: Mapping[str, str]) -> Wanted:
    usual = listed.wanted_of(query, Group.OPEN)
    return Wanted(
        *(usual.group, usual.area_id, usual.since, usual.until, usual.words),
        found_by=word_in(Finder, query.get("finder")),
        round_id=number_in(query.get("round", "")),
    )


def sight_of(session: Session, person_id: int, now: datetime) -> Sight:
    return within(tickets.sight_of(session, person_id, now), now)


def within(seen: tickets.Sight, now: datetime) -> Sight:
    """Of who sees these tickets."""
    return Sight(seen.person_id, places_of(seen.served, rules.readers(), now), seen)


def rows_of(session: Session, sight: Sight, ids: Collection[int]) -> dict[int, Row]:
    """Those of these that are shown to them."""
    found = _shown(sight).where(Hazard.id.in_(ids), sight.condition())
    return {one[0].id: Row(*one) for one in session.execute(found)}


def hazard_in(session: Session, sight: Sight, number: int) -> Row:
    """NotFound, in the same words, for one that nobody has and for one not shown to them."""
    found = rows_of(session, sight, [number])
    if number not in found:
        raise NotFound(number=str(number))
    return found[number]


def photos_of(session: Session, hazard: Hazard) -> Sequence[int]:
    """Kept photos, as long as no ticket has them."""
    return session.scalars(
        select(Media.id)
        .join(HazardPhoto, HazardPhoto.photo_id == Media.id)
        .where(HazardPhoto.hazard_id == hazard.id, Media.state == MediaState.KEPT)
        .order_by(Media.id)
    ).all()


def places_to_read(session: Session, sight: Sight, limit: int = 400) -> Sequence[Area]:
    """Communities, estates and grids within the places of somebody's ledger."""
    narrow = (AreaKind.COMMUNITY, AreaKind.ESTATE, AreaKind.GRID)
    return session.scalars(
        select(Area)
        .where(Area.id.in_(inside(sight.places)), Area.kind.in_(narrow))
        .order_by(Area.community_id, Area.kind, Area.id)
        .limit(limit)
    ).all()


def _shown(sight: Sight) -> Select[Any]:
    photos = select(func.count()).where(HazardPhoto.hazard_id == Hazard.id).scalar_subquery()
    seen = and_(Ticket.id == Hazard.ticket_id, sight.tickets.condition())
    return select(Hazard, Ticket, photos).outerjoin(Ticket, seen)


def _of_group(_: Sight, group: Group) -> ColumnElement[bool]:
    return Hazard.state.in_(states_of(group))


def states_of(group: Group) -> Collection[HazardState]:
    if group is Group.OPEN:
        return WAITING
    if group is Group.STRUCK:
        return (HazardState.STRUCK,)
    return [state for state, adds in COUNTED.items() if HazardCount(group) in adds]


def _hidden_from(roles: Set[Role]) -> list[About]:
    table = load("dispatch")["about"]
    return [one for one in About if set(table[one]["hidden_from"]) & roles]


LISTS = Lists(
    Hazard,
    Hazard.found_at,
    (Hazard.place_name, Hazard.spot),
    Group.OPEN,
    Row,
    _shown,
    _of_group,
)
rows, counts = LISTS.rows, LISTS.counts
