"""Which posts are asked: the table of config/dispatch.toml over the posts of a place."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ScalarSelect,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from config.policy import load
from models.dispatch_changes import AS_SHIPPED, Changes, row_of
from models.on_duty import Holder, Serving, without
from models.places import AreaWithin
from models.posts import Post, Role
from models.reference import looked_up
from models.served import terms_of
from models.statements import Statement
from models.ticket_flow import Level
from models.tickets.levels import level_of
from models.tickets.table import IS_OPEN, About, Ticket


class Plan(Struct, frozen=True, gc=False):
    """派单方案 — whom to ask for one ticket."""

    owner: Holder | None
    helpers: tuple[Holder, ...] = ()
    alerted: tuple[Holder, ...] = ()
    gap: tuple[str, ...] = ()  # roles the table asked for and nobody holds


@dataclass(frozen=True, slots=True)
class Rule:
    """The row of the table that applies to one matter."""

    owner: tuple[str, ...]
    helpers: tuple[str, ...]
    alerted: tuple[str, ...]
    departments: tuple[str, ...]
    department: str  # whose liaison takes it at the department level
    hidden_from: frozenset[str]


@lru_cache(4096)  # each version that staff make is asked for anew
def rule_for(
    category: str,
    urgency: Urgency,
    intent: Intent,
    about: About | None,
    emergency: str | None,
    is_known: bool,
    changes: Changes = AS_SHIPPED,
) -> Rule:
    """Picks the row: about somebody, unknown, emergency, intent, category, default.

    Only those of the categories can be changed by staff: whom a matter is hidden from and who is
    alerted are not theirs to set.
    """
    table = load("dispatch")
    row: dict[str, Any] = {**row_of(category, changes)}
    row.update(table["intent"].get(intent, {}))
    departments: Sequence[str] = ()
    if urgency == Urgency.EMERGENCY:
        row.update(owner=table["emergency"]["owner"], alerted=table["emergency"]["alerted"])
        departments = table["emergency"]["departments"].get(emergency or "", ())
    if not is_known:
        row.update(table["unknown"])
    if about is not None:
        row.update(table["about"][about])
    hidden_from = meant_by(about)
    return Rule(
        owner=tuple(role for role in row["owner"] if role not in hidden_from),
        helpers=tuple(role for role in row["helpers"] if role not in hidden_from),
        alerted=tuple(role for role in row.get("alerted", ()) if role not in hidden_from),
        departments=tuple(departments),
        department=department_of(category, changes),
        hidden_from=hidden_from,
    )


def department_of(category: str, changes: Changes = AS_SHIPPED) -> str:
    """Which liaison takes this category at the department level."""
    return str(row_of(category, changes)["department"])


@cache
def meant_by(about: About | None) -> frozenset[str]:
    """The posts that a matter about them is hidden from."""
    return frozenset(load("dispatch")["about"][about]["hidden_from"] if about else ())


# Whoever has this many counts as fully loaded: a desk with ten thousand open tickets must not
# have them counted at every report.
FULL_LOAD = 100
MOST_WEIGHED = 16  # in one statement: each number of persons is compiled for itself
Loads = Callable[[tuple[int, ...]], Sequence[int]]
"""Persons → open tickets, up to FULL_LOAD. Asked only where it decides between equals."""


def unweighed(person_ids: Sequence[int]) -> Sequence[int]:
    """For whoever asks only if there is anybody."""
    return [0] * len(person_ids)


def loads(session: Session) -> Loads:
    """How much each of these persons has in hand now."""

    def open_tickets(person_ids: tuple[int, ...]) -> Sequence[int]:
        counts: list[int] = []
        for first in range(0, len(person_ids), MOST_WEIGHED):
            counts += weigh(person_ids[first : first + MOST_WEIGHED])
        return counts

    def weigh(person_ids: Sequence[int]) -> Sequence[int]:
        asked = {_person(number): one for number, one in enumerate(person_ids)}
        # What was just taken from somebody is still theirs until it is written.
        [row] = _open_tickets(len(person_ids)).run_after_flush(session, **asked)
        return row

    return open_tickets


@cache
def _open_tickets(count: int) -> Statement:
    """Of so many persons at once: each round trip to the store costs more than the counting."""
    return Statement(select(*(_open_tickets_of(_person(number)) for number in range(count))))


def _open_tickets_of(name: str) -> ScalarSelect[int]:
    is_theirs = Ticket.owner_id == bindparam(name, required=True)
    most = select(Ticket.id).where(is_theirs, IS_OPEN).limit(literal_column(str(FULL_LOAD)))
    return select(func.count()).select_from(most.subquery()).scalar_subquery()


def _person(number: int) -> str:
    return f"person_{number}"


def duty_phones(session: Session, post_ids: Sequence[int]) -> dict[int, str]:
    """The public numbers of these posts, where they have one."""
    rows = session.execute(
        select(Post.id, Post.duty_phone).where(Post.id.in_(post_ids), Post.duty_phone.is_not(None))
    )
    return {post_id: phone for post_id, phone in rows if phone}


@cache
def _holding(roles: frozenset[str]) -> Statement:
    """Terms of such posts around or inside a place. Built once: it takes half a millisecond."""
    area_id: Any = bindparam("area_id", required=True)
    outer = select(AreaWithin.outer_id).where(AreaWithin.area_id == area_id)
    inner = select(AreaWithin.area_id).where(AreaWithin.outer_id == area_id)
    # One condition a role: a list of values is only written out at each execution.
    is_meant = or_(*(Post.role == Role(role) for role in sorted(roles)))
    return Statement(terms_of(is_meant, Post.area_id.in_(union(outer, inner))))


def accused_at(
    session: Session, area_id: int, about: About | None, since: datetime, now: datetime
) -> frozenset[int]:
    """Who holds a post that must not see a matter of this place, or held it since that moment.

    Being on leave makes nobody impartial, nor does a second post; of a matter that names no
    building, every building head inside is meant.
    """
    roles = meant_by(about)
    if not roles:
        return frozenset()
    terms = looked_up(
        session, ("terms", area_id, roles), lambda: _holding(roles).run(session, area_id=area_id)
    )
    return frozenset(who for who, begin, end in terms if begin <= now and since < end)


def plan(
    holders: Sequence[Holder],
    rule: Rule,
    loads: Loads,
    *,
    level: Level = Level.ESTATE,
    barred: frozenset[int] = frozenset(),
) -> Plan:
    """Who is asked. Nobody in `barred` (or holding a hidden post) is, in whatever other role."""
    accused = barred
    if rule.hidden_from:
        accused |= {one.person_id for one in holders if one.role in rule.hidden_from}
    free = without(holders, accused)
    wanted = tuple(load("dispatch")["levels"].get(level, rule.owner))
    owner = _first(free, wanted, loads, rule.department)
    gap = () if owner else wanted
    if owner is None:
        owner = _first(free, _fallback(wanted, rule.hidden_from), loads)
    taken = {owner.person_id} if owner else set()
    helpers = [one for one in (_first(free, [role], loads) for role in rule.helpers) if one]
    return Plan(
        owner=owner,
        helpers=tuple([one for one in helpers if one.person_id not in taken]),
        alerted=_alerted(free, rule, taken),
        gap=gap,
    )


def holder_of(
    holders: Sequence[Holder],
    roles: Sequence[str],
    loads: Loads,
    *,
    department: str | None = None,
    barred: frozenset[int] = frozenset(),
) -> Holder | None:
    """Who of these roles is asked, of this department if one is named."""
    return _first(without(holders, barred), roles, loads, department)


def _first(
    serving: Serving, roles: Sequence[str], loads: Loads, department: str | None = None
) -> Holder | None:
    """Of the first role that anybody holds, the nearest; among equals the least loaded."""
    for role in roles:
        of = department if role == Role.DEPARTMENT_LIAISON else None
        if equals := serving.nearest.get((role, of)):
            return _least_loaded(equals, loads)
    return None


def _least_loaded(equals: Sequence[Holder], loads: Loads) -> Holder:
    if len(equals) == 1:
        return equals[0]
    counts = loads(tuple([one.person_id for one in equals]))
    return equals[counts.index(min(counts))]


@cache
def _fallback(wanted: tuple[str, ...], hidden_from: frozenset[str]) -> tuple[str, ...]:
    """Whom to ask for roles that nobody holds: whoever stands as high, then the duty desk.

    Only rather than be nobody's a matter comes down. One that accuses somebody never does: those
    below may work under the accused.
    """
    roles = [role for role in load("dispatch")["fallback"]["owner"] if role not in hidden_from]
    floor = min(map(_height, wanted), default=0)
    below = [role for role in roles if role != Role.DUTY_DESK and _height(role) < floor]
    others = [role for role in roles if role not in below]
    return (*others, *([] if hidden_from else reversed(below)))


def _height(role: str) -> int:
    return tuple(Level).index(level_of(role))


def _alerted(free: Serving, rule: Rule, taken: Set[int]) -> tuple[Holder, ...]:
    if not rule.alerted and not rule.departments:
        return ()
    asked = [one for one in free if one.role in rule.alerted or _is_called(one, rule)]
    return tuple(_distinct(one for one in asked if one.person_id not in taken))


def _is_called(one: Holder, rule: Rule) -> bool:
    return one.role == Role.DEPARTMENT_LIAISON and one.department in rule.departments


def _distinct(holders: Iterable[Holder]) -> list[Holder]:
    return list({one.person_id: one for one in reversed(list(holders))}.values())[::-1]
