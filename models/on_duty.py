"""Who serves a place in which role at a moment: the holders of its posts, or who stands in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from operator import attrgetter

from sqlalchemy.orm import Session

from models.places import AreaKind
from models.posts import Post, Role
from models.reference import looked_up
from models.substitutes import FAR, Service, services

# From the door outwards: a building's own post comes before its estate's, and so on.
NEARNESS: Mapping[str, int] = {
    AreaKind.HOUSEHOLD: 0,
    AreaKind.UNIT: 1,
    AreaKind.BUILDING: 2,
    AreaKind.COURTYARD: 3,
    AreaKind.GRID: 4,
    AreaKind.ESTATE: 5,
    AreaKind.COMMUNITY: 6,
    AreaKind.SUBDISTRICT: 7,
    AreaKind.DISTRICT: 8,
}


@dataclass(frozen=True, slots=True)
class Holder:
    """在岗人 — a post that can be asked now, and who answers for it (a substitute, maybe)."""

    post_id: int
    person_id: int
    role: Role
    department: str | None
    nearness: int
    name: str | None = None


class Serving(tuple[Holder, ...]):
    """当班 — who serves a place at a moment, nearest first."""

    @cached_property
    def nearest(self) -> Mapping[tuple[str, str | None], Sequence[Holder]]:
        """Role → the nearest of it, who are equals; a liaison's also by role and department.

        Of a place it is made once, for as long as the same people serve it.
        """
        found: dict[tuple[str, str | None], list[Holder]] = {}
        for one in self:
            for department in {
                None,
                one.department if one.role == Role.DEPARTMENT_LIAISON else None,
            }:
                equals = found.setdefault((one.role, department), [one])
                if one is not equals[0] and _rank(one) == _rank(equals[0]):
                    equals.append(one)
        return found


Spell = tuple[Holder, datetime, datetime]
"""在岗时段 — who answers for a post, from when until when."""

_rank = attrgetter("nearness", "role", "department")

BEFORE = datetime.min.replace(tzinfo=UTC)


def without(holders: Sequence[Holder], barred: Collection[int]) -> Serving:
    """Those of them who are not barred."""
    if barred:
        return Serving(one for one in holders if one.person_id not in barred)
    return holders if isinstance(holders, Serving) else Serving(holders)


def holders_at(session: Session, area_id: int, now: datetime) -> Serving:
    """Everybody who serves this place now, nearest first.

    Who is away counts as their substitute; away without one, they are left out.
    """
    return looked_up(session, ("roster", area_id), partial(_roster, session, area_id)).at(now)


def answering(session: Session, post: Post, now: datetime) -> int | None:
    """Who answers for one post now: its holder, or who stands in; None while nobody does."""
    spells = looked_up(session, ("answering", post.id), partial(_of_post, session, post))
    found = (one.by.person_id for one in spells if one.since <= now < one.until)
    return next(found, None)


def _of_post(session: Session, post: Post) -> list[Service]:
    return [one for one in services(session, post.area_id) if one.post_id == post.id]


def is_served_since(
    session: Session, area_id: int, roles: Collection[str], since: datetime, now: datetime
) -> bool:
    """Whether anybody was in one of these roles at any time between."""
    spells = looked_up(session, ("roster", area_id), partial(_roster, session, area_id)).spells
    return any(one.role in roles and begin < now and since < end for one, begin, end in spells)


class _Roster:
    """Everybody who ever served a place or will; who does now is reckoned when that changes."""

    def __init__(self, spells: Sequence[Spell]) -> None:
        self.spells = spells
        # As one, so that no thread takes the holders of another time.
        self._last: tuple[datetime, datetime, Serving] | None = None

    def at(self, now: datetime) -> Serving:
        last = self._last
        if last is None or not last[0] <= now < last[1]:
            changes = {moment for _, *times in self.spells for moment in times}
            since = max((one for one in changes if one <= now), default=BEFORE)
            until = min((one for one in changes if one > now), default=FAR)
            holders = Serving(one for one, begin, end in self.spells if begin <= now < end)
            last = self._last = since, until, holders
        return last[2]


def _roster(session: Session, area_id: int) -> _Roster:
    found = [(_holder(one), one.since, one.until) for one in services(session, area_id)]
    return _Roster(sorted(found, key=lambda spell: (spell[0].nearness, spell[0].post_id)))


def _holder(one: Service) -> Holder:
    by = one.by
    return Holder(by.post_id, by.person_id, one.role, one.department, NEARNESS[one.kind], by.name)
