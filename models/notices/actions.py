"""The verbs of a notice, from its draft to the archive."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from config.policy import load
from models import tasks, work_calendars
from models.errors import (
    AlreadyDone,
    DomainError,
    NotAllowed,
    NotFound,
    TooLate,
)
from models.moves import Taken
from models.notices import chain, lists, rights
from models.notices.flow import AUTHORS, DRAFTED, FLOW, NoticeAction, Side
from models.notices.table import (
    EVERYBODY,
    Channel,
    Notice,
    NoticeAudience,
    NoticeState,
    audiences,
    kinds,
)
from models.notices.telling import record
from models.places import Area
from models.publicity import meeting

TELL = "tell_notice"  # the task that brings a published notice to the people of its area


class NoticeUnfit(DomainError):
    """A field of a notice is empty, too long or names nothing we know."""

    template = "notice_unfit"

    def __init__(self, detail: str, field: str, most: int = 0) -> None:
        super().__init__(detail, field=field, most=most)


@dataclass(frozen=True, slots=True)
class Reach:
    """发布范围 — for whom a notice is meant, and by which ways it comes to them."""

    audiences: Collection[str] = (EVERYBODY,)
    channels: Collection[Channel] = tuple(Channel)


EVERYONE = Reach()


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
    reach: Reach = EVERYONE,
) -> Notice:
    """A new notice, by somebody who serves its area."""
    if kind not in kinds():
        raise NotFound(f"no kind of notice is named {kind}", number=kind)
    if session.get(Area, area_id) is None:
        raise NotFound(f"no area has the number {area_id}", number=str(area_id))
    if not rights.serves(session, area_id, by, AUTHORS, at, kind):
        raise NotAllowed(number="")
    notice = Notice(
        account=account,
        kind=kind,
        title=_said("title", title),
        body=_said("body", body),
        area_id=area_id,
        state=NoticeState.DRAFT,
        author_id=by,
        version=1,
        created_at=at,
    )
    return _kept(session, notice, reach)


def correct(
    session: Session, notice: Notice, *, title: str, body: str, by: int, at: datetime
) -> Notice:
    """更正: a new version of what is out, for the same people; the old one stays as it was."""
    if lists.correction_of(session, notice) is not None:
        raise AlreadyDone(number=notice.number)
    taken = _move(session, notice, NoticeAction.CORRECT, by, at)
    correction = Notice(
        account=notice.account,
        kind=notice.kind,
        title=_said("title", title),
        body=_said("body", body),
        area_id=notice.area_id,
        state=NoticeState.DRAFT,
        author_id=by,
        version=notice.version + 1,
        corrects_id=notice.id,
        created_at=at,
    )
    record(session, notice, taken, by, at)
    reach = Reach(lists.audiences_of(session, notice), notice.channels)
    return _kept(session, correction, reach)


def revise(
    session: Session,
    notice: Notice,
    *,
    title: str,
    body: str,
    by: int,
    at: datetime,
    reach: Reach | None = None,
) -> None:
    """Another text. Who changes it is its author from now on, and somebody else reviews it."""
    taken = _move(session, notice, NoticeAction.REVISE, by, at)
    notice.title, notice.body = _said("title", title), _said("body", body)
    notice.author_id, notice.reviewer_id, notice.publish_at = by, None, None
    if reach is not None:
        _set_reach(session, notice, reach)
    record(session, notice, taken, by, at)


def ask_review(session: Session, notice: Notice, *, by: int, at: datetime) -> None:
    """The draft is ready: who may review it is told."""
    taken = _move(session, notice, NoticeAction.ASK_REVIEW, by, at)
    parties = {"reviewers": rights.reviewers(session, notice, at)}
    record(session, notice, taken, by, at, parties)


def review(session: Session, notice: Notice, *, by: int, at: datetime) -> None:
    """A second person has read it and stands by it."""
    taken = _move(session, notice, NoticeAction.REVIEW, by, at)
    notice.reviewer_id = by
    record(session, notice, taken, by, at)


def send_back(session: Session, notice: Notice, reason: str, *, by: int, at: datetime) -> None:
    """退回修改: the second person says what is not right yet, and its author is told."""
    taken = _move(session, notice, NoticeAction.SEND_BACK, by, at, reason)
    notice.reviewer_id = None
    parties = {"author": [notice.author_id]}
    record(session, notice, taken, by, at, parties, reason.strip())


def schedule(
    session: Session, notice: Notice, *, publish_at: datetime, by: int, at: datetime
) -> None:
    """The clock publishes it at `publish_at`, which may be now."""
    if publish_at < at:
        raise TooLate(number=notice.number)
    taken = _move(session, notice, NoticeAction.SCHEDULE, by, at)
    notice.publish_at = publish_at
    record(session, notice, taken, by, at)


def withdraw(session: Session, notice: Notice, *, by: int, at: datetime) -> None:
    """It will not be published."""
    taken = _move(session, notice, NoticeAction.WITHDRAW, by, at)
    record(session, notice, taken, by, at)


def publish(session: Session, notice: Notice, *, at: datetime) -> None:
    """By the clock. Telling the people is left to tasks, a batch each."""
    taken = _move(session, notice, NoticeAction.PUBLISH, None, at)
    notice.published_at = at
    if kinds()[notice.kind]["needs_window"]:
        notice.window_ends_at = working_days_after(
            session, notice, at, load("notices")["terms"]["window_days"]
        )
    _end_window_of_corrected(session, notice, at)
    if Channel.PUSH in notice.channels:
        tasks.ask(session, TELL, {"notice_id": notice.id}, at, f"{TELL}:{notice.id}:0", at)
    record(session, notice, taken, None, at, {"author": [notice.author_id]})
    meeting.meet(session, notice, at)


def archive(session: Session, notice: Notice, *, at: datetime) -> None:
    """By the clock, once the period is over and every objection has its answer."""
    taken = _move(session, notice, NoticeAction.ARCHIVE, None, at)
    notice.archived_at = at
    record(session, notice, taken, None, at)
    chain.append(session, notice)


def working_days_after(session: Session, notice: Notice, at: datetime, days: float) -> datetime:
    """In the working time of the area the notice is for."""
    calendar = work_calendars.terms_at(session, notice.area_id).calendar
    return calendar.add(at, days * calendar.day_minutes(at))


def _kept(session: Session, notice: Notice, reach: Reach) -> Notice:
    notice.channels = []
    session.add(notice)
    session.flush()
    _set_reach(session, notice, reach)
    taken = Taken(DRAFTED, None, AUTHORS)
    record(session, notice, taken, notice.author_id, notice.created_at)
    return notice


def _set_reach(session: Session, notice: Notice, reach: Reach) -> None:
    """At least one audience; no channel means that it is read on request alone."""
    named = [one for one in audiences() if one in reach.audiences]
    if not named or len(named) != len(set(reach.audiences)):
        raise NoticeUnfit("a notice is for one of the audiences at least", "audiences")
    notice.channels = [one for one in Channel if one in reach.channels]
    session.execute(delete(NoticeAudience).where(NoticeAudience.notice_id == notice.id))
    session.add_all(NoticeAudience(notice_id=notice.id, audience=one) for one in named)
    session.flush()


def _said(field: str, text: str) -> str:
    said, most = text.strip(), load("notices")["terms"][f"{field}_most"]
    if not said or len(said) > most:
        raise NoticeUnfit(f"a notice needs a {field} of at most {most} characters", field, most)
    return said


def _move(
    session: Session,
    notice: Notice,
    action: NoticeAction,
    by: int | None,
    at: datetime,
    words: str | None = None,
) -> Taken[NoticeState, Side]:
    """Changes the state if that may be."""
    taken = FLOW.take(
        notice.state,
        action,
        rights.held(session, notice, by, at),
        number=notice.number,
        words=words,
        met=rights.met_by(session, notice, at),
    )
    notice.state = taken.move.target
    return taken


def _end_window_of_corrected(session: Session, notice: Notice, at: datetime) -> None:
    """Objections go to the text that counts from now on."""
    if notice.corrects_id is None:
        return
    corrected = session.get_one(Notice, notice.corrects_id)
    if corrected.takes_objections(at):
        corrected.window_ends_at = at
