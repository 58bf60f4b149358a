"""Bringing a notice to the people of its area, a batch each transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from config.policy import load
from models import outbox, tasks
from models.homes import Home
from models.notices.actions import TELL, facts
from models.notices.lists import LIVING, is_corrected
from models.notices.table import Notice, NoticeState
from models.places import inner_areas
from models.posts import Post, is_held

BATCH = 500  # messages a transaction: well under the time a resident's own message may wait


def tell(session: Session, notice: Notice, after: int, now: datetime) -> int:
    """Queues the message for the next persons, by number after `after`, and asks for the rest.

    May be repeated: every person has one message a notice. Ends when the text no longer counts.
    """
    if notice.state != NoticeState.PUBLISHED or is_corrected(session, notice):
        return 0
    told = _next(session, notice.area_id, after, now)
    if not told:
        return 0
    context = facts(session, notice) | {"body": notice.body}
    expires_at = notice.window_ends_at or now + timedelta(
        days=load("notices")["terms"]["told_days"]
    )
    outbox.queue(
        session,
        [
            {
                "person_id": person_id,
                "account": notice.account,
                "template": "notice_published",
                "context": context,
                "unique_key": f"notice:{notice.id}:{person_id}",
                "created_at": now,
                "expires_at": expires_at,
            }
            for person_id in told
        ],
    )
    if len(told) == BATCH:
        last = told[-1]
        payload = {"notice_id": notice.id, "after": last}
        tasks.ask(session, TELL, payload, now, f"{TELL}:{notice.id}:{last}", now)
    return len(told)


def _next(session: Session, area_id: int, after: int, now: datetime) -> Sequence[int]:
    """Who lives in the area (claimed or verified) or serves there, in the order of their number."""
    inside = inner_areas(area_id)
    living = select(Home.person_id).where(
        Home.area_id.in_(inside), Home.state.in_(LIVING), Home.person_id > after
    )
    serving = select(Post.person_id).where(
        Post.area_id.in_(inside),
        Post.person_id > after,
        is_held(now),
    )
    people = union(living, serving).subquery()
    return session.scalars(
        select(people.c.person_id).order_by(people.c.person_id).limit(BATCH)
    ).all()
