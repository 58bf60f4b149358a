"""The daily digests, morning and evening, to the staff of every community and its group robots."""

from collections.abc import Mapping
from datetime import datetime

from jobs.schedule import job
from models.base import Database
from models.digests import sending
from models.digests.composing import Composed, compose, compose_for_group
from models.digests.sending import Occasion
from models.digests.table import DigestKind
from models.reports import robots
from models.reports.table import Edition

GROUP_TEMPLATE = "digest_group"


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
    area_id, kind, due_at = occasion.community_id, occasion.kind, occasion.due_at
    for_group: Composed | None = None
    with database.reading() as session:
        readers = sending.readers(session, area_id, due_at)
        composed = compose(session, area_id, kind, due_at, readers)
        if robots.posting(session, area_id, Edition.DAILY):
            for_group = compose_for_group(session, area_id, kind, due_at)
    sent = _keep(database, occasion, composed)
    if for_group is not None and for_group.has_news:
        sent += _post(database, occasion, for_group)
    return sent


def _keep(database: Database, occasion: Occasion, composed: Mapping[int, Composed]) -> int:
    with database.writing() as session:
        return sum(
            sending.send(session, occasion, person_id, one) for person_id, one in composed.items()
        )


def _post(database: Database, occasion: Occasion, composed: Composed) -> int:
    key = f"{occasion.job}:{occasion.due_at.isoformat()}:{occasion.community_id}"
    with database.writing() as session:
        return robots.queue(
            session,
            robots.posting(session, occasion.community_id, Edition.DAILY),
            GROUP_TEMPLATE,
            sending.group_context(session, occasion, composed),
            key=key,
            now=occasion.due_at,
        )
