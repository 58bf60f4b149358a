"""Who stands on the roll and also writes, as two: found, and asked about."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    UniqueConstraint,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models import dispatch, events, on_duty
from models.base import Base
from models.errors import NotFound
from models.events import Fact
from models.homes import LIVING, Home
from models.people import Identity, Person
from models.posts import Post, Role
from models.roster import rights

KEEPERS = (Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF)  # who is asked, in this order
MOST_SHOWN = 50


class Double(Base):
    """疑似同一人 — somebody entered by staff and somebody who writes: whether they are one."""

    __tablename__ = "doubles"

    id: Mapped[int] = mapped_column(primary_key=True)
    entered_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    writing_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    is_same: Mapped[bool | None]

    __table_args__ = (
        UniqueConstraint("entered_id", "writing_id"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)"
            " AND (answered_at IS NULL) = (is_same IS NULL)",
            name="answer_is_whole",
        ),
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """疑似一对 — whom staff entered, and whom the chat knows."""

    entered: Person
    writing: Person

    @property
    def ids(self) -> tuple[int, int]:
        return self.entered.id, self.writing.id


@dataclass(frozen=True, slots=True)
class _Lives:
    person: Person
    home: Home
    writes: bool


def ask_of_buildings(
    session: Session, building_ids: Collection[int], at: datetime, *, by: int | None = None
) -> None:
    """The same door or the same name in one of these buildings."""
    _ask(session, {pair.ids for pair in _of_one_building(session, building_ids)}, at, by)


def ask_of_phone(session: Session, person: Person, at: datetime, *, by: int | None = None) -> None:
    """The same number as this person's."""
    if person.phone_hash is not None:
        _ask(session, {pair.ids for pair in _of_one_phone(session, person)}, at, by)


def waiting(
    session: Session, places: Collection[int], person_id: int | None = None
) -> Sequence[Pair]:
    """Asked and not answered, of those who both live or serve within these areas; oldest first."""
    entered, writing = aliased(Person), aliased(Person)
    within = rights.inside(places)
    is_inside = [
        or_(
            exists().where(
                Home.person_id == one.id, Home.state.in_(LIVING), Home.area_id.in_(within)
            ),
            exists().where(Post.person_id == one.id, Post.area_id.in_(within)),
        )
        for one in (entered, writing)
    ]
    found = (
        select(entered, writing)
        .select_from(Double)
        .join(entered, entered.id == Double.entered_id)
        .join(writing, writing.id == Double.writing_id)
        .where(
            Double.answered_at.is_(None),
            entered.merged_into.is_(None),
            writing.merged_into.is_(None),
            *is_inside,
        )
        .order_by(Double.id)
        .limit(MOST_SHOWN)
    )
    if person_id is not None:
        found = found.where(or_(Double.entered_id == person_id, Double.writing_id == person_id))
    return [Pair(one, other) for one, other in session.execute(found)]


def find(session: Session, places: Collection[int], one_id: int, other_id: int) -> Pair:
    """NotFound, in the same words, for two nobody was asked about, outsiders, and nobody."""
    for pair in waiting(session, places, one_id):
        if set(pair.ids) == {one_id, other_id}:
            return pair
    raise NotFound(number=str(other_id))


def _ask(
    session: Session, pairs: Collection[tuple[int, int]], at: datetime, by: int | None
) -> None:
    """Who keeps the register is asked about each pair once."""
    new = sorted(set(pairs) - _asked(session, pairs))
    if not new:
        return
    session.add_all(Double(entered_id=one, writing_id=other, asked_at=at) for one, other in new)
    session.flush()
    for keeper, persons in _by_keeper(session, new, at).items():
        events.record(
            session,
            Fact(
                verb="double_found",
                subject_kind="person",
                subject_id=persons[0],
                at=at,
                actor_id=by,
                parties={"keeper": [keeper]},
                context={"count": len(persons)},
            ),
        )


def _of_one_building(session: Session, building_ids: Collection[int]) -> Iterator[Pair]:
    rows = session.execute(
        select(Person, Home, exists().where(Identity.person_id == Person.id))
        .join(Home, Home.person_id == Person.id)
        .where(Home.area_id.in_(building_ids), Home.state.in_(LIVING), Person.merged_into.is_(None))
        .order_by(Home.id)
    )
    living: dict[int, list[_Lives]] = defaultdict(list)
    for person, home, writes in rows:
        living[home.area_id].append(_Lives(person, home, writes))
    for neighbours in living.values():
        for one in (each for each in neighbours if each.writes):
            for other in (each for each in neighbours if not each.writes):
                if _fit(one, other):
                    yield Pair(other.person, one.person)


def _fit(one: _Lives, other: _Lives) -> bool:
    """The same door and no other name, or the same name and no other door."""
    names = {each.person.name for each in (one, other) if each.person.name}
    doors = {each.home.room for each in (one, other) if each.home.room}
    if len(names) > 1 or len(doors) > 1:
        return False
    is_same_door = one.home.room is not None and one.home.room == other.home.room
    return is_same_door or one.person.name == other.person.name is not None


def _of_one_phone(session: Session, person: Person) -> Iterator[Pair]:
    writes = exists().where(Identity.person_id == Person.id)
    rows = session.execute(
        select(Person, writes).where(
            Person.phone_hash == person.phone_hash, Person.merged_into.is_(None)
        )
    ).all()
    entered = [one for one, writing in rows if not writing]
    for one in (each for each, writing in rows if writing):
        yield from (Pair(other, one) for other in entered)


def _asked(session: Session, pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these pairs somebody was asked about already."""
    writing = {other for _, other in pairs}
    rows = session.execute(
        select(Double.entered_id, Double.writing_id).where(Double.writing_id.in_(writing))
    )
    return {(one, other) for one, other in rows}


def _by_keeper(
    session: Session, pairs: Collection[tuple[int, int]], at: datetime
) -> dict[int, list[int]]:
    """Who keeps the register where they live → whom they are asked about."""
    homes = select(Home.person_id, Home.area_id).where(
        Home.person_id.in_({other for _, other in pairs}), Home.state.in_(LIVING)
    )
    lives = {one.person_id: one.area_id for one in session.execute(homes.order_by(Home.is_usual))}
    loads = dispatch.loads(session)
    asked: dict[int, list[int]] = defaultdict(list)
    for entered, writing in pairs:
        if writing not in lives:
            continue
        holders = on_duty.holders_at(session, lives[writing], at)
        keeper = dispatch.holder_of(holders, KEEPERS, loads, barred=frozenset((entered, writing)))
        if keeper is not None:
            asked[keeper.person_id].append(entered)
    return asked
