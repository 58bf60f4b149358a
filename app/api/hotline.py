"""The 12345 hotline as a system: orders in, results out, each handed over once it is acknowledged.

Its key stands where a resident's token stands, and says what it may do and where.
"""

from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import Field
from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Session

from app.api.paging import next_cursor, position
from app.api.refusals import NotSignedIn
from app.api.routes import Call, Gate, Work, reads, sets
from app.api.schemas import Given, Moment, PageQuery, Sent
from bots import hotline
from bots.hotline import Heard, Refused
from config.policy import load
from models import outside_systems
from models.errors import DomainError, StoreBusy
from models.hotline import cells, results
from models.hotline.batches import Taken
from models.hotline.cells import Order
from models.hotline.desk import Wanted, Which
from models.hotline.orders import BroughtMeanwhile
from models.hotline.results import Result
from models.hotline.table import HotlineOrder
from models.imports.cells import Row
from models.outside_systems import Power
from models.outside_table import OutsideSystem
from models.tickets.table import Ticket

MOST = load("hotline")["api"]["most"]
SOURCE = load("hotline")["default_source"]
REFUSES = ("not_signed_in", "not_allowed")

PLAIN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"  # no signs that no keyboard sends
Text = Annotated[str, Field(max_length=cells.LONGEST_WORDS, pattern=PLAIN)]
OrderNumber = Annotated[str, Field(min_length=1, max_length=50, pattern=PLAIN)]


class OrderIn(Sent):
    """来单 — one order in the words of the hotline's sheets; what is left out stays as it was."""

    number: OrderNumber
    text: Text
    title: Text | None = None
    called_at: Text | None = None
    name: Text | None = None
    phone: Text | None = None
    place: Text | None = None
    estate: Text | None = None
    urgency: Text | None = None
    due_at: Text | None = None
    urges: Annotated[int, Field(ge=0, le=999, strict=True)] | None = None
    state: Text | None = None
    hides: Text | None = None


class OrdersIn(Sent):
    """一批来单 — as many as go into one transaction."""

    orders: Annotated[list[OrderIn], Field(min_length=1, max_length=MOST)]


class OrderOut(Given):
    """收单结果 — what became of one order, and why where it was refused."""

    number: str
    taken: Taken
    reasons: list[str]


class OrdersOut(Given):
    """一批收单结果 — in the order in which they came."""

    orders: list[OrderOut]


class ResultsQuery(PageQuery):
    """查结果 — those that were not acknowledged yet, or all once more."""

    which: Which = Which.NEW


class ResultOut(Given):
    """办理结果 — how an order ended; `changed_at` goes into its acknowledgement."""

    number: str
    ticket_id: int
    outcome: str
    words: str | None
    ended_at: datetime
    changed_at: datetime
    is_solved: bool | None
    stars: int | None


class ResultsOut(Given):
    """一页办理结果 — the longest ended first."""

    results: list[ResultOut]
    next: str | None


class AcknowledgementIn(Sent):
    """签收 — of one result as it was read."""

    number: OrderNumber
    changed_at: Moment


class AcknowledgementsIn(Sent):
    """一批签收 — what changed since it was read stays to be fetched."""

    results: Annotated[list[AcknowledgementIn], Field(min_length=1, max_length=MOST)]


class AcknowledgedOut(Given):
    """签收结果 — how many there were that fit."""

    acknowledged: int


@sets(
    "/hotline/orders",
    method="POST",
    takes=OrdersIn,
    gives=OrdersOut,
    gate=Gate.SYSTEM,
    refuses=REFUSES,
)
def bring_orders(call: Call, body: OrdersIn) -> Work:
    """Bring orders of the hotline: each is answered by itself, and twice is once by its number."""
    lexicon = call.office.lexicon()
    read = [hotline.order_in(_row(one), SOURCE, call.now) for one in body.orders]
    heard = [hotline.hear(one, lexicon) if isinstance(one, Order) else one for one in read]

    def work(session: Session) -> OrdersOut:
        system = _system(session, call)
        answers = [_taken(session, call, system, one) for one in heard]
        return OrdersOut(
            orders=[
                OrderOut(number=one.number, taken=taken, reasons=reasons)
                for one, (taken, reasons) in zip(body.orders, answers, strict=True)
            ]
        )

    return work


