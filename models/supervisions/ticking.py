"""What the clock does to supervisions: a reminder before the day, and a word once it has passed."""

from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import due_days
from models.supervisions import sides, telling
from models.supervisions.flow import LATE, REMINDED, Side
from models.supervisions.table import Supervision
from models.telling import Said


def tick(session: Session, one: Supervision, now: datetime) -> str | None:
    """Of several things that came due only the weightiest. Says what was done."""
    left = due_days.ring(one, load("supervisions"), now)
    if left is None:
        return None
    one.person_id = sides.answerer(session, one, now) or one.person_id
    is_late = left < 0
    told = telling.parties(session, one, now)
    if not is_late:
        told.pop(Side.SUPERVISOR, None)
    said = Said(
        LATE if is_late else REMINDED,
        now,
        None,
        Side.CLOCK,
        one.state,
        told,
        context={"days_left": left},
    )
    telling.tell(session, one, said)
    return "late" if is_late else "reminded"
