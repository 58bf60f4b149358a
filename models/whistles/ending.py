"""The end of a whistle: confirmed by the caller, broken off with a reason, or left behind."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.claims import claim
from models.ticket_flow import State
from models.tickets import facts, refining
from models.tickets.table import Ticket
from models.whistles import clock, lists, sides, telling
from models.whistles.flow import BROKEN_OFF, CALL_MOVES, WHISTLE_FLOW, CallAction, WhistleAction
from models.whistles.table import Whistle, WhistleCall
from models.whistles.telling import Said


def can(
    session: Session,
    whistle: Whistle,
    action: WhistleAction,
    *,
    by: int | None,
    at: datetime,
    calls: Sequence[WhistleCall] | None = None,
) -> bool:
    """Whether this person (None: the clock) may end the whistle so; `calls`, where they are known
    already, are what `lists.calls_of` finds."""
    held = sides.held(session, whistle, session.get_one(Ticket, whistle.ticket_id), by, at)

    def has_ended(_: object) -> bool:
        known = lists.calls_of(session, whistle) if calls is None else calls
        return not any(call.is_pending for call in known)

    return WHISTLE_FLOW.can(whistle.state, action, held, has_ended)


def confirm(session: Session, whistle: Whistle, *, by: int, at: datetime) -> None:
    """All have answered, and the caller is content."""
    _end(session, whistle, WhistleAction.CONFIRM, by, at)


def break_off(session: Session, whistle: Whistle, reason: str, *, by: int, at: datetime) -> None:
    """The caller ends it before all have answered; the others hear that they need not come."""
    _end(session, whistle, WhistleAction.BREAK_OFF, by, at, reason)


def lapse(session: Session, whistle: Whistle, *, at: datetime) -> None:
    """By the clock: the ticket has ended, and with it what departments were called for."""
    _end(session, whistle, WhistleAction.LAPSE, None, at)


def _end(
    session: Session,
    whistle: Whistle,
    action: WhistleAction,
    by: int | None,
    at: datetime,
    reason: str | None = None,
) -> None:
    claim(session, whistle)
    ticket = session.get_one(Ticket, whistle.ticket_id)
    left = _pending(session, whistle)
    taken = WHISTLE_FLOW.take(
        whistle.state,
        action,
        sides.held(session, whistle, ticket, by, at),
        number=ticket.number,
        words=reason,
        met=lambda _: not left,
    )
    whistle.state, whistle.ended_at = taken.move.target, at
    for call in left:
        call.state, call.closed_at = CALL_MOVES[call.state, CallAction.RELEASE].target, at
    clock.set_clock(session, whistle, at)
    if reason and by:
        refining.keep_note(session, ticket, reason.strip(), by=by, at=at)
    _tell(session, whistle, ticket, left, Said(taken.move.verb, at, by, taken.side, words=reason))


def _tell(
    session: Session, whistle: Whistle, ticket: Ticket, left: Sequence[WhistleCall], said: Said
) -> None:
    came_out = telling.results(session, lists.calls_of(session, whistle))
    told: dict[str, Sequence[int]] = {
        "released": [one.person_id for one in left if one.person_id is not None],
        "owner": facts.parties(session, ticket)["owner"],
    }
    if _is_news(ticket, said.verb, left, came_out):
        told |= telling.residents(session, ticket)
    telling.tell(
        session,
        whistle,
        ticket,
        Said(
            said.verb,
            said.at,
            said.by,
            said.side,
            parties=told,
            detail={"released": [one.id for one in left]},
            context={"results": came_out},
            words=said.words,
        ),
    )


def _is_news(
    ticket: Ticket,
    verb: str,
    left: Sequence[WhistleCall],
    came_out: Sequence[Mapping[str, str]],
) -> bool:
    """Whether residents hear of it: what came out, or that those announced will not come."""
    if ticket.is_open:
        return bool(came_out) or verb == BROKEN_OFF
    return bool(left) and ticket.state != State.WITHDRAWN  # who withdrew it knows


def _pending(session: Session, whistle: Whistle) -> list[WhistleCall]:
    return [call for call in lists.calls_of(session, whistle) if call.is_pending]
