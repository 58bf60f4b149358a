"""Lists that can be taken away as sheets. How one is added:

1. its title, headings and roles into config/exports.toml under its name;
2. `@listing("name")` over a class in a module that `MODULES` names, with the methods of `Listing`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from config.policy import load
from jobs.sheets import Value
from models.base import Database
from models.errors import NotAllowed
from models.localtime import local
from models.posts import Role

MODULES = (
    *("tickets", "people", "areas", "access_log", "notices", "messages"),
    *("operations", "hazards", "legacy", "supervisions", "projects"),
)
PAGE = 500
MOST_COUNTED = 1_000_000

Query = Mapping[str, str]


class Listing(Protocol):
    """清单 — one list: which conditions of an address it knows, how many rows it has, and they."""

    keys: Sequence[str]

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        """As many as this person sees, up to `most`."""
        ...

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        """Up to PAGE rows beyond `after` (0: the first), and where to go on, if anywhere."""
        ...


LISTINGS: dict[str, Listing] = {}

Kind = TypeVar("Kind", bound=type[Any])


def listing(name: str) -> Callable[[Kind], Kind]:
    def register(kind: Kind) -> Kind:
        if name not in load("exports"):
            raise LookupError(f"{name} is missing in config/exports.toml")
        LISTINGS[name] = kind()
        return kind

    return register


def find(name: str) -> Listing | None:
    for module in MODULES:
        import_module(f"jobs.listings.{module}")
    return LISTINGS.get(name)


def headings(name: str) -> Sequence[str]:
    found: Sequence[str] = load("exports")[name]["headings"]
    return found


def title(name: str) -> str:
    return str(load("exports")[name]["title"])


def roles(name: str) -> frozenset[Role]:
    """Who may take the list away at all; which rows of it, each list knows itself."""
    return frozenset(Role(one) for one in load("exports")[name]["roles"])


def all_rows(
    database: Database, name: str, person_id: int, query: Query, now: datetime
) -> Iterator[Sequence[Value]]:
    """Page by page, each in a short look of its own: whoever writes waits for none of it."""
    found = find(name)
    if found is None:
        raise NotAllowed(number=name)
    after: int | None = 0
    while after is not None:
        with database.reading() as session:
            rows, after = found.page(session, person_id, query, now, after)
        yield from rows


def moment(at: datetime | None) -> str:
    """As spreadsheets sort it."""
    return f"{local(at):%Y-%m-%d %H:%M}" if at else ""


def word(key: str | None, table: str) -> str:
    return str(load("labels")[table][key]) if key else ""
