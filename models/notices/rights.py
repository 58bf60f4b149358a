"""Who may do what with a notice: the posts of config/notices.toml, and the second person."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import on_duty
from models.moves import Met
from models.notices.flow import AUTHORS, FLOW, REVIEWERS, UNCORRECTED, NoticeAction, Side
from models.notices.lists import correction_of, has_unanswered
from models.notices.table import Notice, kinds


def can(
    session: Session, notice: Notice, action: NoticeAction, *, by: int | None, at: datetime
) -> bool:
    """Whether this person (None: the clock) may take this action now."""
    return FLOW.can(
        notice.state, action, held(session, notice, by, at), met_by(session, notice, at)
    )


def held(session: Session, notice: Notice, person_id: int | None, at: datetime) -> frozenset[Side]:
    """All that this person (None: the clock) is to a notice."""
    if person_id is None:
        return frozenset({Side.CLOCK})
    found = {
        side
        for side in (AUTHORS, REVIEWERS)
        if serves(session, notice.area_id, person_id, side, at, notice.kind)
    }
    is_second = REVIEWERS in found and person_id != notice.author_id
    return frozenset(found | {Side.SECOND} if is_second else found)


def met_by(session: Session, notice: Notice, at: datetime) -> Met:
    """Whether what a move needs beside the state is so."""

    def met(need: str) -> bool:
        if need == UNCORRECTED:
            return correction_of(session, notice) is None
        return not notice.takes_objections(at) and not has_unanswered(session, notice)

    return met


def serves(
    session: Session,
    area_id: int,
    person_id: int,
    posts: str,
    at: datetime,
    kind: str | None = None,
) -> bool:
    """Whether the person holds one of the posts named in config/notices.toml for this area."""
    roles = roles_of(posts, kind)
    return any(
        one.person_id == person_id and one.role in roles
        for one in on_duty.holders_at(session, area_id, at)
    )


def roles_of(posts: str, kind: str | None = None) -> Collection[str]:
    """A kind of notice may name posts beyond those of all kinds."""
    beyond = kinds()[kind].get(posts, []) if kind else []
    return [*load("notices")["posts"][posts], *beyond]


def reviewers(session: Session, notice: Notice, at: datetime) -> list[int]:
    """Who is asked to review: all holders of the first role that a second person holds."""
    holders = on_duty.holders_at(session, notice.area_id, at)
    for role in roles_of(REVIEWERS, notice.kind):
        found = [
            one.person_id
            for one in holders
            if one.role == role and one.person_id != notice.author_id
        ]
        if found:
            return list(dict.fromkeys(found))
    return []
