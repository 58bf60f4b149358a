"""The digests one was sent: today's and earlier ones, and the list behind each number."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.access import page
from app.console.desk import Desk
from app.console.fields import number_in
from app.console.rendering import render
from models import access_log
from models.access_log import Looked
from models.digests import earlier, pages
from models.digests.table import Digest, Section
from models.errors import NotFound
from models.localtime import local
from models.places import Area
from models.tickets.sight import sight_of
from models.tickets.table import Ticket

PAGE = 50

# Section → the page and its conditions that ask the same of this moment.
LIVE: Mapping[Section, tuple[str, Mapping[str, str]]] = {
    Section.OVERDUE: ("queue", {"due": "overdue"}),
    Section.DUE_TODAY: ("queue", {"due": "today"}),
    Section.WAITING: ("queue", {"group": "waiting"}),
    Section.WORKING: ("queue", {"group": "working"}),
    Section.SUSPENDED: ("queue", {"group": "suspended"}),
    Section.EMERGENCIES: ("queue", {"urgency": "emergency"}),
    Section.SUPERVISIONS_LATE: ("supervisions", {"group": "late"}),
    Section.SUPERVISIONS_TODAY: ("supervisions", {}),
    Section.SUPERVISIONS_OPEN: ("supervisions", {}),
    Section.OPERATIONS: ("operations", {}),
    Section.MILESTONES_LATE: ("projects", {}),
    Section.MILESTONES_SOON: ("projects", {}),
    Section.LEGACY_LATE: ("legacy_problems", {"state": "late"}),
    Section.LEGACY_SOON: ("legacy_problems", {}),
    Section.FOLLOW_UPS: ("mediations", {}),
    Section.UNANSWERED: ("unanswered", {}),
}


@page("/digests")
def digests(desk: Desk) -> Any:
    with desk.reading() as session:
        sent = earlier.sent_to(session, desk.staff.person_id, desk.now)
        days = list(dict.fromkeys(local(one.due_at).date() for one in sent))
        day = _day(request.args.get("on", ""), days)
        shown = [one for one in sent if local(one.due_at).date() == day]
        sight = sight_of(session, desk.staff.person_id, desk.now)
        lists = earlier.seen_lists(session, shown, sight, desk.now)
        return render(
            "digests.html",
            days=days,
            day=day,
            today=local(desk.now).date(),
            digests=shown,
            lists=lists,
            topics=earlier.topics_of(session, shown, lists),
            communities=_names(session, shown),
        )


@page("/digests/<int:digest_id>/<section>")
def digest_list(desk: Desk, digest_id: int, section: str) -> Any:
    with desk.reading() as session:
        digest = earlier.own(session, digest_id, desk.staff.person_id)
        wanted = next((one for one in digest.shown() if one == section), None)
        if wanted is None:
            raise NotFound(f"no list {section} in digest {digest_id}")
        sight = sight_of(session, desk.staff.person_id, desk.now)
        ids = earlier.seen_lists(session, [digest], sight, desk.now)[digest.id][wanted]
        from_, shown = _page_of(ids)
        rows = pages.ROWS.get(wanted, _tickets)(session, shown)
        words = render(
            "digest_list.html",
            digest=digest,
            day=local(digest.due_at).date(),
            wanted=wanted,
            community=session.get_one(Area, digest.community_id).name,
            rows=rows,
            count=len(ids),
            next=from_ + PAGE if len(ids) > from_ + PAGE else None,
            live=LIVE.get(wanted),
            now=desk.now,
        )
    if wanted == Section.UNREACHED:
        _note_looks(desk, shown)
    return words


def _day(asked: str, days: Sequence[date]) -> date | None:
    """The day that was asked for, if there is a digest of it; else the latest."""
    found = next((one for one in days if one.isoformat() == asked), None)
    return found or next(iter(days), None)


def _page_of(ids: Sequence[int]) -> tuple[int, Sequence[int]]:
    first = number_in(request.args.get("from", "")) or 0
    return first, ids[first : first + PAGE]


def _names(session: Session, digests: Sequence[Digest]) -> dict[int, str]:
    ids = {one.community_id for one in digests}
    rows = session.execute(select(Area.id, Area.name).where(Area.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def _tickets(session: Session, ids: Sequence[int]) -> list[Ticket]:
    found = {one.id: one for one in session.scalars(select(Ticket).where(Ticket.id.in_(ids)))}
    return [found[one] for one in ids]


def _note_looks(desk: Desk, persons: Sequence[int]) -> None:
    with desk.writing() as session:
        for subject_id in persons:
            access_log.record(session, desk.staff.person_id, subject_id, Looked.CONTACT, desk.now)
