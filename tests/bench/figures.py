"""The page of the three rates over a community with 100,000 tickets, through the whole web app."""

import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.house import open_database
from app.logs import Numbers
from app.wsgi import make_pages
from config.categories import CATEGORIES, Intent, Urgency
from config.settings import Settings
from models.base import Database
from models.companies import company_named, sign
from models.metrics import rollups
from models.places import Area, AreaKind, add_area
from models.posts import Post, Role
from models.ticket_flow import Level, Outcome, State
from models.tickets.table import About, Ticket
from tests.app.visitor import House, Visitor
from tests.bench.bulk import bring, settle_down
from tests.bench.town import Case, settings_of, town

TICKETS = 100_000
BUILDINGS = 120
DAYS = 400
OPEN_SHARE = 0.02
ASKED = 15
CHUNK = 2000
COMMUNITY = "第0社区"
ENDS = (Outcome.FIXED,) * 8 + (Outcome.CANNOT_FIX, Outcome.NOT_OURS)
PAGES = {
    **{f"by_{axis}": f"?period=year&by={axis}" for axis in ("building", "grid", "estate")},
    **{f"by_{axis}": f"?period=year&by={axis}" for axis in ("category", "team", "level")},
    **{f"by_{axis}": f"?period=year&by={axis}" for axis in ("company", "complained_of", "day")},
    "this_month": "?period=month&by=building",
    "list_of_all": "/list?period=year&what=opened",
    "list_of_few": "/list?period=year&what=returned&by=category&part=pets",
    "list_of_none": "/list?period=year&what=duplicate",
}


def run() -> Iterator[dict[str, Any]]:
    for case in (Case("sqlite", "FULL"), Case("postgresql")):
        with town(case, residents=100) as environment:
            settings = settings_of(environment)
            database = open_database(settings)
            now = datetime.now(UTC)
            fill(database, TICKETS, now)
            yield from asked(case, database, settings, now)
            database.dispose()


def fill(database: Database, many: int, now: datetime) -> None:
    chance = Random(2026)
    with database.writing() as session:
        places, posts = _settle(session, now)
        reporter = session.scalars(select(Post.person_id)).first()
    times = sorted(now - timedelta(minutes=chance.randrange(DAYS * 24 * 60)) for _ in range(many))
    for first in range(0, many, CHUNK):
        rows = [
            ticket_row(chance, places, posts, reporter, at) for at in times[first : first + CHUNK]
        ]
        with database.writing() as session:
            bring(session, Ticket, rows)
    taken = CHUNK
    while taken == CHUNK:
        with database.writing() as session:
            taken = rollups.roll_up(session, now, CHUNK)
    settle_down(database)


def _settle(session: Session, now: datetime) -> tuple[list[Area], list[int]]:
    """A third estate, so that there are as many buildings as tickets call for; and contracts."""
    community = session.scalars(select(Area).where(Area.name == COMMUNITY)).one()
    estate = add_area(session, AreaKind.ESTATE, "东苑", within=[community])
    for number in range(1, BUILDINGS - 37):
        add_area(session, AreaKind.BUILDING, f"{number}号楼", within=[estate], number=str(number))
    inside = select(Area).where(Area.community_id == community.id)
    for one in session.scalars(inside.where(Area.kind == AreaKind.ESTATE)).all():
        company = company_named(session, f"{one.name}的物业公司")
        began = (now - timedelta(days=DAYS // 2)).date()
        sign(session, company, one, began, None, by=None, at=now)
    posts = session.scalars(
        select(Post.id).where(Post.role.in_([Role.GRID_WORKER, Role.PROPERTY_STAFF]))
    )
    buildings = session.scalars(inside.where(Area.kind == AreaKind.BUILDING)).all()
    return list(buildings), list(posts)


def ticket_row(
    chance: Random, places: Sequence[Any], posts: list[int], reporter: int | None, at: datetime
) -> dict[str, Any]:
    where = chance.choice(places)
    is_open = chance.random() < OPEN_SHARE
    is_rated = not is_open and chance.random() < 0.6
    return {
        "account": "main",
        "reporter_id": reporter,
        "text": "楼下有人乱停车，通道堵住了，请帮忙看看，已经两天了。",
        "category": chance.choice(sorted(CATEGORIES)),
        "urgency": Urgency.NORMAL,
        "intent": Intent.REPORT,
        "confidence": 0.9,
        "evidence": [["停车", 2.0], ["通道", 1.0]],
        "about": About.PROPERTY if chance.random() < 0.03 else None,
        "area_id": where.id,
        "community_id": where.community_id,
        "place_name": where.name,
        "state": State.ACCEPTED if is_open else State.ARCHIVED,
        "level": chance.choice(list(Level)),
        "outcome": None if is_open else chance.choice(ENDS),
        "result": None if is_open else "已处理",
        "owner_post_id": chance.choice(posts),
        "opened_at": at,
        "accept_due_at": at + timedelta(hours=4),
        "resolve_due_at": at + timedelta(days=5),
        "resolved_at": None if is_open else at + timedelta(days=1),
        "ended_at": None if is_open else at + timedelta(days=1),
        "is_answered_late": chance.random() < 0.1,
        "is_resolved_late": None if is_open else chance.random() < 0.1,
        "is_solved": True if is_rated else None,
        "stars": chance.randrange(1, 6) if is_rated else None,
        "rated_at": at + timedelta(days=2) if is_rated else None,
        "returns": int(chance.random() < 0.01),
    }


def asked(
    case: Case, database: Database, settings: Settings, now: datetime
) -> Iterator[dict[str, Any]]:
    house = House(database, now, settings)
    name = house.account("subdistrict_staff")
    house.app = make_pages(settings, database, Numbers(0))
    visitor = Visitor(house)
    assert visitor.sign_in(name).status_code == 302
    with database.reading() as session:
        area_id = session.scalars(select(Area.id).where(Area.name == COMMUNITY)).one()
    for page, query in PAGES.items():
        waits = sorted(
            _wait(visitor, f"/console/figures{query}&area={area_id}") for _ in range(ASKED)
        )
        yield {
            "name": f"figures_{page}",
            "store": case.store,
            "synchronous": case.synchronous,
            "ratio": None,
            "rate": None,
            "baseline_rate": None,
            "p50_ms": round(statistics.median(waits), 1),
            "p99_ms": round(waits[-1], 1),
            "errors": 0,
            "n": TICKETS,
        }


def _wait(visitor: Visitor, address: str) -> float:
    began = time.perf_counter()
    answer = visitor.get(address)
    waited = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, answer.status
    return waited
