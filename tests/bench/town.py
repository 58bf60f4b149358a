"""A demo subdistrict with thousands of residents, each with a home, to push from."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import demo_data
from models.accounts import MAIN
from models.base import Database
from models.homes import Home, HomeState
from models.migrate import migrate
from models.people import Identity, Person
from models.places import Area, AreaKind
from models.sealing import new_own_key

CHUNK = 1000


def openid_of(number: int) -> str:
    """As long as WeChat's own."""
    return f"oBench{number:022d}"


def settle(database: Database, residents: int, now: datetime) -> None:
    """An up-to-date store with the demo subdistrict and so many residents over its buildings."""
    migrate(database)
    with database.writing() as session:
        demo_data.fill(session, now)
        buildings = session.scalars(
            select(Area.id)
            .where(Area.kind == AreaKind.BUILDING, Area.estate_id.is_not(None))
            .order_by(Area.id)
        ).all()
        for first in range(0, residents, CHUNK):
            numbers = range(first, min(first + CHUNK, residents))
            _move_in(session, numbers, buildings, now)


def _move_in(session: Session, numbers: range, buildings: list[int], now: datetime) -> None:
    people = session.scalars(
        insert(Person).returning(Person.id, sort_by_parameter_order=True),
        [{"own_key": new_own_key(), "created_at": now} for _ in numbers],
    ).all()
    settled = list(zip(numbers, people, strict=True))
    session.execute(
        insert(Identity),
        [
            {"account": MAIN, "openid": openid_of(number), "person_id": person, "created_at": now}
            for number, person in settled
        ],
    )
    session.execute(
        insert(Home),
        [
            {
                "person_id": person,
                "area_id": buildings[number % len(buildings)],
                "room": f"{number // len(buildings) % 30 + 1}01",
                "state": HomeState.CLAIMED,
                "claimed_at": now,
            }
            for number, person in settled
        ],
    )
