"""Whom a desk finds in the roll of people: who serves and who lives in its areas. Queries only."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.errors import NotFound
from models.homes import LIVING, Home, HomeState
from models.people import Person
from models.places import Area
from models.posts import Post, Role, is_held
from models.roster import persons, phones, rights
from models.roster.rights import Right
from models.tickets.asked import number_in, word_in
from models.tickets.sight import Sight
from models.tickets.table import IS_OPEN, Ticket

PAGE = 30
LONGEST_WORDS = 40
MOST_MATTERS = 20


class Sort(StrEnum):
    """人员分类 — which people a list is narrowed to."""

    HOLDERS = "holders"
    RESIDENTS = "residents"
    CLAIMS = "claims"  # homes nobody has verified yet


@dataclass(frozen=True, slots=True)
class Reach:
    """可见范围 — where somebody may read who serves, and where who lives."""

    staff: tuple[int, ...]
    residents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """查找条件 — what a list of people is narrowed to; each left out narrows nothing."""

    words: str = ""
    area_id: int | None = None
    sort: Sort | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class PostShown:
    """任职 — a post with the name of its area, and of the estate around a building."""

    post: Post
    place: str


@dataclass(frozen=True, slots=True)
class HomeShown:
    """住处 — a home with the names of its building and estate."""

    home: Home
    place: str


@dataclass(frozen=True, slots=True)
class Row:
    """一行 — a person with what of their posts and homes the reader may see."""

    person: Person
    posts: tuple[PostShown, ...]
    homes: tuple[HomeShown, ...]

    @property
    def phone(self) -> str:
        return phones.hidden(self.person.phone)


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """A value that means nothing narrows nothing."""
    return Wanted(
        words=query.get("q", "").strip()[:LONGEST_WORDS],
        area_id=number_in(query.get("area", "")),
        sort=word_in(Sort, query.get("sort")),
        role=word_in(Role, query.get("role")),
    )


def reach_of(session: Session, person_id: int, now: datetime) -> Reach:
    return Reach(
        rights.places_of(session, Right.STAFF, person_id, now),
        rights.places_of(session, Right.RESIDENTS, person_id, now),
    )


def rows(
    session: Session,
    reach: Reach,
    wanted: Wanted,
    now: datetime,
    after: int = 0,
    limit: int = PAGE,
) -> list[Row]:
    """In the order they were entered; `after` goes on where a page ended."""
    found = session.scalars(
        select(Person)
        .where(*_where(reach, wanted, now), Person.id > after)
        .order_by(Person.id)
        .limit(limit)
    ).all()
    return _filled(session, reach, found, now)


def count(session: Session, reach: Reach, wanted: Wanted, now: datetime, most: int) -> int:
    """How many the list has, up to `most`."""
    found = select(Person.id).where(*_where(reach, wanted, now)).limit(most)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def person_in(session: Session, reach: Reach, person_id: int, now: datetime) -> Person:
    """NotFound for a number nobody has and for somebody outside, in the same words."""
    found = session.scalars(
        select(Person).where(Person.id == person_id, *_where(reach, Wanted(), now))
    ).first()
    if found is None:
        raise NotFound(number=str(person_id))
    return found


def posts_of(session: Session, reach: Reach, person_ids: Collection[int]) -> list[PostShown]:
    """Also those that are over, the latest first."""
    estate = aliased(Area)
    found = session.execute(
        select(Post, Area.name, estate.name)
        .join(Area, Area.id == Post.area_id)
        .outerjoin(estate, estate.id == Area.estate_id)
        .where(Post.person_id.in_(person_ids), Post.area_id.in_(rights.inside(reach.staff)))
        .order_by(Post.since.desc(), Post.id.desc())
    )
    return [PostShown(post, f"{around or ''}{name}") for post, name, around in found]


def homes_of(session: Session, reach: Reach, person_ids: Collection[int]) -> list[HomeShown]:
    estate = aliased(Area)
    found = session.execute(
        select(Home, Area.name, estate.name)
        .join(Area, Area.id == Home.area_id)
        .outerjoin(estate, estate.id == Area.estate_id)
        .where(
            Home.person_id.in_(person_ids),
            Home.state.in_(LIVING),
            Home.area_id.in_(rights.inside(reach.residents)),
        )
        .order_by(Home.id)
    )
    return [HomeShown(home, f"{around or ''}{name}") for home, name, around in found]


def living(session: Session, person_ids: Sequence[int], size: int = 500) -> list[Home]:
    """The homes of these people, wherever they are."""
    found: list[Home] = []
    for start in range(0, len(person_ids), size):
        part = person_ids[start : start + size]
        found += session.scalars(
            select(Home).where(Home.person_id.in_(part), Home.state.in_(LIVING)).order_by(Home.id)
        )
    return found


def matters_of(session: Session, sight: Sight, person_id: int) -> Sequence[Ticket]:
    """What somebody reported under their name and waits for, as far as this desk sees it."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.reporter_id == person_id,
            Ticket.hides_reporter.is_(False),
            IS_OPEN,
            sight.condition(),
        )
        .order_by(Ticket.id.desc())
        .limit(MOST_MATTERS)
    ).all()


def _where(reach: Reach, wanted: Wanted, now: datetime) -> Iterator[ColumnElement[bool]]:
    yield Person.merged_into.is_(None)
    serves, lives = _serving(reach, wanted, now), _living(reach, wanted)
    if wanted.sort == Sort.HOLDERS or wanted.role:
        yield Person.id.in_(serves)
    elif wanted.sort is not None:
        yield Person.id.in_(lives)
    else:
        yield or_(Person.id.in_(serves), Person.id.in_(lives))
    if wanted.words:
        yield _says(wanted.words)


def _serving(reach: Reach, wanted: Wanted, now: datetime) -> Select[int]:
    conditions: list[ColumnElement[bool]] = [Post.area_id.in_(rights.inside(reach.staff))]
    # Who has left is found by their name, not in the list of those who serve.
    if wanted.sort == Sort.HOLDERS or wanted.role:
        conditions.append(is_held(now))
    if wanted.role:
        conditions.append(Post.role == wanted.role)
    if wanted.area_id is not None:
        conditions.append(Post.area_id.in_(rights.inside([wanted.area_id])))
    return select(Post.person_id).where(and_(*conditions))


def _living(reach: Reach, wanted: Wanted) -> Select[int]:
    states = [HomeState.CLAIMED] if wanted.sort == Sort.CLAIMS else LIVING
    conditions = [Home.area_id.in_(rights.inside(reach.residents)), Home.state.in_(states)]
    if wanted.area_id is not None:
        conditions.append(Home.area_id.in_(rights.inside([wanted.area_id])))
    return select(Home.person_id).where(and_(*conditions))


def _says(words: str) -> ColumnElement[bool]:
    """A whole phone number, or a part of a name."""
    phone = phones.plain(words)
    if phone is not None:
        return Person.id.in_(persons.entered_with(phone))
    return Person.name.contains(words, autoescape=True)


def _filled(session: Session, reach: Reach, persons: Sequence[Person], now: datetime) -> list[Row]:
    ids = [one.id for one in persons]
    posts: Mapping[int, list[PostShown]] = defaultdict(list)
    for one in posts_of(session, reach, ids):
        if one.post.since <= now and (one.post.until is None or one.post.until > now):
            posts[one.post.person_id].append(one)
    homes: Mapping[int, list[HomeShown]] = defaultdict(list)
    for living in homes_of(session, reach, ids):
        homes[living.home.person_id].append(living)
    return [Row(one, tuple(posts[one.id]), tuple(homes[one.id])) for one in persons]
