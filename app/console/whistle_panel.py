"""What the page of a ticket shows of its whistle, and offers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.console.beside import Beside
from app.console.desk import Desk
from models.tickets.table import Ticket
from models.whistles import answering, ending, lists, sides, terms
from models.whistles.flow import CallAction, WhistleAction
from models.whistles.table import Whistle, WhistleCall

FOR_DEPARTMENTS = (CallAction.CHECK_IN, CallAction.ANSWER, CallAction.SEND_BACK)
FOR_CALLERS = (WhistleAction.CONFIRM, WhistleAction.BREAK_OFF)


@dataclass(frozen=True, slots=True)
class CallShown:
    """一个部门 — its call, and what this desk may do for it."""

    call: WhistleCall
    actions: tuple[CallAction, ...]


@dataclass(frozen=True, slots=True)
class WhistleShown:
    """哨的面板 — the latest whistle, what may be done with it, and who may still be called."""

    whistle: Whistle | None
    calls: Sequence[CallShown]
    actions: tuple[WhistleAction, ...]
    departments: Sequence[str]


def of_ticket(session: Session, desk: Desk, found: Ticket, known: Beside) -> WhistleShown:
    by = desk.staff.person_id
    whistle = lists.latest(session, found.id) if known.has_whistle else None
    calls = lists.calls_of(session, whistle) if whistle is not None else ()
    may_call = found.is_open and sides.may_call(session, found, by, desk.now)
    called = lists.called_departments(session, found.id) if may_call and whistle else set()
    return WhistleShown(
        whistle,
        [CallShown(one, _for_department(session, desk, one)) for one in calls],
        _for_caller(session, desk, whistle),
        [one for one in terms.departments() if may_call and one not in called],
    )


def _for_department(session: Session, desk: Desk, call: WhistleCall) -> tuple[CallAction, ...]:
    if not call.is_pending:
        return ()
    by = desk.staff.person_id
    return tuple(
        one for one in FOR_DEPARTMENTS if answering.can(session, call, one, by=by, at=desk.now)
    )


def _for_caller(session: Session, desk: Desk, whistle: Whistle | None) -> tuple[WhistleAction, ...]:
    if whistle is None or whistle.ended_at is not None:
        return ()
    by = desk.staff.person_id
    return tuple(
        one for one in FOR_CALLERS if ending.can(session, whistle, one, by=by, at=desk.now)
    )
