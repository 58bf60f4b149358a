"""Each day both sides of a grid get one message that compares; quiet where there is nothing to."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import conversations, outbox
from models.accounts import MAIN
from models.hazards import sides as hazard_sides
from models.hazards import telling
from models.hazards.table import Hazard
from models.matchings.comparing import Comparison, compare, sides_of
from models.matchings.table import Matched, Matching, MatchingSide
from models.places import Area, AreaKind

QUESTION = "matching"
HOURS_OPEN = 20  # until the next one is near
FIRST_LOOK = timedelta(days=1)
SHOWN = 5


def grids(session: Session) -> Sequence[int]:
    return session.scalars(
        select(Area.id).where(Area.kind == AreaKind.GRID).order_by(Area.id)
    ).all()


def send(session: Session, job: str, due_at: datetime, grid_id: int) -> int:
    """Says to how many; none when it was sent before or there is nothing to compare."""
    people = sides_of(session, grid_id, due_at)
    found = compare(session, grid_id, _since(session, job, grid_id, due_at), due_at)
    if not people or found.is_quiet:
        return 0
    matching_id = _begin(session, job, due_at, grid_id, found)
    if matching_id is None:
        return 0
    accused = {one.id: hazard_sides.accused(session, one, due_at) for one in _all(found)}
    grid = session.get_one(Area, grid_id).name
    messages = []
    for person_id, side in people.items():
        hidden = frozenset(one for one, persons in accused.items() if person_id in persons)
        seen = found.without(hidden)
        if not seen.is_quiet:
            context = {"grid": grid, "at": due_at.isoformat(), **_context(seen)}
            messages.append(_ask(session, matching_id, person_id, side, context, due_at))
    return outbox.queue(session, messages)


def _since(session: Session, job: str, grid_id: int, due_at: datetime) -> datetime:
    """What one comparison has told the next does not tell again."""
    last = session.scalar(
        select(func.max(Matching.due_at)).where(
            Matching.job == job, Matching.grid_id == grid_id, Matching.due_at < due_at
        )
    )
    return last or due_at - FIRST_LOOK


def _begin(
    session: Session, job: str, due_at: datetime, grid_id: int, found: Comparison
) -> int | None:
    """Of several clocks one."""
    return session.scalar(
        insert(Matching)
        .values(job=job, due_at=due_at, grid_id=grid_id, lists=found.ids())
        .on_conflict_do_nothing(index_elements=["job", "due_at", "grid_id"])
        .returning(Matching.id)
    )


def _all(found: Comparison) -> list[Hazard]:
    return list({one.id: one for one in (*found.found, *found.in_hand)}.values())


def _ask(
    session: Session,
    matching_id: int,
    person_id: int,
    side: MatchingSide,
    context: Mapping[str, Any],
    due_at: datetime,
) -> outbox.Draft:
    """A number answers the latest one of a grid; one without an answer is left behind."""
    matched = Matched(matching_id=matching_id, person_id=person_id, side=side)
    session.add(matched)
    session.flush()
    for question in conversations.open_questions(session, person_id, due_at):
        if question.kind == QUESTION and question.context["grid"] == context["grid"]:
            conversations.close(question, due_at)
    keep = {"matched": matched.id, "grid": context["grid"]}
    conversations.ask(session, person_id, QUESTION, keep, due_at, is_pushed=True, hours=HOURS_OPEN)
    return {
        "person_id": person_id,
        "account": MAIN,
        "template": QUESTION,
        "context": dict(context),
        "unique_key": f"matching:{matched.id}",
        "created_at": due_at,
        "expires_at": due_at + timedelta(hours=HOURS_OPEN),
    }


def _context(seen: Comparison) -> dict[str, Any]:
    """Numbers, and where what nobody has taken is; no words and no names."""
    counts = {name: len(ids) for name, ids in seen.ids().items()}
    shown = [
        telling.place_of(one) | {"hazard_id": one.id, "ticket_id": one.ticket_id}
        for one in seen.waiting[:SHOWN]
    ]
    return {**counts, "rows": shown}
