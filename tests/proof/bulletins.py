"""Notices to whole estates while processes die: each person is to have each notice once."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Database
from models.notices import actions
from models.places import Area, AreaKind
from models.posts import Post, Role


def announce(database: Database, number: int) -> None:
    """One is out at once, the next is left to the clock, and so on."""
    at = datetime.now(UTC)
    with database.writing() as session:
        estate, author, reviewer = _whose(session, number)
        notice = actions.draft(
            session,
            kind="policy",
            title=f"第{number}次停水通知",
            body=f"明天上午九点停水，请提前储水。第{number}号。",
            area_id=estate,
            by=author,
            at=at,
        )
        actions.review(session, notice, by=reviewer, at=at)
        actions.schedule(session, notice, publish_at=at, by=reviewer, at=at)
        if number % 2 == 0:
            actions.publish(session, notice, at=at)


def _whose(session: Session, number: int) -> tuple[int, int, int]:
    """An estate, and the two who write and review for the community it lies in."""
    serves = (Post.role == Role.COMMUNITY_STAFF) & (Post.area_id == Area.community_id)
    rows = session.execute(
        select(Area.id, Post.person_id)
        .join(Post, serves)
        .where(Area.kind == AreaKind.ESTATE)
        .order_by(Area.id.desc(), Post.id)
    )
    served: dict[int, list[int]] = {}
    for estate, person in rows:
        served.setdefault(estate, []).append(person)
    pairs = [(estate, *persons[:2]) for estate, persons in served.items() if len(persons) > 1]
    return pairs[number % len(pairs)]
