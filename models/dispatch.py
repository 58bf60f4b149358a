"""Which posts are asked: the table of config/dispatch.toml over the posts of a place."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
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
from models.on_duty import Holder
from models.places import AreaWithin
from models.posts import Post, Role
from models.reference import looked_up
from models.served import terms_of
from models.statements import Statement
from models.ticket_flow import Level
from models.tickets.levels import level_of
from models.tickets.table import IS_OPEN, About, Ticket


@dataclass(frozen=True, slots=True)
class Plan:
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
_LOAD = Statement(
    select(func.count()).select_from(
        select(Ticket.id)
        .where(Ticket.owner_id == bindparam("person_id", required=True), IS_OPEN)
        .limit(literal_column(str(FULL_LOAD)))
        .subquery()
    )
)
Loads = Callable[[int], int]
"""Person → open tickets, up to FULL_LOAD. Asked only where it decides between equals."""

_RANK = attrgetter("nearness", "role", "department")


def unweighed(_: int) -> int:
    """For whoever asks only if there is anybody."""
    return 0


def loads(session: Session) -> Loads:
    """How much each person has in hand now."""

    def open_tickets(person_id: int) -> int:
        row = _LOAD.first(session, person_id=person_id)
        return row[0] if row else 0

    return open_tickets


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
    accused = barred | {one.person_id for one in holders if one.role in rule.hidden_from}
    free = [one for one in holders if one.person_id not in accused]
    wanted = tuple(load("dispatch")["levels"].get(level, rule.owner))
    owner = holder_of(free, wanted, loads, department=rule.department)
    gap = () if owner else wanted
    if owner is None:
        owner = _first(free, _fallback(wanted, rule.hidden_from), loads)
    taken = {owner.person_id} if owner else set()
    helpers = [one for one in (_first(free, [role], loads) for role in rule.helpers) if one]
    alerted = [one for one in free if one.role in rule.alerted or _is_called(one, rule)]
    return Plan(
        owner=owner,
        helpers=tuple(one for one in helpers if one.person_id not in taken),
        alerted=tuple(_distinct(one for one in alerted if one.person_id not in taken)),
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
    free = [
        one
        for one in holders
        if one.person_id not in barred
        and (
            department is None
            or one.role != Role.DEPARTMENT_LIAISON
            or one.department == department
        )
    ]
    return _first(free, roles, loads)


def _first(holders: Sequence[Holder], roles: Sequence[str], loads: Loads) -> Holder | None:
    """Of the first role that anybody holds, the nearest; among equals the least loaded."""
    for role in roles:
        serving = [one for one in holders if one.role == role]
        if len(serving) > 1:
            equals = [one for one in serving if _RANK(one) == _RANK(serving[0])]
            return min(equals, key=lambda one: loads(one.person_id)) if equals[1:] else equals[0]
        if serving:
            return serving[0]
    return None


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


def _is_called(one: Holder, rule: Rule) -> bool:
    return one.role == Role.DEPARTMENT_LIAISON and one.department in rule.departments


def _distinct(holders: Iterable[Holder]) -> list[Holder]:
    return list({one.person_id: one for one in reversed(list(holders))}.values())[::-1]
