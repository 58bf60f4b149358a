"""What somebody says to a comparison: it agrees, or in what it does not."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events, on_duty
from models.errors import ReasonMissing
from models.events import Fact
from models.matchings.table import Matched, Matching, MatchingAnswer
from models.people import Person
from models.places import Area
from models.posts import Role
from models.sealing import seal_for

KIND = "matching"
VERBS = {MatchingAnswer.AGREES: "matching_agreed", MatchingAnswer.DIFFERS: "matching_differs"}


def agree(session: Session, matched: Matched, *, at: datetime) -> None:
    """Nobody is written to: there is nothing to do."""
    _answer(session, matched, MatchingAnswer.AGREES, at)


def differ(session: Session, matched: Matched, words: str, *, at: datetime) -> None:
    """The other side and the community read where it does not agree."""
    if not words.strip():
        raise ReasonMissing(number="", action="differ")
    _answer(session, matched, MatchingAnswer.DIFFERS, at, words.strip())


def _answer(
    session: Session,
    matched: Matched,
    answer: MatchingAnswer,
    at: datetime,
    words: str | None = None,
) -> None:
    matched.answer, matched.answered_at = answer, at
    session.flush()
    matching = session.get_one(Matching, matched.matching_id)
    author = session.get_one(Person, matched.person_id)
    events.record(
        session,
        Fact(
            verb=VERBS[answer],
            subject_kind=KIND,
            subject_id=matching.id,
            at=at,
            actor_id=matched.person_id,
            capacity=matched.side,
            area_id=matching.grid_id,
            words=seal_for(author.own_key, words) if words else None,
            parties={"others": _others(session, matched, at)},
            context={
                "grid": session.get_one(Area, matching.grid_id).name,
                "side": matched.side,
                "words": words or "",
            },
        ),
    )


def _others(session: Session, matched: Matched, at: datetime) -> list[int]:
    grid_id = session.get_one(Matching, matched.matching_id).grid_id
    other_side = session.scalars(
        select(Matched.person_id)
        .where(Matched.matching_id == matched.matching_id, Matched.side != matched.side)
        .order_by(Matched.id)
    ).all()
    holders = on_duty.holders_at(session, grid_id, at)
    community = [one.person_id for one in holders if one.role == Role.COMMUNITY_STAFF]
    return list(dict.fromkeys([*other_side, *community]))
