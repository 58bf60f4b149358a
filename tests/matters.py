"""Matters in every state there is, put there at random: what figures and lists are held against."""

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import CATEGORIES, Intent
from models.places import Area, AreaKind
from models.posts import PAID, Post
from models.ticket_flow import ENDED, OPEN, Level, Outcome, State
from models.tickets.table import About, Ticket
from tests.factories import ticket

ENDS = (Outcome.FIXED, Outcome.FIXED, Outcome.CANNOT_FIX, Outcome.NOT_OURS)
DAYS = 70  # reported within so many before


def scatter(session: Session, chance: Random, many: int, now: datetime) -> list[Ticket]:
    """So many tickets over the whole town; some know no place, some accuse somebody."""
    buildings = session.scalars(select(Area).where(Area.kind == AreaKind.BUILDING)).all()
    posts = session.scalars(select(Post).where(Post.role.in_(PAID))).all()
    made = []
    for _ in range(many):
        at = now - timedelta(minutes=chance.randrange(DAYS * 24 * 60))
        where = chance.choice([None, *buildings])
        one = ticket(session, where, at, category=chance.choice(sorted(CATEGORIES)))
        _settle(one, chance, posts, at, now)
        made.append(one)
    session.flush()
    return made


def _settle(one: Ticket, chance: Random, posts: list[Post], at: datetime, now: datetime) -> None:
    one.intent = chance.choice([Intent.REPORT, Intent.HAZARD, Intent.ENQUIRY])
    one.about = chance.choice([None, None, None, *About])
    one.level = chance.choice(list(Level))
    one.owner_post_id = chance.choice([None, *(post.id for post in posts)])
    one.state = chance.choice([*OPEN, State.RESOLVED, *sorted(ENDED - {State.MERGED})])
    one.returns, one.reopens = chance.randrange(2), chance.randrange(2)
    one.is_answered_late = chance.choice([None, True, False])
    one.accept_due_at = at + timedelta(hours=chance.randrange(1, 200))
    one.resolve_due_at = at + timedelta(hours=chance.randrange(1, 1000))
    if one.state == State.SUSPENDED:
        one.suspended_at, one.suspended_until = at, now + timedelta(days=1)
    if one.state == State.WITHDRAWN:
        one.outcome, one.ended_at = Outcome.WITHDRAWN, at
    if one.state in (State.RESOLVED, State.ARCHIVED):
        one.outcome, one.result, one.resolved_at = chance.choice(ENDS), "看过了", at
        one.is_resolved_late = chance.choice([True, False])
    if one.state == State.ARCHIVED and chance.random() < 0.7:
        one.is_solved, one.stars = chance.choice([(True, 5), (False, 1), (False, None), (None, 3)])
        one.rated_at = at + timedelta(hours=chance.choice([-1, 1]))
        one.joined_ratings = chance.randrange(3)
        one.joined_satisfied = chance.randrange(one.joined_ratings + 1)
