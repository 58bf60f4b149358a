"""The 12345 hotline as a system: orders in, results out, each handed over once it is acknowledged.

Its key stands where a resident's token stands, and says what it may do and where.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field
from sqlalchemy import or_
from sqlalchemy.orm import Session

from app.api.paging import next_cursor, position
from app.api.refusals import NotSignedIn
from app.api.routes import Call, Gate, Work, reads, sets
from app.api.schemas import Given, PageQuery, Sent, Words
from bots import hotline
from bots.hotline import Heard
from config.policy import load
from models import outside_systems
from models.errors import DomainError, NotAllowed, StoreBusy
from models.hotline import cells, results
from models.hotline.batches import Taken
from models.hotline.desk import Wanted, Which
from models.hotline.results import After, Result
from models.imports.cells import Row
from models.outside_systems import Power
from models.outside_table import OutsideSystem
from models.tickets.table import Ticket

MOST = load("hotline")["api"]["most"]
SOURCE = load("hotline")["default_source"]
REFUSES = ("not_signed_in", "not_allowed")

Text = Annotated[str, Field(max_length=cells.LONGEST_WORDS)]
OrderNumber = Annotated[str, Field(min_length=1, max_length=50)]


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
    urges: Annotated[int, Field(ge=0, le=999)] | None = None
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
    changed_at: AwareDatetime


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
    gate=Gate.ANYBODY,
    refuses=REFUSES,
    example={"orders": [{"number": "20260303000017", "text": "路灯坏了", "estate": "幸福里小区"}]},
)
def bring_orders(call: Call, body: OrdersIn) -> Work:
    """Bring orders of the hotline: each is answered by itself, and twice is once by its number."""
    rows = [_row(count, one) for count, one in enumerate(body.orders)]
    heard = [_heard(call, one) for one in rows]

    def work(session: Session) -> OrdersOut | DomainError:
        system = _system(session, call)
        if isinstance(system, DomainError):
            return system
        taken = [_taken(session, call, system, row, one) for row, one in zip(rows, heard, strict=True)]
        return OrdersOut(
            orders=[
                OrderOut(number=one.number, taken=verdict, reasons=reasons)
                for one, (verdict, reasons) in zip(body.orders, taken, strict=True)
            ]
        )

    return work
