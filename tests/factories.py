"""Small makers of what the tests need: the demo town, or single areas, posts and tickets."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.demo_data import fill
from config.categories import Intent, Urgency
from models.base import Database
from models.homes import Home, HomeState
from models.people import Identity, Person
from models.places import Area, AreaKind, add_area, full_name
from models.posts import Post, Role
from models.sealing import KEYRING, new_own_key
from models.tickets import refining
from models.tickets.opening import Report, open_ticket
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.copies import PostgresqlCopy, SqliteCopy, copy_of

MORNING = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # a Tuesday, 9:00 in Shanghai
ESTATE = "幸福里小区"


# The demo subdistrict as it was filled first, by store, moment and data key of personal columns.
_towns: dict[tuple[bool, datetime, str], SqliteCopy | PostgresqlCopy] = {}


def town(database: Database, now: datetime = MORNING) -> None:
    """The demo subdistrict in this store; one without migrations has nothing else afterwards.

    It is filled once and then copied, in a tenth of the time.
    """
    is_copied = not inspect(database.reader).has_table("alembic_version")
    kept = database.is_sqlite, now, KEYRING.search_hash("")
    if is_copied and kept in _towns:
        _towns[kept].put_into(database)
        return
    with database.writing() as session:
        fill(session, now)
    if is_copied:
        _towns[kept] = copy_of(database)


def area(session: Session, kind: AreaKind, name: str, **more: Any) -> Area:
    return add_area(session, kind, name, **more)


def area_named(session: Session, name: str) -> Area:
    return session.scalars(select(Area).where(Area.name == name)).one()


def building(session: Session, number: int = 3, estate: str = ESTATE) -> Area:
    inside = select(Area.id).where(Area.name == estate).scalar_subquery()
    return session.scalars(
        select(Area).where(
            Area.estate_id == inside, Area.kind == AreaKind.BUILDING, Area.number == str(number)
        )
    ).one()


def person(session: Session, name: str = "居民A", now: datetime = MORNING) -> Person:
    made = Person(name=name, own_key=new_own_key(), created_at=now)
    session.add(made)
    session.flush()
    return made


def demo_person(session: Session, role: str, count: int = 1) -> int:
    """The id of demo-<role>-<count>."""
    return session.scalars(
        select(Identity.person_id).where(Identity.openid == f"demo-{role}-{count}")
    ).one()


def actor(session: Session, role: str, count: int = 1) -> Actor:
    return Actor(demo_person(session, role, count))


def post(session: Session, role: Role, where: Area, who: int | None = None, **more: Any) -> Post:
    """A post of this person, or of somebody new."""
    made = Post(
        person_id=who or person(session, role).id,
        role=role,
        area_id=where.id,
        since=more.pop("since", MORNING),
        **more,
    )
    session.add(made)
    session.flush()
    return made


def post_of(session: Session, role: str, count: int = 1) -> Post:
    """The post of demo-<role>-<count>."""
    who = demo_person(session, role, count)
    return session.scalars(select(Post).where(Post.person_id == who, Post.role == role)).one()


def home(session: Session, who: int, where: Area, now: datetime = MORNING) -> Home:
    made = Home(
        person_id=who,
        area_id=where.id,
        state=HomeState.VERIFIED,
        claimed_at=now,
        answered_at=now,
        answered_by=who,
    )
    session.add(made)
    session.flush()
    return made


def ticket(
    session: Session,
    where: Area | None,
    now: datetime = MORNING,
    *,
    reporter: int | None = None,
    category: str = "noise",
    **more: Any,
) -> Ticket:
    """A matter reported by demo-resident-1, unless told otherwise."""
    report = {
        "account": "main",
        "reporter_id": reporter or demo_person(session, "resident"),
        "text": "楼上装修太吵了",
        "category": category,
        "subcategory": None,
        "urgency": Urgency.NORMAL,
        "intent": Intent.REPORT,
        "confidence": 0.9,
        "area_id": where.id if where else None,
        "community_id": refining.community_of(where) if where else None,
        "place_name": full_name(session, where.id) if where else None,
        **more,
    }
    opened = open_ticket(session, Report(**report), now)
    return session.get_one(Ticket, opened.ticket_id)
