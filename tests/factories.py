"""Small makers of what the tests need: the demo town, or single areas, posts and tickets."""

from datetime import UTC, datetime
from functools import partial
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
from models.sealing import new_own_key
from models.tickets import refining
from models.tickets.opening import Report, open_ticket
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests import copies

MORNING = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # a Tuesday, 9:00 in Shanghai
ESTATE = "幸福里小区"


def town(database: Database, now: datetime = MORNING) -> None:
    """The demo subdistrict in this store; one without migrations has nothing else afterwards."""
    if inspect(database.reader).has_table("alembic_version"):
        _fill(database, now)
    else:
        copies.once(database, ("town", now), partial(_fill, now=now))


def _fill(database: Database, now: datetime) -> None:
    with database.writing() as session:
        fill(session, now)


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
