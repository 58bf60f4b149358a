"""What the page of one notice shows: its text and previews, steps, versions, readers, archive."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.console.desk import Desk
from app.console.history import steps
from bots import rendering
from config.policy import load
from config.settings import public_link
from models.masking import masked
from models.notices import desk as lists
from models.notices import lists as readers
from models.notices.actions import working_days_after
from models.notices.audience import count, message
from models.notices.chain import link_of
from models.notices.desk import Sight
from models.notices.flow import NoticeAction
from models.notices.rights import can
from models.notices.table import Channel, Notice, NoticeState, audiences, kinds
from models.notices.versions import all_versions
from models.places import Area

BUTTONS = (
    *(NoticeAction.ASK_REVIEW, NoticeAction.REVIEW, NoticeAction.SEND_BACK),
    *(NoticeAction.SCHEDULE, NoticeAction.REVISE, NoticeAction.CORRECT, NoticeAction.WITHDRAW),
)

UNNUMBERED = "…"  # in the preview of a text that nobody has saved


def shown(session: Session, desk: Desk, sight: Sight, found: Notice) -> dict[str, Any]:
    by = desk.staff.person_id
    names = readers.audiences_of(session, found)
    area = session.get_one(Area, found.area_id)
    return {
        "notice": found,
        "area": area.name,
        "kind": kinds()[found.kind],
        "audiences": [audiences()[one]["label"] for one in names if one in audiences()],
        "reach": count(session, found.area_id, names, desk.now)
        if found.published_at is None
        else 0,
        "buttons": [one for one in BUTTONS if can(session, found, one, by=by, at=desk.now)],
        "chat": preview(session, found, desk.now),
        "public": {"title": masked(found.title), "lines": masked(found.body).splitlines()},
        "versions": all_versions(session, found),
        "objections": lists.objections_of(session, sight, found),
        "steps": steps(session, "notice", found.id),
        "read": readers.read_counts(session, [found.id])[found.id],
        "link": link_of(session, found.id),
        "has_poster": Channel.POSTER in found.channels,
        "address": public_link(f"/p/notices/{found.id}"),
        "has_page": Channel.PAGE in found.channels
        and found.state in (NoticeState.PUBLISHED, NoticeState.ARCHIVED),
    }


def preview(session: Session, found: Notice, now: datetime) -> str:
    """The message as residents will get it; of a draft with the period it would have from now."""
    context = message(session, found)
    if found.published_at is None and kinds()[found.kind]["needs_window"]:
        days = load("notices")["terms"]["window_days"]
        ends_at = working_days_after(session, found, max(now, found.publish_at or now), days)
        context = {**context, "window_ends": ends_at.isoformat()}
    if not found.id:
        context = {**context, "notice_id": UNNUMBERED, "link": ""}
    return rendering.render("notice_published", context)
