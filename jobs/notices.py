"""Notices by the clock: published at their time, brought to people, reminded of, archived."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from config.policy import load
from jobs.queue import task
from jobs.schedule import job
from models import localtime, outbox
from models.base import Database
from models.errors import TransitionNotAllowed
from models.notices import actions, audience, lists, objections
from models.notices.table import Notice, NoticeState
from models.notices.telling import facts
from models.publicity import ticking

log = structlog.get_logger(__name__)


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
    """Some thousands, in short transactions; the task behind this one goes on."""
    with database.reading() as session:
        persons = audience.people(session, session.get_one(Notice, notice_id), after, now)
    for begin in range(0, len(persons), audience.BATCH):
        with database.writing() as session:
            notice = session.get_one(Notice, notice_id)
            audience.tell(session, notice, persons[begin : begin + audience.BATCH], now)
    if len(persons) == audience.ROUND:
        with database.writing() as session:
            audience.go_on(session, session.get_one(Notice, notice_id), persons[-1], now)


@job("close_notices")
def close_notices(database: Database, now: datetime) -> str | None:
    """Archives what is over, and reminds those who answer of the objections that wait."""
    kept_from = now - timedelta(days=load("notices")["terms"]["kept_days"])
    with database.reading() as session:
        over = lists.over(session, now, kept_from)
    archived = _archive(database, over, now)
    with database.writing() as session:
        reminded = _remind(session, now)
    return f"archived={archived} reminded={reminded}" if archived or reminded else None


@job("publicity_calendar")
def publicity_calendar(database: Database, now: datetime) -> str | None:
    """What has opened is proposed; what is mandatory and late is told of, and then told above."""
    steps: dict[str, Callable[[Session, datetime], int]] = {
        "proposed": ticking.propose,
        "late": ticking.remind_late,
        "alarmed": ticking.alarm,
    }
    done = {}
    for name, step in steps.items():
        with database.writing() as session:
            done[name] = step(session, now)
    return " ".join(f"{name}={count}" for name, count in done.items() if count) or None


def _archive(database: Database, ids: Iterable[int], now: datetime) -> int:
    """An objection may have come in since it was found, or another clock archived first."""
    archived = 0
    for notice_id in ids:
        try:
            with database.writing() as session:
                notice = session.get_one(Notice, notice_id, with_for_update=True)
                actions.archive(session, notice, at=now)
        except TransitionNotAllowed:
            continue
        except Exception as failure:
            # The next round tries again: two that archive at once can not share a place in the
            # chain. The text of a failed statement would hold the notice.
            log.error("archiving_failed", notice_id=notice_id, error=type(failure).__name__)
            continue
        archived += 1
    return archived


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
                "context": facts(session, notice) | {"waiting": waiting},
                "unique_key": f"objection-reminder:{notice.id}:{today.date()}:{person_id}",
                "created_at": now,
                "expires_at": localtime.end_of_day(now),
            }
            for notice, waiting in objections.unanswered(session, today)
            for person_id in objections.answering(session, notice, now)
        ],
    )
