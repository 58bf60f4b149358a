"""督办: a superior asks the holder of a paid post about one ticket or a list of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from config.policy import load
from models import due_days
from models.errors import DomainError, NotAllowed, ReasonMissing
from models.on_duty import Holder
from models.projects.table import Project
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """督办内容 — who is to answer, what is asked, until when."""

    holder: Holder | None
    words: str
    due_on: date


def ask(
    session: Session, tickets: Sequence[Ticket], wanted: Wanted, *, by: int, at: datetime
) -> Supervision:
    """Raises NotAllowed, ReasonMissing (no words) and SupervisionUnfit."""
    most = load("supervisions")["most_tickets"]
    area_id = sides.common_area(session, tickets)
    if area_id is None or not 1 <= len(tickets) <= most:
        raise SupervisionUnfit(field="tickets", most=most)
    holder = _checked(wanted, sides.choices(session, tickets, by, at), at)
    one = _asked(wanted, holder, area_id, by, at, account=tickets[0].account)
    session.add(one)
    session.flush()
    session.add_all(SupervisedTicket(supervision_id=one.id, ticket_id=to.id) for to in tickets)
    detail = {"tickets": [ticket.id for ticket in tickets]}
    return _told(session, one, wanted, detail, by, at)


def ask_about(
    session: Session, project: Project, wanted: Wanted, *, by: int, at: datetime
) -> Supervision:
    """The same about a project, with all its tickets."""
    holder = _checked(wanted, sides.choices_for(session, project, by, at), at)
    one = _asked(wanted, holder, project.area_id, by, at, account=project.account)
    one.project_id = project.id
    session.add(one)
    session.flush()
    return _told(session, one, wanted, {"project": project.id}, by, at)


def _checked(wanted: Wanted, offered: Sequence[Holder], at: datetime) -> Holder:
    if not offered:
        raise NotAllowed(number="")
    if wanted.holder is None or wanted.holder not in offered:
        raise SupervisionUnfit(field="post")
    if not wanted.words.strip():
        raise ReasonMissing(number="", action="supervise")
    check_day(wanted.due_on, at)
    return wanted.holder


def _asked(
    wanted: Wanted, holder: Holder, area_id: int, by: int, at: datetime, *, account: str
) -> Supervision:
    return Supervision(
        account=account,
        area_id=area_id,
        supervisor_id=by,
        post_id=holder.post_id,
        person_id=holder.person_id,
        state=SupervisionState.ASKED,
        asked_at=at,
        due_on=wanted.due_on,
        clock_at=due_days.next_moment(wanted.due_on, load("supervisions"), at),
    )


def _told(
    session: Session,
    one: Supervision,
    wanted: Wanted,
    detail: Mapping[str, Any],
    by: int,
    at: datetime,
) -> Supervision:
    enter(session, one, EntryKind.NOTE, wanted.words, by=by, at=at)
    told = {"asked": [one.person_id]}
    words = wanted.words.strip()
    telling.tell(
        session, one, Said(ASKED, at, by, Side.SUPERVISOR, None, told, detail, words=words)
    )
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
