"""Which comparisons there were on a day, and how many of each side have answered: queries only."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.localtime import midnight
from models.matchings.table import Matched, Matching, MatchingAnswer, MatchingSide
from models.places import Area
from models.roster.rights import inside

Answers = Mapping[tuple[MatchingSide, MatchingAnswer | None], int]


def of_day(session: Session, places: Collection[int], day: date) -> Sequence[tuple[Matching, str]]:
    """Of the grids within these places, each with the grid's name."""
    rows = session.execute(
        select(Matching, Area.name)
        .join(Area, Area.id == Matching.grid_id)
        .where(
            Matching.grid_id.in_(inside(places)),
            Matching.due_at >= midnight(day),
            Matching.due_at < midnight(day + timedelta(days=1)),
        )
        .order_by(Area.id, Matching.due_at)
    )
    return [(matching, grid) for matching, grid in rows]


def answers(session: Session, matching_ids: Collection[int]) -> Mapping[int, Answers]:
    """By side alone: who has not answered has failed in nothing."""
    found: dict[int, Counter[tuple[MatchingSide, MatchingAnswer | None]]] = defaultdict(Counter)
    rows = session.execute(
        select(Matched.matching_id, Matched.side, Matched.answer, func.count())
        .where(Matched.matching_id.in_(matching_ids))
        .group_by(Matched.matching_id, Matched.side, Matched.answer)
    )
    for matching_id, side, answer, count in rows:
        found[matching_id][side, answer] = count
    return found
