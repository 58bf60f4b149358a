"""Who may do what with a notice: the posts of config/notices.toml, and the second person."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import load
from models import on_duty
from models.notices.flow import CLOCK, NOT_BY_AUTHOR, REVIEWERS, TRANSITIONS, NoticeAction
from models.notices.lists import correction_of
from models.notices.table import Notice, kinds


def can(
    session: Session, notice: Notice, action: NoticeAction, *, by: int | None, at: datetime
) -> bool:
    """Whether this person (None: the clock) may take this action now."""
    transition = TRANSITIONS.get((notice.state, action))
    if transition is None:
        return False
    if by is None or transition.by == CLOCK:
        return by is None and transition.by == CLOCK
    if action in NOT_BY_AUTHOR and by == notice.author_id:
        return False
    if action == NoticeAction.CORRECT and correction_of(session, notice) is not None:
        return False
    return serves(session, notice.area_id, by, transition.by, at, notice.kind)


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
