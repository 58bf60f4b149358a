"""The routes of the interface as a table: what each takes, gives, needs and may refuse."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from apiflask.schemas import FileSchema
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.office import Office
from config.policy import load
from models.outside_table import OutsideSystem
from models.people import Identity

# Returns what is given back; or a DomainError, which is answered once what was done is kept.
Work = Callable[[Session], Any]
View = Callable[..., Any]  # of a route that ASKS, what is given; of the others, Work


JPEG = FileSchema(type="string", format="binary")
Gives = type[BaseModel] | FileSchema | None


class Kind(StrEnum):
    """种类 — what a route does to the store, and so how often it may be asked the same."""

    READS = "reads"  # nothing is changed; an ETag spares what is known
    ACTS = "acts"  # once for each Idempotency-Key
    SETS = "sets"  # twice the same is the same
    ASKS = "asks"  # nothing is kept: what is sent is too long or too private for an address


class Gate(StrEnum):
    """门 — who may come in."""

    ANYBODY = "anybody"
    RESIDENT = "resident"
    SYSTEM = "system"  # an outside one, by its key


@dataclass(frozen=True, slots=True)
class Call:
    """请求 — one request: the house, the moment, and who asks."""

    office: Office
    now: datetime
    holder: Identity | None
    token: str
    system: OutsideSystem | None = None  # whose key it is, if it is no person's token

    @property
    def who(self) -> Identity:
        """Who asks; routes open to anybody must not."""
        assert self.holder is not None
        return self.holder


@dataclass(frozen=True, slots=True)
class Route:
    """接口 — one address and method of the interface, with all that is promised of it."""

    method: str
    rule: str
    view: View
    kind: Kind
    gate: Gate
    gives: Gives
    takes: type[BaseModel] | None
    takes_in: str  # json, query or files
    status: int
    refuses: tuple[str, ...]  # names of config/problems.toml
    limit: str  # of one address, beside what all routes have; empty: none

    @property
    def name(self) -> str:
        return self.view.__name__

    @property
    def noun(self) -> str:
        return self.view.__module__.rpartition(".")[2]

    @property
    def example(self) -> dict[str, Any] | None:
        """A body that is taken, as config/api.toml has it."""
        found: dict[str, Any] | None = load("api")["examples"].get(self.name)
        return found

    @property
    def has_key(self) -> bool:
        return self.kind is Kind.ACTS and self.gate is Gate.RESIDENT


ROUTES: list[Route] = []


def reads(
    rule: str, *, gives: Gives, query: type[BaseModel] | None = None, **more: Any
) -> Callable[[View], View]:
    return _enter("GET", rule, Kind.READS, gives=gives, takes=query, takes_in="query", **more)


def acts(rule: str, **more: Any) -> Callable[[View], View]:
    return _enter("POST", rule, Kind.ACTS, **{"status": 201} | more)


def asks(rule: str, **more: Any) -> Callable[[View], View]:
    return _enter("POST", rule, Kind.ASKS, **more)


def sets(rule: str, *, method: str = "PUT", **more: Any) -> Callable[[View], View]:
    return _enter(method, rule, Kind.SETS, **more)


def _enter(
    method: str,
    rule: str,
    kind: Kind,
    *,
    gives: Gives = None,
    takes: type[BaseModel] | None = None,
    takes_in: str = "json",
    gate: Gate = Gate.RESIDENT,
    status: int = 200,
    refuses: tuple[str, ...] = (),
    limit: str = "",
) -> Callable[[View], View]:
    def entered(view: View) -> View:
        ROUTES.append(
            Route(
                *(method, rule, view, kind, gate, gives, takes, takes_in),
                *(status, refuses, limit),
            )
        )
        return view

    return entered
