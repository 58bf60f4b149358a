"""Everything that may happen to a notice: `can()` and the verbs, by one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from config.policy import load
from models import dispatch, events, tasks, work_calendars
from models.errors import (
    AlreadyDone,
    NotAllowed,
    NotFound,
    ReasonMissing,
    TooLate,
    TransitionNotAllowed,
)
from models.events import Fact
from models.notices import lists
from models.notices.table import OUT, Notice, NoticeState, kinds
from models.places import Area

TELL = "tell_notice"  # the task that brings a published notice to the people of its area


class NoticeAction(StrEnum):
    """公示动作 — what somebody, or the clock, does with a notice."""

    REVISE = "revise"
    REVIEW = "review"
    SCHEDULE = "schedule"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"


AUTHORS, REVIEWERS, CLOCK = "authors", "reviewers", "clock"


@dataclass(frozen=True)
class NoticeTransition:
    """公示流转 — where an action leads, who may take it, and what the log calls it."""

    target: NoticeState
    by: str
    verb: str


_REVISE = NoticeTransition(NoticeState.DRAFT, AUTHORS, "notice_revised")
_REVIEW = NoticeTransition(NoticeState.REVIEWED, REVIEWERS, "notice_reviewed")
_SCHEDULE = NoticeTransition(NoticeState.SCHEDULED, REVIEWERS, "notice_scheduled")
_WITHDRAW = NoticeTransition(NoticeState.WITHDRAWN, AUTHORS, "notice_withdrawn")
_PUBLISH = NoticeTransition(NoticeState.PUBLISHED, CLOCK, "notice_published")
_ARCHIVE = NoticeTransition(NoticeState.ARCHIVED, CLOCK, "notice_archived")

# A text that changes after its review goes back to the draft, and is reviewed again.
TRANSITIONS: dict[tuple[NoticeState, NoticeAction], NoticeTransition] = {
    (NoticeState.DRAFT, NoticeAction.REVISE): _REVISE,
    (NoticeState.DRAFT, NoticeAction.REVIEW): _REVIEW,
    (NoticeState.DRAFT, NoticeAction.WITHDRAW): _WITHDRAW,
    (NoticeState.REVIEWED, NoticeAction.REVISE): _REVISE,
    (NoticeState.REVIEWED, NoticeAction.SCHEDULE): _SCHEDULE,
    (NoticeState.REVIEWED, NoticeAction.WITHDRAW): _WITHDRAW,
    (NoticeState.SCHEDULED, NoticeAction.REVISE): _REVISE,
    (NoticeState.SCHEDULED, NoticeAction.SCHEDULE): _SCHEDULE,
    (NoticeState.SCHEDULED, NoticeAction.PUBLISH): _PUBLISH,
    (NoticeState.SCHEDULED, NoticeAction.WITHDRAW): _WITHDRAW,
    (NoticeState.PUBLISHED, NoticeAction.ARCHIVE): _ARCHIVE,
}


def draft(
    session: Session,
    *,
    kind: str,
    title: str,
    body: str,
    area_id: int,
    by: int,
    at: datetime,
    account: str = "main",
) -> Notice:
    """A new notice, by somebody who serves its area."""
    if kind not in kinds():
        raise NotFound(f"no kind of notice is named {kind}", number=kind)
    if session.get(Area, area_id) is None:
        raise NotFound(f"no area has the number {area_id}", number=str(area_id))
    if not serves(session, area_id, by, AUTHORS, at, kind):
        raise NotAllowed(number="")
    notice = Notice(
        account=account,
        kind=kind,
        title=_said(title),
        body=_said(body),
        area_id=area_id,
        state=NoticeState.DRAFT,
        author_id=by,
        version=1,
        created_at=at,
    )
    return _kept(session, notice)


def correct(
    session: Session, notice: Notice, *, title: str, body: str, by: int, at: datetime
) -> Notice:
    """更正: a new version of what is out; the old one stays as it was."""
    if notice.state not in OUT:
        raise TransitionNotAllowed(number=notice.number, state=notice.state, action="correct")
    if not serves(session, notice.area_id, by, AUTHORS, at, notice.kind):
        raise NotAllowed(number=notice.number)
    if lists.correction_of(session, notice) is not None:
        raise AlreadyDone(number=notice.number)
    correction = Notice(
        account=notice.account,
        kind=notice.kind,
        title=_said(title),
        body=_said(body),
        area_id=notice.area_id,
        state=NoticeState.DRAFT,
        author_id=by,
        version=notice.version + 1,
        corrects_id=notice.id,
        created_at=at,
    )
    return _kept(session, correction)


def can(
    session: Session, notice: Notice, action: NoticeAction, *, by: int | None, at: datetime
) -> bool:
    """Whether this person (None: the clock) may take this action now."""
    transition = TRANSITIONS.get((notice.state, action))
    if transition is None:
        return False
    if by is None or transition.by == CLOCK:
        return by is None and transition.by == CLOCK
    if action == NoticeAction.REVIEW and by == notice.author_id:
        return False
    return serves(session, notice.area_id, by, transition.by, at, notice.kind)


def revise(
    session: Session, notice: Notice, *, title: str, body: str, by: int, at: datetime
) -> None:
    """Another text. Who changes it is its author from now on, and somebody else reviews it."""
    old = _move(session, notice, NoticeAction.REVISE, by, at)
    notice.title, notice.body = _said(title), _said(body)
    notice.author_id, notice.reviewer_id, notice.publish_at = by, None, None
    _record(session, notice, _REVISE, old, by, at)


def review(session: Session, notice: Notice, *, by: int, at: datetime) -> None:
    """A second person has read it and stands by it."""
    old = _move(session, notice, NoticeAction.REVIEW, by, at)
    notice.reviewer_id = by
    _record(session, notice, _REVIEW, old, by, at)


def schedule(
    session: Session, notice: Notice, *, publish_at: datetime, by: int, at: datetime
) -> None:
    """The clock publishes it at `publish_at`, which may be now."""
    if publish_at < at:
        raise TooLate(number=notice.number)
    old = _move(session, notice, NoticeAction.SCHEDULE, by, at)
    notice.publish_at = publish_at
    _record(session, notice, _SCHEDULE, old, by, at)


def withdraw(session: Session, notice: Notice, *, by: int, at: datetime) -> None:
    """It will not be published."""
    old = _move(session, notice, NoticeAction.WITHDRAW, by, at)
    _record(session, notice, _WITHDRAW, old, by, at)


def publish(session: Session, notice: Notice, *, at: datetime) -> None:
    """By the clock. Telling the people is left to tasks, a batch each."""
    old = _move(session, notice, NoticeAction.PUBLISH, None, at)
    notice.published_at = at
    if kinds()[notice.kind]["needs_window"]:
        notice.window_ends_at = working_days_after(
            session, notice, at, load("notices")["terms"]["window_days"]
        )
    _end_window_of_corrected(session, notice, at)
    tasks.ask(session, TELL, {"notice_id": notice.id}, at, f"{TELL}:{notice.id}:0", at)
    _record(session, notice, _PUBLISH, old, None, at, {"author": [notice.author_id]})


def archive(session: Session, notice: Notice, *, at: datetime) -> None:
    """By the clock, once the period is over and every objection has its answer."""
    if notice.takes_objections(at) or lists.has_unanswered(session, notice):
        raise TransitionNotAllowed(number=notice.number, state=notice.state, action="archive")
    old = _move(session, notice, NoticeAction.ARCHIVE, None, at)
    notice.archived_at = at
    _record(session, notice, _ARCHIVE, old, None, at)


def serves(
    session: Session,
    area_id: int,
    person_id: int,
    posts: str,
    at: datetime,
    kind: str | None = None,
) -> bool:
    """Whether the person holds one of the posts named in config/notices.toml for this area.

    A kind of notice may name posts beyond those of all kinds.
    """
    beyond = kinds()[kind].get(posts, []) if kind else []
    roles = [*load("notices")["posts"][posts], *beyond]
    return any(
        one.person_id == person_id and one.role in roles
        for one in dispatch.holders_at(session, area_id, at)
    )


def working_days_after(session: Session, notice: Notice, at: datetime, days: float) -> datetime:
    """In the working time of the area the notice is for."""
    calendar = work_calendars.terms_at(session, notice.area_id).calendar
    return calendar.add(at, days * calendar.day_minutes)


def facts(session: Session, notice: Notice) -> dict[str, Any]:
    """What the words about a notice are filled with."""
    ends_at = notice.window_ends_at
    return {
        "notice_id": notice.id,
        "kind_label": kinds()[notice.kind]["label"],
        "title": notice.title,
        "area": session.get_one(Area, notice.area_id).name,
        "version": notice.version,
        "published": notice.published_at.isoformat() if notice.published_at else None,
        "window_ends": ends_at.isoformat() if ends_at else None,
    }


def _kept(session: Session, notice: Notice) -> Notice:
    session.add(notice)
    session.flush()
    transition = NoticeTransition(NoticeState.DRAFT, AUTHORS, "notice_drafted")
    _record(session, notice, transition, None, notice.author_id, notice.created_at)
    return notice


def _said(text: str) -> str:
    if not text.strip():
        raise ReasonMissing("a notice needs a title and a text", number="", action="draft")
    return text.strip()


def _move(
    session: Session, notice: Notice, action: NoticeAction, by: int | None, at: datetime
) -> NoticeState:
    """Changes the state if that may be; returns the one before."""
    transition = TRANSITIONS.get((notice.state, action))
    if transition is None:
        raise TransitionNotAllowed(number=notice.number, state=notice.state, action=action)
    if not can(session, notice, action, by=by, at=at):
        raise NotAllowed(number=notice.number)
    old, notice.state = notice.state, transition.target
    return old


def _end_window_of_corrected(session: Session, notice: Notice, at: datetime) -> None:
    """Objections go to the text that counts from now on."""
    if notice.corrects_id is None:
        return
    corrected = session.get_one(Notice, notice.corrects_id)
    if corrected.takes_objections(at):
        corrected.window_ends_at = at


def _record(
    session: Session,
    notice: Notice,
    transition: NoticeTransition,
    old: NoticeState | None,
    by: int | None,
    at: datetime,
    parties: Mapping[str, Sequence[int]] | None = None,
) -> None:
    session.flush()
    events.record(
        session,
        Fact(
            verb=transition.verb,
            subject_kind="notice",
            subject_id=notice.id,
            at=at,
            account=notice.account,
            actor_id=by,
            capacity=transition.by if by else None,
            old=old,
            new=notice.state,
            area_id=notice.area_id,
            detail={"kind": notice.kind, "version": notice.version},
            parties=parties or {},
            context=facts(session, notice) if parties else {},
        ),
    )
