"""Notices by the clock: published at their time, brought to people, reminded of, archived."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from config.policy import load
from jobs.queue import task
from jobs.schedule import job
from models import localtime, outbox
from models.base import Database
from models.notices import actions, audience, lists, objections
from models.notices.table import Notice, NoticeState


@job("publish_notices")
def publish_notices(database: Database, now: datetime) -> str | None:
    """Each in a transaction of its own."""
    with database.reading() as session:
        due = lists.due(session, now)
    published = 0
    for notice_id in due:
        with database.writing() as session:
            notice = session.get_one(Notice, notice_id, with_for_update=True)
            # Staff may have taken it back since it was found.
            if notice.state == NoticeState.SCHEDULED:
                actions.publish(session, notice, at=now)
                published += 1
    return f"published={published}" if published else None


@task(actions.TELL)
def tell_notice(database: Database, now: datetime, notice_id: int, after: int = 0) -> None:
    with database.writing() as session:
        audience.tell(session, session.get_one(Notice, notice_id), after, now)


@job("close_notices")
def close_notices(database: Database, now: datetime) -> str | None:
    """Archives what is over, and reminds those who answer of the objections that wait."""
    kept_from = now - timedelta(days=load("notices")["terms"]["kept_days"])
    with database.reading() as session:
        over = lists.over(session, now, kept_from)
    for notice_id in over:
        with database.writing() as session:
            actions.archive(session, session.get_one(Notice, notice_id), at=now)
    with database.writing() as session:
        reminded = _remind(session, now)
    return f"archived={len(over)} reminded={reminded}" if over or reminded else None


def _remind(session: Session, now: datetime) -> int:
    """One message a notice, person and day; of what came in today they have just been told."""
    today = localtime.start_of_day(now)
    return outbox.queue(
        session,
        [
            {
                "person_id": person_id,
                "account": notice.account,
                "template": "objection_reminder",
                "context": actions.facts(session, notice) | {"waiting": waiting},
                "unique_key": f"objection-reminder:{notice.id}:{today.date()}:{person_id}",
                "created_at": now,
                "expires_at": localtime.end_of_day(now),
            }
            for notice, waiting in objections.unanswered(session, today)
            for person_id in objections.answering(session, notice, now)
        ],
    )
