"""Who answers for the posts around a place, and when: the holder, or who stands in for them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from models.people import Person
from models.places import Area, AreaKind, AreaWithin
from models.posts import Absence, Post, Role
from models.statements import Statement

FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Posting:
    """任职 — a post as somebody holds it: whose it is, from when until when."""

    post_id: int
    person_id: int
    name: str | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Service:
    """在岗时段 — who serves a place in which role, from when until when."""

    post_id: int  # that is served, by its holder or in their stead
    by: Posting
    role: Role
    department: str | None
    kind: AreaKind
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Leave:
    since: datetime
    until: datetime
    stand_in: Posting | None


_holder, _stand_in, _substitute = aliased(Person), aliased(Person), aliased(Post)
_POSTING = (Post.id, Post.person_id, _holder.name, Post.since, Post.until)
_LEAVE = (
    *(Absence.since, Absence.until, _substitute.id, _substitute.person_id, _stand_in.name),
    *(_substitute.since, _substitute.until),
)
_AROUND = Statement(
    select(*_POSTING, Post.role, Post.department, Area.kind, *_LEAVE)
    .select_from(AreaWithin)
    .join(Post, Post.area_id == AreaWithin.outer_id)
    .join(Area, Area.id == Post.area_id)
    .join(_holder, _holder.id == Post.person_id)
    .outerjoin(Absence, Absence.post_id == Post.id)
    .outerjoin(_substitute, _substitute.id == Absence.substitute_id)
    .outerjoin(_stand_in, _stand_in.id == _substitute.person_id)
    .where(AreaWithin.area_id == bindparam("area_id", required=True))
    .order_by(Post.id, Absence.since)
)
_LEAVES = Statement(
    select(*_LEAVE)
    .select_from(Absence)
    .outerjoin(_substitute, _substitute.id == Absence.substitute_id)
    .outerjoin(_stand_in, _stand_in.id == _substitute.person_id)
    .where(Absence.post_id == bindparam("post_id", required=True))
    .order_by(Absence.since)
)


def services(session: Session, area_id: int) -> Iterator[Service]:
    """Everybody who ever served this place or will."""
    rows = _AROUND.run(session, area_id=area_id)
    for _, group in groupby(rows, key=itemgetter(0)):
        found = list(group)
        posting, (role, department, kind) = Posting(*found[0][:5]), found[0][5:8]
        leaves = _leaves(row[8:] for row in found)
        for by, since, until in _served(session, posting, leaves, frozenset()):
            yield Service(posting.post_id, by, role, department, kind, since, until)


def _served(
    session: Session, posting: Posting, leaves: Iterable[_Leave], passed: frozenset[int]
) -> Iterator[tuple[Posting, datetime, datetime]]:
    """A post's times: its holder's own, and the leaves in which somebody stands in.

    Who stands in may be away as well, with somebody in their stead. `passed` are the posts on
    the way there, so that two who stand in for each other are simply both away.
    """
    cursor, end = posting.since, posting.until or FAR
    for leave in leaves:
        begin, over = max(leave.since, cursor), min(leave.until, end)
        if begin >= over:
            continue
        if cursor < begin:
            yield posting, cursor, begin
        if leave.stand_in is not None and leave.stand_in.post_id not in passed:
            yield from _stood_in(session, leave.stand_in, begin, over, passed | {posting.post_id})
        cursor = over
    if cursor < end:
        yield posting, cursor, end


def _stood_in(
    session: Session, stand_in: Posting, begin: datetime, over: datetime, passed: frozenset[int]
) -> Iterator[tuple[Posting, datetime, datetime]]:
    leaves = _leaves(_LEAVES.run(session, post_id=stand_in.post_id))
    for by, since, until in _served(session, stand_in, leaves, passed):
        since, until = max(since, begin), min(until, over)
        if since < until:
            yield by, since, until


def _leaves(rows: Iterable[tuple[Any, ...]]) -> list[_Leave]:
    """Of one post, in their order; where it has none, its row has nothing in their place."""
    return [
        _Leave(since, until, Posting(post_id, *more) if post_id is not None else None)
        for since, until, post_id, *more in rows
        if since is not None
    ]
