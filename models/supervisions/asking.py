"""督办: a superior asks the holder of a paid post about one ticket or a list of them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import due_days
from models.errors import DomainError, NotAllowed, ReasonMissing
from models.on_duty import Holder
from models.supervisions import sides, telling
from models.supervisions.flow import ASKED, Side, SupervisionState
from models.supervisions.table import (
    EntryKind,
    SupervisedTicket,
    Supervision,
    SupervisionEntry,
)
from models.telling import Said
from models.tickets.table import Ticket


class SupervisionUnfit(DomainError):
    """It can not be asked so: its `field` is post, day or tickets."""

    template = "supervision_unfit"


def ask(
    session: Session,
    tickets: Sequence[Ticket],
    holder: Holder | None,
    words: str,
    due_on: date,
    *,
    by: int,
    at: datetime,
) -> Supervision:
    """Raises NotAllowed, ReasonMissing (no words) and SupervisionUnfit."""
    most = load("supervisions")["most_tickets"]
    area_id = sides.common_area(session, tickets)
    if area_id is None or not 1 <= len(tickets) <= most:
        raise SupervisionUnfit(field="tickets", most=most)
    offered = sides.choices(session, tickets, by, at)
    if not offered:
        raise NotAllowed(number="")
    if holder not in offered:
        raise SupervisionUnfit(field="post")
    if not words.strip():
        raise ReasonMissing(number="", action="supervise")
    check_day(due_on, at)
    one = Supervision(
        account=tickets[0].account,
        area_id=area_id,
        supervisor_id=by,
        post_id=holder.post_id,
        person_id=holder.person_id,
        state=SupervisionState.ASKED,
        asked_at=at,
        due_on=due_on,
        clock_at=due_days.next_moment(due_on, load("supervisions"), at),
    )
    session.add(one)
    session.flush()
    session.add_all(SupervisedTicket(supervision_id=one.id, ticket_id=to.id) for to in tickets)
    enter(session, one, EntryKind.NOTE, words, by=by, at=at)
    told = {"asked": [holder.person_id]}
    detail = {"tickets": [ticket.id for ticket in tickets]}
    said = Said(ASKED, at, by, Side.SUPERVISOR, None, told, detail, words=words.strip())
    telling.tell(session, one, said)
    return one


def check_day(due_on: date, at: datetime) -> None:
    """From today on, and not for ever."""
    longest = load("supervisions")["longest_days"]
    if not 0 <= due_days.days_left(due_on, at) <= longest:
        raise SupervisionUnfit(field="day", most=longest)


def enter(
    session: Session,
    one: Supervision,
    kind: EntryKind,
    words: str,
    *,
    by: int,
    at: datetime,
    held_on: date | None = None,
) -> SupervisionEntry:
    entry = SupervisionEntry(
        supervision_id=one.id,
        kind=kind,
        author_id=by,
        text=words.strip()[: load("supervisions")["longest_words"]],
        held_on=held_on,
        at=at,
    )
    session.add(entry)
    return entry
