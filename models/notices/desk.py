"""What staff see of notices: lists with their counts, and one notice, within what they serve."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from config.policy import load
from models.errors import NotFound
from models.notices.flow import AUTHORS, REVIEWERS
from models.notices.table import Notice, NoticeState, Objection, kinds
from models.people import Person
from models.places import Area, AreaWithin
from models.posts import Absence, Post, Role, is_held

PAGE = 50
LONGEST_WORDS = 40
ANSWERING = "answering"


class Group(StrEnum):
    """公示分组 — the lists of the console."""

    ALL = "all"
    TO_REVIEW = "to_review"  # a second person's, and this one may be it
    DRAFT = "draft"
    REVIEWED = "reviewed"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    OBJECTED = "objected"  # with an objection that nobody has answered
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Sight:
    """公示视野 — where somebody holds which of the posts that notices are shown to."""

    person_id: int
    held: Mapping[Role, frozenset[int]]

    def places(self, roles: Collection[str]) -> frozenset[int]:
        return frozenset().union(*(self.held.get(Role(one), frozenset()) for one in roles))

    @property
    def everywhere(self) -> frozenset[int]:
        return frozenset().union(*self.held.values())

    def condition(self) -> ColumnElement[bool]:
        """All kinds for the posts of all kinds; for the others the kinds that name them."""
        posts = load("notices")["posts"]
        general = self.places([*posts[AUTHORS], *posts[REVIEWERS], *posts[ANSWERING]])
        reasons: list[ColumnElement[bool]] = []
        if general:
            reasons.append(Notice.area_id.in_(_inside(general)))
        for kind, row in kinds().items():
            if special := self.places(row.get(AUTHORS, ())) - general:
                reasons.append(and_(Notice.kind == kind, Notice.area_id.in_(_inside(special))))
        return or_(false(), *reasons)

    def may_answer(self) -> ColumnElement[bool]:
        places = self.places(load("notices")["posts"][ANSWERING])
        return Notice.area_id.in_(_inside(places)) if places else false()


@dataclass(frozen=True, slots=True)
class Wanted:
    """公示筛选 — the conditions of a list."""

    group: Group = Group.ALL
    kind: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """公示一行 — a notice as a list shows it."""

    notice: Notice
    area: str
    author: str
    waiting: int  # objections without an answer, for whoever may answer them


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """The conditions as an address says them; a value that means nothing narrows nothing."""
    group, kind = query.get("state", ""), query.get("kind", "")
    return Wanted(
        group=Group(group) if group in list(Group) else Group.ALL,
        kind=kind if kind in kinds() else None,
        words=query.get("q", "").strip()[:LONGEST_WORDS],
    )


@cache
def readers() -> frozenset[Role]:
    """Every role that some notice is shown to."""
    named = [role for roles in load("notices")["posts"].values() for role in roles]
    return writers() | frozenset(Role(one) for one in named)


@cache
def writers() -> frozenset[Role]:
    """Every role that may write some notice."""
    named = [*load("notices")["posts"][AUTHORS]]
    named += [role for row in kinds().values() for role in row.get(AUTHORS, ())]
    return frozenset(Role(one) for one in named)


def sight_of(session: Session, person_id: int, now: datetime) -> Sight:
    """Posts of their own, and those they stand in for."""
    own = select(Post.role, Post.area_id).where(Post.person_id == person_id, is_held(now))
    mine = aliased(Post)
    standing_in = (
        select(Post.role, Post.area_id)
        .join(Absence, Absence.post_id == Post.id)
        .join(mine, mine.id == Absence.substitute_id)
        .where(
            mine.person_id == person_id,
            Absence.since <= now,
            Absence.until > now,
            is_held(now),
        )
    )
    held: dict[Role, set[int]] = {}
    for role, area_id in session.execute(own.union(standing_in)):
        held.setdefault(role, set()).add(area_id)
    return Sight(person_id, {role: frozenset(areas) for role, areas in held.items()})


def rows(
    session: Session, sight: Sight, wanted: Wanted, before: int | None = None, limit: int = PAGE
) -> list[Row]:
    """The latest first; `before` goes on where a page ended."""
    waiting = select(func.count(Objection.id)).where(_is_waiting(sight)).scalar_subquery()
    found = (
        select(Notice, Area.name, Person.name, waiting)
        .join(Area, Area.id == Notice.area_id)
        .join(Person, Person.id == Notice.author_id)
        .where(_condition(sight, wanted))
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    if before is not None:
        found = found.where(Notice.id < before)
    return [
        Row(notice, area, author or "", count or 0)
        for notice, area, author, count in session.execute(found)
    ]


def counts(session: Session, sight: Sight, wanted: Wanted) -> dict[Group, int]:
    """How long the list of each group would be, under the same conditions else."""
    groups = {group: _condition(sight, Wanted(group, wanted.kind, wanted.words)) for group in Group}
    columns = [func.count().filter(condition) for condition in groups.values()]
    found = session.execute(select(*columns).select_from(Notice)).one()
    return dict(zip(groups, found, strict=True))


def notice_in(session: Session, sight: Sight, number: int) -> Notice:
    """NotFound, in the same words, for one that nobody has and for one not shown to them."""
    found = session.scalars(select(Notice).where(Notice.id == number, sight.condition())).first()
    if found is None:
        raise NotFound(number=f"#{number}")
    return found


def objections_of(session: Session, sight: Sight, notice: Notice) -> Sequence[Objection]:
    """To those who may answer them alone, the unanswered first; their own never."""
    return session.scalars(
        select(Objection)
        .join(Notice, Notice.id == Objection.notice_id)
        .where(
            Objection.notice_id == notice.id,
            Objection.person_id != sight.person_id,
            sight.may_answer(),
        )
        .order_by(Objection.answered_at.is_not(None), Objection.answer_due_at, Objection.id)
    ).all()


def places_to_write(session: Session, sight: Sight, limit: int = 400) -> Sequence[Area]:
    """Areas for which this person may write some notice: communities, estates, grids and above."""
    places = sight.places(writers())
    if not places:
        return []
    wide = load("notices")["terms"]["area_kinds"]
    return session.scalars(
        select(Area)
        .where(Area.id.in_(_inside(places)), Area.kind.in_(wide))
        .order_by(Area.community_id, Area.kind, Area.id)
        .limit(limit)
    ).all()


def _condition(sight: Sight, wanted: Wanted) -> ColumnElement[bool]:
    found = [sight.condition(), _of_group(sight, wanted.group)]
    if wanted.kind:
        found.append(Notice.kind == wanted.kind)
    if wanted.words:
        found.append(Notice.title.contains(wanted.words, autoescape=True))
    return and_(*found)


def _of_group(sight: Sight, group: Group) -> ColumnElement[bool]:
    if group is Group.ALL:
        return Notice.state != NoticeState.WITHDRAWN
    if group is Group.TO_REVIEW:
        places = sight.places(load("notices")["posts"][REVIEWERS])
        return and_(
            Notice.state == NoticeState.DRAFT,
            Notice.author_id != sight.person_id,
            Notice.area_id.in_(_inside(places)),
        )
    if group is Group.OBJECTED:
        return select(Objection.id).where(_is_waiting(sight)).exists()
    return Notice.state == NoticeState(group)


def _is_waiting(sight: Sight) -> ColumnElement[bool]:
    """An objection that this person may answer and nobody has."""
    return and_(
        Objection.notice_id == Notice.id,
        Objection.answered_at.is_(None),
        Objection.person_id != sight.person_id,
        sight.may_answer(),
    )


def _inside(places: Collection[int]) -> Select[int]:
    return select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(places))
