"""What staff see of the hotline: orders whose tickets they may see, results that are to go back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from models.errors import NotAllowed, NotFound
from models.hotline import results
from models.hotline.results import NOT_HANDED, Result
from models.hotline.table import HotlineOrder
from models.roster import rights
from models.roster.rights import Right
from models.tickets.sight import sight_of
from models.tickets.table import Ticket

PAGE = 500


class Which(StrEnum):
    """要哪些 — what has not gone back yet, or all of the period once more."""

    NEW = "new"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """要交回的 — results of one source; a period that is left out narrows nothing."""

    source: str
    which: Which = Which.NEW
    first: datetime | None = None
    before: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        yield HotlineOrder.source == self.source
        if self.which == Which.NEW:
            yield NOT_HANDED
        if self.first is not None:
            yield results.ended_at >= self.first
        if self.before is not None:
            yield results.ended_at < self.before


@dataclass(frozen=True, slots=True)
class Carried:
    """一件热线工单 — an order and the ticket in which its matter goes on."""

    order: HotlineOrder
    ticket: Ticket


def require(session: Session, by: int, at: datetime) -> None:
    """Raises NotAllowed."""
    if not rights.places_of(session, Right.HOTLINE, by, at):
        raise NotAllowed(number="hotline")


def all_results(session: Session, by: int, wanted: Wanted, at: datetime) -> Iterator[Result]:
    """Of tickets that this person may see."""
    conditions = (*wanted.conditions(), sight_of(session, by, at).condition())
    after = 0
    while page := results.found(session, *conditions, after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def waiting(session: Session, by: int, source: str, at: datetime) -> int:
    conditions = (HotlineOrder.source == source, sight_of(session, by, at).condition())
    return results.waiting(session, *conditions)


def orders(
    session: Session, by: int, before: int | None, limit: int, at: datetime
) -> Sequence[Carried]:
    """The latest brought first, as far as this person may see their tickets."""
    seen = results.carried().add_columns(Ticket).where(sight_of(session, by, at).condition())
    if before is not None:
        seen = seen.where(HotlineOrder.id < before)
    rows = session.execute(seen.order_by(HotlineOrder.id.desc()).limit(limit))
    return [Carried(order, ticket) for order, ticket in rows]


def order_in(session: Session, order_id: int, by: int, at: datetime) -> HotlineOrder:
    """NotFound, in the same words, for a number nobody has and for one that is not theirs."""
    mine = sight_of(session, by, at).condition()
    found: HotlineOrder | None = session.scalars(
        results.carried().where(HotlineOrder.id == order_id, mine)
    ).first()
    if found is None:
        raise NotFound(number=str(order_id))
    return found
