"""登记: a matter that came by another way than chat, with that way in the log."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events
from models.errors import NotFound
from models.events import Event, Fact
from models.past import EveryEvent
from models.roster import persons
from models.tickets import refining
from models.tickets.opening import Opened, Report, open_ticket
from models.tickets.table import Ticket

VERB = "ticket_recorded"
PRESSED_TWICE = timedelta(minutes=2)


class Channel(StrEnum):
    """来源 — by which way the matter came: through staff, or by a form of its owner's."""

    PHONE = "phone"
    DESK = "desk"
    VISIT = "visit"
    BOX = "box"
    MINI_PROGRAM = "mini_program"
    PAGE = "page"
    OPEN311 = "open311"
    HOTLINE = "hotline"


BY_STAFF = (Channel.PHONE, Channel.DESK, Channel.VISIT, Channel.BOX)


def reporter(
    session: Session, name: str, phone: str | None, *, by: int | None, at: datetime
) -> int:
    """Who is on the roll with this phone, else somebody new; a matter may come without a name.

    By nobody where another system tells of them.
    """
    known = persons.reached_by(session, phone) if phone else None
    if known is not None:
        return known
    if name.strip():
        return persons.enter(session, name, phone, by=by, at=at)
    return persons.put(session, None, phone, at)


def record(
    session: Session, report: Report, channel: Channel, wish: str, *, by: int, at: datetime
) -> Opened:
    """The ticket as if its owner had written it; the log says who entered it and how it came."""
    opened = open_ticket(session, report, at)
    if wish:
        ticket = session.get_one(Ticket, opened.ticket_id)
        refining.keep_note(session, ticket, wish, by=by, at=at)
    events.record(
        session,
        Fact(
            verb=VERB,
            subject_kind="ticket",
            subject_id=opened.ticket_id,
            at=at,
            actor_id=by,
            area_id=report.area_id,
            detail={"channel": channel.value},
        ),
    )
    return opened


def just_recorded(session: Session, words: str, *, by: int, at: datetime) -> int | None:
    """The ticket of the same words that the same desk entered a moment ago: the button twice."""
    return session.scalars(
        select(Ticket.id)
        .join(Event, Event.subject_id == Ticket.id)
        .where(
            Event.subject_kind == "ticket",
            Event.verb == VERB,
            Event.actor_id == by,
            Event.at > at - PRESSED_TWICE,
            Ticket.opened_at > at - PRESSED_TWICE,
            Ticket.text == words,
        )
        .limit(1)
    ).first()


def recorded_by(session: Session, ticket_id: int, person_id: int) -> Ticket:
    """For the slip. NotFound for what somebody else has entered, and for what nobody has."""
    found = session.scalars(
        select(Ticket)
        .join(EveryEvent, EveryEvent.subject_id == Ticket.id)
        .where(
            Ticket.id == ticket_id,
            EveryEvent.subject_kind == "ticket",
            EveryEvent.verb == VERB,
            EveryEvent.actor_id == person_id,
        )
    ).first()
    if found is None:
        raise NotFound(number=f"#{ticket_id}")
    return found
