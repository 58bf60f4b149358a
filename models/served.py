"""Who was in a role somewhere, and when: the holders of posts, and whoever stood in for them.

A complaint about a role means all of these: being on leave makes nobody impartial, nor does
having left, and who stands in may do so for somebody who stands in.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from models.base import UtcDateTime
from models.places import Area, AreaKind
from models.posts import Absence, Post, Role
from models.reference import looked_up

_NEVER = literal(datetime(9999, 1, 1, tzinfo=UTC), UtcDateTime())  # PostgreSQL reads no later year
_UNTIL = func.coalesce(Post.until, _NEVER)


@dataclass(frozen=True, slots=True)
class Served:
    """任职 — a post somebody holds or held, or stood in for: whom complaints of its area mean."""

    person_id: int
    role: Role
    area_id: int
    kind: AreaKind
    until: datetime

    def is_since(self, moment: datetime) -> bool:
        return self.until > moment


def served_by(session: Session, person_ids: Collection[int], now: datetime) -> list[Served]:
    """The posts they hold or held, or stood in for, until `now`."""
    ids = tuple(sorted(person_ids))
    terms = looked_up(session, (served_by, ids), lambda: _terms(session, ids))
    return [one for since, one in terms if since <= now]


def _terms(session: Session, person_ids: Collection[int]) -> list[tuple[datetime, Served]]:
    """Each with its beginning."""
    terms = _upwards(Post.person_id.in_(person_ids))
    rows = session.execute(
        select(terms.c.since, terms.c.person_id, Post.role, Post.area_id, Area.kind, terms.c.until)
        .join(Post, Post.id == terms.c.post_id)
        .join(Area, Area.id == Post.area_id)
        .order_by(Post.id)
    )
    return [(since, Served(*row)) for since, *row in rows]


def posts_served(person_id: int, now: datetime) -> Select[int]:
    """The posts they hold now, and those they stand in for."""
    terms = _upwards(Post.person_id == person_id)
    return select(terms.c.post_id).where(terms.c.since <= now, terms.c.until > now)


def _upwards(whose: ColumnElement[bool]) -> CTE:
    """From posts to those that are stood in for from them, however many are away."""
    held = select(
        Post.person_id, Post.id.label("post_id"), Post.since, _UNTIL.label("until")
    ).where(whose)
    terms = held.cte(recursive=True)  # without a name: one statement may look twice
    since, until = _overlap(terms, Absence, Post)
    return terms.union(
        select(terms.c.person_id, Post.id, since, until)
        .join(Absence, Absence.substitute_id == terms.c.post_id)
        .join(Post, Post.id == Absence.post_id)
        .where(since < until)
    )


def places_of(served: Iterable[Served], roles: Collection[Role], now: datetime) -> tuple[int, ...]:
    """Where somebody is in one of these roles now."""
    found = {one.area_id for one in served if one.role in roles and one.is_since(now)}
    return tuple(sorted(found))


def terms_of(*held: ColumnElement[bool]) -> Select[Any]:
    """Person, since, until: whoever holds or held such posts, or stood in for whoever did."""
    posts = select(Post.id.label("post_id"), Post.since, _UNTIL.label("until")).where(*held)
    terms = posts.cte("terms", recursive=True)
    substitute = aliased(Post)
    begin, end = _overlap(terms, Absence, substitute)
    terms = terms.union(
        select(substitute.id, begin, end)
        .join(Absence, Absence.substitute_id == substitute.id)
        .join(terms, terms.c.post_id == Absence.post_id)
        .where(begin < end)
    )
    return select(Post.person_id, terms.c.since, terms.c.until).join(
        terms, terms.c.post_id == Post.id
    )


def _overlap(terms: CTE, leave: type[Absence], post: Any) -> tuple[Any, Any]:
    """From when until when somebody stands in: their time, the leave and the post's own time."""
    since = reduce(_later, (terms.c.since, leave.since, post.since))
    until = reduce(_earlier, (terms.c.until, leave.until, func.coalesce(post.until, _NEVER)))
    return since, until


def _later(one: Any, other: Any) -> Any:
    return case((one > other, one), else_=other)


def _earlier(one: Any, other: Any) -> Any:
    return case((one < other, one), else_=other)
