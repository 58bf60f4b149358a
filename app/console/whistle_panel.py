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
    none: tuple[None, Sequence[WhistleCall]] = (None, ())
    whistle, calls = lists.latest_with_calls(session, found.id) if known.has_whistle else none
    may_call = found.is_open and sides.may_call(session, found, by, desk.now)
    is_under_way = whistle is not None and whistle.ended_at is None
    called = lists.not_again(calls) if is_under_way else set()
    return WhistleShown(
        whistle,
        [CallShown(one, _for_department(session, desk, one)) for one in calls],
        _for_caller(session, desk, whistle, calls),
        [one for one in terms.departments() if may_call and one not in called],
    )


def _for_department(session: Session, desk: Desk, call: WhistleCall) -> tuple[CallAction, ...]:
    if not call.is_pending:
        return ()
    by = desk.staff.person_id
    return tuple(
        one for one in FOR_DEPARTMENTS if answering.can(session, call, one, by=by, at=desk.now)
    )


def _for_caller(
    session: Session, desk: Desk, whistle: Whistle | None, calls: Sequence[WhistleCall]
) -> tuple[WhistleAction, ...]:
    if whistle is None or whistle.ended_at is not None:
        return ()
    by = {"by": desk.staff.person_id, "at": desk.now}
    return tuple(one for one in FOR_CALLERS if ending.can(session, whistle, one, calls=calls, **by))
