"""What a story changes behind the scene: time that passes, posts that are left and taken again."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from models.people import Identity
from models.posts import Post
from models.whistles.table import Whistle, WhistleCall


def pass_time(session: Session, ticket_id: int, minutes: int) -> None:
    """Moves every moment of the ticket's whistles back, as if so much time had passed since."""
    whistles = session.scalars(select(Whistle).where(Whistle.ticket_id == ticket_id)).all()
    ids = [whistle.id for whistle in whistles]
    calls = session.scalars(select(WhistleCall).where(WhistleCall.whistle_id.in_(ids))).all()
    for row in (*whistles, *calls):
        for one in inspect(row).mapper.column_attrs:
            moment = getattr(row, one.key)
            if isinstance(moment, datetime):
                setattr(row, one.key, moment - timedelta(minutes=minutes))


def leave_post(session: Session, openid: str) -> None:
    _set_end(session, openid, datetime.now(UTC))


def take_post(session: Session, openid: str) -> None:
    _set_end(session, openid, None)


def _set_end(session: Session, openid: str, until: datetime | None) -> None:
    person = select(Identity.person_id).where(Identity.openid == openid).scalar_subquery()
    session.execute(update(Post).where(Post.person_id == person).values(until=until))
