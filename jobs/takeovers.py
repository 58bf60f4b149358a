"""Chats that staff took over and then left are handed back."""

from datetime import datetime

from jobs.schedule import job
from models import takeovers
from models.base import Database
from models.takeovers import Takeover


@job("hand_back_chats")
def hand_back_chats(database: Database, now: datetime) -> str | None:
    """Each in a transaction of its own; staff may have said something since it was found."""
    with database.reading() as session:
        found = takeovers.due(session, now)
    ended = 0
    for takeover_id in found:
        with database.writing() as session:
            takeover = session.get_one(Takeover, takeover_id, with_for_update=True)
            if takeover.ended_at is None and takeover.hands_back_at <= now:
                takeovers.hand_back(session, takeover, by=None, at=now)
                ended += 1
    return f"handed_back={ended}" if ended else None
