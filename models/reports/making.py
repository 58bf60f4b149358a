"""Which reports are due, what was said in their days, and the rows they are kept as."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.policy import load
from models.localtime import local
from models.metrics.conditions import reported_at
from models.metrics.figures import in_community, place_of
from models.metrics.periods import Period, Span, holding
from models.places import Area, AreaKind, inner_areas
from models.reports.table import Edition, Report, Subscription, Wish
from models.ticket_flow import State
from models.tickets.table import Ticket

BATCH = 1000


class Said(NamedTuple):
    """一句话 — what one matter was about in its reporter's words."""

    ticket_id: int
    reporter_id: int
    text: str


def period_over(edition: Edition, now: datetime) -> Period:
    """The last whole week, month, quarter or year before this day."""
    span = Span(load("reports")["edition"][edition]["span"])
    return holding(local(now).date(), span).before()


def areas(session: Session, edition: Edition) -> Sequence[Area]:
    """Those that always have one, and those that somebody asked for."""
    asked = select(Subscription.area_id).where(
        Subscription.edition == edition, Subscription.wish == Wish.WANTED
    )
    kinds = [AreaKind(one) for one in load("reports")["readers"]]
    found = select(Area).where(Area.kind.in_(kinds) | Area.id.in_(asked))
    return session.scalars(found.order_by(Area.id)).all()


def find(session: Session, edition: Edition, area_id: int, period: Period) -> Report | None:
    return session.scalars(
        select(Report).where(
            Report.edition == edition,
            Report.area_id == area_id,
            Report.first_on == period.first,
        )
    ).first()


def keep(
    session: Session,
    edition: Edition,
    area_id: int,
    period: Period,
    topics: list[Any],
    at: datetime,
) -> Report:
    """The row of a report; the one there is when it was made before."""
    known = find(session, edition, area_id, period)
    if known is not None:
        return known
    made = Report(
        edition=edition,
        area_id=area_id,
        first_on=period.first,
        last_on=period.last,
        topics=topics,
        made_at=at,
    )
    session.add(made)
    session.flush()
    return made


def said_in(session: Session, area: Area, period: Period) -> Iterator[Said]:
    """Of every matter of the days. What is said of somebody is left out: the words of a topic are
    read by all, also by those it is about."""
    rows = session.execute(_texts(session, area, period).execution_options(yield_per=BATCH))
    for ticket_id, reporter_id, text in rows:
        yield Said(ticket_id, reporter_id, text or "")


def _texts(session: Session, area: Area, period: Period) -> Select[int, int, str | None]:
    reported = reported_at(Ticket)
    return (
        select(Ticket.id, Ticket.reporter_id, Ticket.text)
        .where(
            place_of(session).in_(inner_areas(area.id)),
            *in_community(area),
            reported >= period.since,
            reported < period.until,
            Ticket.about.is_(None),
            Ticket.text.is_not(None),
            Ticket.state.not_in((State.WITHDRAWN, State.MERGED)),
        )
        .order_by(Ticket.id)
    )


def accusing(session: Session, area: Area) -> frozenset[int]:
    """What is about somebody: not counted for a group whose members nobody knows."""
    found = select(Ticket.id).where(
        Ticket.about.is_not(None),
        place_of(session).in_(inner_areas(area.id)),
        *in_community(area),
    )
    return frozenset(session.scalars(found))
