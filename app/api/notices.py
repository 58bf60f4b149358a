"""Notices where one lives or serves: the list, one of them, reading it, objecting to it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api import paging
from app.api.platform import check_words
from app.api.routes import Call, Work, acts, reads, sets
from app.api.schemas import Given, PageQuery, Sent, Words
from models.errors import NotFound
from models.masking import masked
from models.notices import lists, objections
from models.notices.table import Notice, Objection
from models.notices.telling import facts


class NoticeLine(Given):
    """公示 — as a line of a list."""

    id: int
    kind: str
    title: str
    area: str
    version: int
    published_at: datetime
    objections_until: datetime | None
    takes_objections: bool


class NoticePage(Given):
    items: list[NoticeLine]
    next: str | None


class ObjectionOut(Given):
    """异议 — one's own, and what was answered."""

    id: int
    words: str | None
    at: datetime
    answer_due: datetime
    answer: str | None
    answered_at: datetime | None


class NoticeOut(NoticeLine):
    body: str
    objections: list[ObjectionOut]


class ObjectionIn(Sent):
    words: Words


@reads("/notices", gives=NoticePage, query=PageQuery, refuses=("cursor_unfit",))
def list_notices(call: Call, query: PageQuery) -> Work:
    """What is out where one lives or serves, the latest first, each in its last version."""
    before = paging.position(call, query)

    def work(session: Session) -> NoticePage:
        found = lists.latest_for(
            session, call.who.person_id, call.now, query.limit + 1, before=before
        )
        return NoticePage(
            items=[NoticeLine(**_line(session, call, one)) for one in found[: query.limit]],
            next=paging.next_cursor(call, query, found),
        )

    return work


@reads("/notices/<int:notice_id>", gives=NoticeOut)
def show_notice(call: Call, notice_id: int) -> Work:
    """One notice, in the version that counts, with one's own objections to it."""

    def work(session: Session) -> NoticeOut:
        found = _seen(session, call, notice_id)
        mine = session.scalars(
            select(Objection)
            .where(Objection.notice_id == found.id, Objection.person_id == call.who.person_id)
            .order_by(Objection.id)
        )
        return NoticeOut(
            **_line(session, call, found),
            body=masked(found.body),
            objections=[_objection(one) for one in mine],
        )

    return work


@sets("/notices/<int:notice_id>/reading", status=204)
def read_notice(call: Call, notice_id: int) -> Work:
    """It was opened: counted once a person."""
    return lambda session: lists.has_read(
        session, _seen(session, call, notice_id), call.who.person_id, call.now
    )


@acts(
    "/notices/<int:notice_id>/objections",
    takes=ObjectionIn,
    gives=ObjectionOut,
    refuses=("too_late", "content_unfit", "reason_missing"),
)
def object_to_notice(call: Call, notice_id: int, body: ObjectionIn) -> Work:
    """Object while its period lasts; who answers is told what was said, and not by whom."""
    check_words(call, body.words)

    def work(session: Session) -> ObjectionOut:
        found = _seen(session, call, notice_id)
        by = {"by": call.who.person_id, "at": call.now, "account": call.who.account}
        return _objection(objections.object_to(session, found, body.words, **by))

    return work


def _seen(session: Session, call: Call, notice_id: int) -> Notice:
    found = lists.seen(session, notice_id, call.who.person_id, call.now)
    if found is None:
        raise NotFound
    return found


def _line(session: Session, call: Call, notice: Notice) -> dict[str, object]:
    fact = facts(session, notice)
    return {
        "id": notice.id,
        "kind": fact["kind_label"],
        "title": fact["title"],
        "area": fact["area"],
        "version": notice.version,
        "published_at": notice.published_at,
        "objections_until": notice.window_ends_at,
        "takes_objections": notice.takes_objections(call.now),
    }


def _objection(one: Objection) -> ObjectionOut:
    return ObjectionOut(
        id=one.id,
        words=one.text,
        at=one.at,
        answer_due=one.answer_due_at,
        answer=one.answer,
        answered_at=one.answered_at,
    )
