"""What a story changes behind the scene: time that passes, posts left and taken, what desks do."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from models.notices import actions
from models.notices.table import Notice, NoticeState
from models.people import Identity
from models.places import Area, AreaKind
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


def draft_notice(session: Session, draft: Mapping[str, str]) -> None:
    """As staff do in the console: written for an estate, and a second person is asked."""
    estate = select(Area).where(Area.kind == AreaKind.ESTATE, Area.name == draft["estate"])
    by, at = _person(session, draft["by"]), datetime.now(UTC)
    notice = actions.draft(
        session,
        kind=draft["kind"],
        title=draft["title"],
        body=draft["body"],
        area_id=session.scalars(estate).one().id,
        by=by,
        at=at,
    )
    actions.ask_review(session, notice, by=by, at=at)


def approve_notice(session: Session, openid: str) -> None:
    """The second person lets the latest draft go out at once."""
    drafts = select(Notice).where(Notice.state == NoticeState.DRAFT).order_by(Notice.id.desc())
    notice = session.scalars(drafts.limit(1)).one()
    by, at = _person(session, openid), datetime.now(UTC)
    actions.review(session, notice, by=by, at=at)
    actions.schedule(session, notice, publish_at=at, by=by, at=at)


def _person(session: Session, openid: str) -> int:
    return session.scalars(select(Identity.person_id).where(Identity.openid == openid)).one()


def _set_end(session: Session, openid: str, until: datetime | None) -> None:
    person = select(Identity.person_id).where(Identity.openid == openid).scalar_subquery()
    session.execute(update(Post).where(Post.person_id == person).values(until=until))
