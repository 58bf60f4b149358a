"""Who may call departments to a ticket, who answers for a department, and who ends a whistle."""

from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import dispatch
from models.on_duty import Holder
from models.posts import Role
from models.protection import accused_persons, holders_for
from models.tickets.table import Ticket
from models.whistles.flow import Side
from models.whistles.table import Whistle, WhistleCall


def may_call(session: Session, ticket: Ticket, person_id: int, at: datetime) -> bool:
    """Staff of the place, and never whom the matter is about."""
    return person_id in callers(session, ticket, at)


def callers(session: Session, ticket: Ticket, at: datetime) -> list[int]:
    """Who may call on this ticket, nearest first."""
    roles = load("whistles")["callers"]
    accused = accused_persons(session, ticket, at)
    found = (one.person_id for one in holders_for(session, ticket, at) if one.role in roles)
    return list(dict.fromkeys(person for person in found if person not in accused))


def caller_of(session: Session, whistle: Whistle, ticket: Ticket, at: datetime) -> int | None:
    """Who called; once they serve the place no more, the next who may."""
    found = callers(session, ticket, at)
    return whistle.caller_id if whistle.caller_id in found else next(iter(found), None)


def liaison(session: Session, ticket: Ticket, department: str, at: datetime) -> Holder | None:
    """Who is asked for a department now; nobody whom the matter is about, in whatever role."""
    return dispatch.holder_of(
        holders_for(session, ticket, at),
        (Role.DEPARTMENT_LIAISON,),
        dispatch.loads(session),
        department=department,
        barred=accused_persons(session, ticket, at),
    )


def answers_for(
    session: Session, ticket: Ticket, department: str, person_id: int, at: datetime
) -> bool:
    """Any holder of the department's post here: who is asked may be away."""
    if person_id in accused_persons(session, ticket, at):
        return False
    return any(
        one.person_id == person_id
        and one.role == Role.DEPARTMENT_LIAISON
        and one.department == department
        for one in holders_for(session, ticket, at)
    )


def held(
    session: Session, whistle: Whistle, ticket: Ticket, person_id: int | None, at: datetime
) -> frozenset[Side]:
    """What this person (None: the clock) is to the whistle as a whole."""
    if person_id is None:
        return frozenset({Side.CLOCK})
    is_caller = caller_of(session, whistle, ticket, at) == person_id
    return frozenset({Side.CALLER} if is_caller else ())


def held_for(
    session: Session, call: WhistleCall, ticket: Ticket, person_id: int, at: datetime
) -> frozenset[Side]:
    """What this person is to one department's call."""
    is_asked = answers_for(session, ticket, call.department, person_id, at)
    return frozenset({Side.DEPARTMENT} if is_asked else ())
