"""The daily digests, morning and evening, to the staff of every community."""

from datetime import datetime

from jobs.schedule import job
from models.base import Database
from models.digests import sending
from models.digests.composing import compose
from models.digests.sending import Occasion
from models.digests.table import DigestKind


@job("morning_digest")
def morning_digest(database: Database, now: datetime) -> str | None:
    return _send_all(database, "morning_digest", DigestKind.MORNING, now)


@job("evening_digest")
def evening_digest(database: Database, now: datetime) -> str | None:
    return _send_all(database, "evening_digest", DigestKind.EVENING, now)


def _send_all(database: Database, job_name: str, kind: DigestKind, now: datetime) -> str | None:
    with database.reading() as session:
        communities = sending.communities(session)
    sent = sum(
        _send(database, Occasion(job_name, now, community_id, kind)) for community_id in communities
    )
    return f"sent={sent}" if sent else None


def _send(database: Database, occasion: Occasion) -> int:
    """Read first, so that the residents' own messages wait only for the writing."""
    with database.reading() as session:
        readers = sending.readers(session, occasion.community_id, occasion.due_at)
        composed = compose(session, occasion.community_id, occasion.kind, occasion.due_at, readers)
    with database.writing() as session:
        return sum(
            sending.send(session, occasion, person_id, one) for person_id, one in composed.items()
        )
