"""The answer about a double: made one person for good, or told apart for good."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import events, merging
from models.errors import NotAllowed
from models.events import Fact
from models.homes import LIVING, Home
from models.people import Person
from models.posts import Post
from models.roster import posts, rights
from models.roster.doubles import Double, Pair
from models.roster.rights import Right


def join(session: Session, pair: Pair, *, by: int, at: datetime) -> Person:
    """They are one from now on; returns who stays. Never taken back. Raises NotAllowed."""
    _require(session, pair, by, at)
    _answer(session, pair, by, at).is_same = True
    return merging.merge(session, pair.entered, pair.writing, at, by=by)


def tell_apart(session: Session, pair: Pair, *, by: int, at: datetime) -> None:
    """They are two, and nobody is asked again. Raises NotAllowed."""
    _require(session, pair, by, at)
    _answer(session, pair, by, at).is_same = False
    session.flush()
    events.record(
        session,
        Fact(
            verb="double_told_apart",
            subject_kind="person",
            subject_id=pair.entered.id,
            at=at,
            actor_id=by,
            detail={"other": pair.writing.id},
        ),
    )


def may_answer(session: Session, pair: Pair, by: int, at: datetime) -> bool:
    return may_vouch(session, pair.ids, by, at)


def may_vouch(session: Session, person_ids: Collection[int], by: int, at: datetime) -> bool:
    """Who keeps the register of all, and gives every post that would go over. Never of oneself."""
    if by in person_ids:
        return False
    lasting = or_(Post.until.is_(None), Post.until > at)
    held = session.scalars(select(Post).where(Post.person_id.in_(person_ids), lasting)).all()
    if held and len(posts.giveable(session, held, by, at)) < len(held):
        return False  # a post that somebody may not give comes to nobody by their word
    kept = rights.places_of(session, Right.REGISTER, by, at)
    registered = session.scalars(
        select(Home.person_id).where(
            Home.person_id.in_(person_ids),
            Home.state.in_(LIVING),
            Home.area_id.in_(rights.inside(kept)),
        )
    )
    return {*registered, *(one.person_id for one in held)} == set(person_ids)


def _require(session: Session, pair: Pair, by: int, at: datetime) -> None:
    if not may_answer(session, pair, by, at):
        raise NotAllowed(number=str(pair.entered.id))


def _answer(session: Session, pair: Pair, by: int, at: datetime) -> Double:
    row = session.scalars(
        select(Double).where(
            Double.entered_id == pair.entered.id, Double.writing_id == pair.writing.id
        )
    ).one()
    row.answered_at, row.answered_by = at, by
    return row
