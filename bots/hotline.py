"""An order of the hotline, understood as in chat: a ticket of its own, or one that tells of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs
from sqlalchemy.orm import Session

from bots import on_behalf, twins
from bots.accusation import accused_by_name
from bots.lexicon import Lexicon
from bots.likeness import Matter, likeness, signs
from bots.understand import Understanding
from config.categories import Urgency
from config.policy import load
from models.errors import DomainError, TooLate
from models.hotline import cells, orders
from models.hotline.batches import Taken
from models.hotline.cells import Order
from models.hotline.table import HotlineOrder
from models.imports.cells import CellUnfit, Row
from models.places import outer_areas
from models.tickets import lists, recording, supporting
from models.tickets.opening import Report
from models.tickets.recording import Channel
from models.tickets.table import Ticket


@dataclass(frozen=True, slots=True)
class Heard:
    """听懂的来单 — an order with what its words were understood as."""

    order: Order
    meant: Understanding


@dataclass(frozen=True, slots=True)
class Refused:
    """没有收进 — why an order stays out, in the words that its sheet is given back with."""

    reasons: tuple[str, ...]


def order_in(row: Row, source: str, at: datetime) -> Order | Refused:
    """What a row says, or why it is no order."""
    if row.problems:
        return Refused(tuple(cells.reason_of(one) for one in row.problems))
    try:
        return cells.order_of(row, source, at)
    except DomainError as refusal:
        return refused(refusal)


def refused(refusal: DomainError) -> Refused:
    return Refused((cells.reason_of(cells.problem_of(refusal)),))


def hear(order: Order, lexicon: Lexicon) -> Heard:
    """Pure. Where the address names a place, it is that; else the one of which the words tell."""
    meant = on_behalf.heard(order.all_words, lexicon)
    there = on_behalf.heard(order.place, lexicon).place if order.place else None
    if there is not None and there.estate is not None:
        spot = meant.place.spot if meant.place else None
        meant = replace(meant, place=replace(there, spot=there.spot or spot))
    if order.urgency == Urgency.URGENT and meant.urgency == Urgency.NORMAL:
        meant = replace(meant, urgency=Urgency.URGENT)
    return Heard(order, meant)


def take(
    session: Session, heard: Heard, *, by: int, at: datetime, within: int | None = None
) -> Taken:
    """Twice is once: by its number it is known, and then only changed.

    `within` bounds who brings it to an area. Raises CellUnfit for a place outside of it.
    """
    order = heard.order
    known = orders.numbered(session, order.source, order.number)
    if known is not None:
        _require_within(session, session.get_one(Ticket, known.ticket_id).area_id, within)
        is_apart = _told_apart(session, known, heard, by, at)
        is_new = orders.change(session, known, order, by=by, at=at) or is_apart
        return Taken.CHANGED if is_new else Taken.UNCHANGED
    if order.is_withdrawn:
        return Taken.UNCHANGED  # it was over before it came here
    caller_id = recording.reporter(session, order.name or "", order.phone, by=by, at=at)
    report = _report(session, heard, caller_id)
    _require_within(session, report.area_id, within)
    like = _like(session, report, at)
    if like is not None:
        orders.join(session, order, like, caller_id, by=by, at=at)
        return Taken.JOINED
    own = _own(session, report, by, at)
    orders.enter(session, order, own, caller_id, at=at)
    return Taken.ADDED


def part(session: Session, row: HotlineOrder, lexicon: Lexicon, *, by: int, at: datetime) -> Ticket:
    """The join was wrong: the order goes on with a ticket of its own.

    Raises TooLate where its caller was erased: nothing is left to say in it.
    """
    if row.words is None:
        raise TooLate(number=row.number)
    order = orders.as_brought(row)
    own = _own(session, _report(session, hear(order, lexicon), row.caller_id), by, at)
    orders.part(session, row, own, by=by, at=at)
    return own


def _report(session: Session, heard: Heard, caller_id: int) -> Report:
    order = heard.order
    return on_behalf.report_of(
        session,
        order.all_words,
        heard.meant,
        reporter_id=caller_id,
        area=None,
        is_anonymous=order.hides_caller,
    )


def _told_apart(session: Session, known: HotlineOrder, heard: Heard, by: int, at: datetime) -> bool:
    """New words that accuse who may read its ticket become one past them, as in chat."""
    order = heard.order
    ticket = supporting.main_of(session, session.get_one(Ticket, known.ticket_id))
    about = accused_by_name(order.all_words, heard.meant)
    if about in (None, ticket.about) or not orders.says_anew(known, order):
        return False
    report = _report(session, heard, known.caller_id)
    own = _own(session, structs.replace(report, about=about, hides_reporter=True), by, at)
    orders.hand_past(session, known, own, order, by=by, at=at)
    return True


def _require_within(session: Session, area_id: int | None, within: int | None) -> None:
    """Where nobody knows the place yet, it may be anywhere."""
    if within is None or area_id is None:
        return
    if within not in outer_areas(session, area_id):
        raise CellUnfit(column="place", why="outside")


def _own(session: Session, report: Report, by: int, at: datetime) -> Ticket:
    opened = recording.record(session, report, Channel.HOTLINE, "", by=by, at=at)
    return session.get_one(Ticket, opened.ticket_id)


def _like(session: Session, report: Report, at: datetime) -> Ticket | None:
    """The caller's own open ticket, else a neighbour's, that tells of the same matter.

    What accuses somebody joins none: who brings the order would learn that others complain, too.
    """
    if report.about is not None or report.urgency == Urgency.EMERGENCY or report.area_id is None:
        return None
    own = signs(_matter(report.text, report, at))
    mine = lists.open_reported_by(session, report.reporter_id)
    twin = twins.twin_of_report(session, report, at)
    others = [session.get_one(Ticket, twin["ticket_id"])] if twin else []
    enough = load("hotline")["joining"]["from"]
    return next(
        (
            one
            for one in (*mine, *others)
            if one.about is None
            and likeness(own, signs(_matter(one.text or "", one, one.opened_at))) >= enough
        ),
        None,
    )


def _matter(text: str, told: Report | Ticket, at: datetime) -> Matter:
    words = dict(told.evidence)
    return Matter(text, told.category, told.subcategory, words, told.place_name, at)