@reads(
    "/hotline/results",
    query=ResultsQuery,
    gives=ResultsOut,
    gate=Gate.SYSTEM,
    refuses=(*REFUSES, "cursor_unfit"),
)
def hotline_results(call: Call, query: ResultsQuery) -> Work:
    """What became of the orders: each until it is acknowledged, and again when it has changed."""
    after = position(call, query) or 0

    def work(session: Session) -> ResultsOut:
        conditions = _of(session, _system(session, call), query.which)
        found = results.found(session, *conditions, after=after, limit=query.limit + 1)
        return ResultsOut(
            results=[_result(one) for one in found[: query.limit]],
            next=next_cursor(call, query, found),
        )

    return work


@sets(
    "/hotline/acknowledgements",
    method="POST",
    takes=AcknowledgementsIn,
    gives=AcknowledgedOut,
    gate=Gate.SYSTEM,
    refuses=REFUSES,
)
def acknowledge_results(call: Call, body: AcknowledgementsIn) -> Work:
    """Say which results have arrived; what changed since it was read stays to be fetched."""
    read = {one.number: one.changed_at for one in body.results}

    def work(session: Session) -> AcknowledgedOut:
        conditions = _of(session, _system(session, call), Which.ALL)
        mine = HotlineOrder.number.in_(read)
        found = results.found(session, *conditions, mine, after=0, limit=MOST)
        fitting = [results.acknowledge(session, one, read[one.number]) for one in found]
        return AcknowledgedOut(acknowledged=sum(fitting))

    return work


def _system(session: Session, call: Call) -> OutsideSystem:
    """Raises NotSignedIn for a key that opens nothing any more, NotAllowed for another door's."""
    system = outside_systems.holder_of(session, call.token, call.now)
    if system is None:
        raise NotSignedIn
    outside_systems.require(system, Power.HOTLINE)
    return system


def _row(sent: OrderIn) -> Row:
    """Read by the columns of the sheets, so that a cell means the same here."""
    told = sent.model_dump(exclude_unset=True)
    said = {key: "" if value is None else str(value).strip() for key, value in told.items()}
    headings = [cells.heading_of(key) for key in said]
    [row] = cells.read([(0, headings), (1, list(said.values()))])
    return row


def _taken(
    session: Session, call: Call, system: OutsideSystem, heard: Heard | Refused
) -> tuple[Taken, list[str]]:
    if isinstance(heard, Refused):
        return Taken.REFUSED, list(heard.reasons)
    take = partial(_take, session, call, system, heard)
    try:
        try:
            return take(), []
        except BroughtMeanwhile:
            return take(), []
    except StoreBusy:
        raise
    except DomainError as refusal:
        return Taken.REFUSED, list(hotline.refused(refusal).reasons)


def _take(session: Session, call: Call, system: OutsideSystem, heard: Heard) -> Taken:
    """In a savepoint of its own: one that stays out leaves nothing behind."""
    by, within = system.added_by, system.area_id
    with session.begin_nested():
        return hotline.take(session, heard, by=by, at=call.now, within=within)


def _of(session: Session, system: OutsideSystem, which: Which) -> tuple[ColumnElement[bool], ...]:
    """Of its area; what nobody could place belongs to whoever brought it."""
    is_lost = and_(Ticket.area_id.is_(None), outside_systems.not_about_its_own(session, system))
    is_near = or_(is_lost, outside_systems.sees(session, system))
    return (*Wanted(SOURCE, which).conditions(), is_near)


def _result(one: Result) -> ResultOut:
    return ResultOut.model_validate(one, from_attributes=True)
