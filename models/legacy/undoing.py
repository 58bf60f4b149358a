"""撤销: a problem just opened, a milestone just reached or the end, within ten minutes."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.policy import load
from models import outbox
from models.errors import TooLate
from models.events import Event
from models.legacy import telling
from models.legacy.actions import can, move
from models.legacy.flow import ENDED, OPENED, REACHED, UNDONE, LegacyAction
from models.legacy.table import LegacyProblem, LegacyTicket, Milestone
from models.telling import Said
from models.ticket_flow import UNDO_MINUTES

TAKEN_BACK_AS = {
    OPENED: LegacyAction.CANCEL,
    REACHED: LegacyAction.UNREACH,
    ENDED: LegacyAction.REOPEN,
}


def undoable(session: Session, person_id: int, now: datetime) -> Event | None:
    """This person's last step on a problem, if it is lately taken and can be taken back."""
    last = session.scalars(
        select(Event)
        .where(
            Event.subject_kind == telling.SUBJECT,
            Event.actor_id == person_id,
            Event.at >= now - timedelta(minutes=UNDO_MINUTES),
        )
        .order_by(Event.id.desc())
        .limit(1)
    ).first()
    if last is None or last.verb not in TAKEN_BACK_AS:
        return None
    problem = session.get_one(LegacyProblem, last.subject_id)
    return last if can(session, problem, TAKEN_BACK_AS[last.verb], by=person_id, at=now) else None


def undo(session: Session, event: Event, *, by: int, at: datetime) -> LegacyProblem:
    """Takes it back; who has read of it is told."""
    problem = session.get_one(LegacyProblem, event.subject_id)
    if undoable(session, by, at) is not event:
        raise TooLate(number=problem.number)
    found, before, side = move(session, problem, TAKEN_BACK_AS[event.verb], by=by, at=at)
    problem.state = found.target
    if event.verb == OPENED:
        # The tickets are free to become part of another.
        session.execute(delete(LegacyTicket).where(LegacyTicket.problem_id == problem.id))
    elif event.verb == REACHED:
        _wait_again(session, event.detail["milestone"], at)
    else:
        problem.outcome = problem.result = problem.ended_at = None
        for one in event.detail["dropped"]:
            _wait_again(session, one, at)
    left = outbox.cancel_event(session, event.id)
    told = [one.person_id for one in left if one.person_id is not None]
    detail = {"undone_event": event.id, "undone": event.verb}
    said = Said(UNDONE, at, by, side, before, parties={"told": told}, detail=detail)
    telling.tell(session, problem, said)
    return problem


def _wait_again(session: Session, milestone_id: int, at: datetime) -> None:
    session.get_one(Milestone, milestone_id).wait(load("legacy"), at)
