"""Bringing a notice to the people it is meant for, a batch each transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.policy import load
from config.settings import public_link
from models import outbox, tasks
from models.errors import NotAllowed, NotFound
from models.homes import LIVING, Home
from models.masking import masked
from models.notices.actions import TELL
from models.notices.flow import AUTHORS
from models.notices.lists import audiences_of, is_corrected
from models.notices.rights import roles_of
from models.notices.table import (
    Channel,
    Notice,
    NoticeState,
    PersonTag,
    audiences,
    kinds,
)
from models.notices.telling import facts
from models.outbox import Quiet
from models.places import inner_areas
from models.posts import Post, Role, holding, is_held

BATCH = 500  # messages a transaction: well under the time a resident's own message may wait
ROUND = 10_000  # persons a task: the list of them is read once, and the next task goes on behind
BRIEF = 200  # characters of the text that a message holds; the whole is read in the list


def people(session: Session, notice: Notice, after: int, now: datetime) -> Sequence[int]:
    """The next persons it is meant for, in the order of their number."""
    legs = list(_legs(session, notice, after, now))
    found = union(*legs).subquery()
    return session.scalars(select(found.c.person_id).order_by(found.c.person_id).limit(ROUND)).all()


def count(session: Session, area_id: int, names: Sequence[str], now: datetime) -> int:
    """How many persons that would be."""
    legs = [one for name in names for one in _leg(audiences()[name], area_id, 0, now)]
    found = union(*legs).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def tell(session: Session, notice: Notice, persons: Sequence[int], now: datetime) -> int:
    """Queues the message for these; says how many were new.

    May be repeated: every person has one message a notice. Ends when the text no longer counts.
    """
    if notice.state != NoticeState.PUBLISHED or is_corrected(session, notice):
        return 0
    is_urgent = kinds()[notice.kind].get("is_urgent", False)
    days = load("notices")["terms"]["told_days"]
    shared = {
        "account": notice.account,
        "template": "notice_published",
        "context": message(session, notice),
        "quiet": Quiet.AWAKE if is_urgent else Quiet.RESPECT,
        "created_at": now,
        "expires_at": notice.window_ends_at or now + timedelta(days=days),
    }
    told = outbox.queue_each(session, persons, shared, unique_key=f"notice:{notice.id}")
    notice.told += told
    return told


def message(session: Session, notice: Notice) -> dict[str, Any]:
    """What the words of its message are filled with: the beginning of the text, masked."""
    body = masked(" ".join(notice.body.split()))
    has_page = Channel.PAGE in notice.channels
    return facts(session, notice) | {
        "body": body if len(body) <= BRIEF else body[: BRIEF - 1] + "…",
        "link": public_link(f"/p/notices/{notice.id}") if has_page else "",
    }


def go_on(session: Session, notice: Notice, last: int, now: datetime) -> None:
    """Asks for those behind the last one told."""
    payload = {"notice_id": notice.id, "after": last}
    tasks.ask(session, TELL, payload, now, f"{TELL}:{notice.id}:{last}", now)


def tag(session: Session, person_id: int, name: str, *, by: int, at: datetime) -> bool:
    """This person belongs to a group from now on; false when they did before."""
    if name not in load("notices")["tag"]:
        raise NotFound(f"no tag is named {name}", number=name)
    _must_keep_tags(session, by, at)
    row = session.execute(
        insert(PersonTag)
        .values(person_id=person_id, tag=name, by_id=by, at=at)
        .on_conflict_do_nothing(index_elements=["person_id", "tag"])
        .returning(PersonTag.person_id)
    )
    return row.first() is not None


def untag(session: Session, person_id: int, name: str, *, by: int, at: datetime) -> None:
    _must_keep_tags(session, by, at)
    session.execute(
        delete(PersonTag).where(PersonTag.person_id == person_id, PersonTag.tag == name)
    )


def tags_of(session: Session, person_ids: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Person → the groups they belong to, in the order of the names."""
    rows = session.execute(
        select(PersonTag.person_id, PersonTag.tag)
        .where(PersonTag.person_id.in_(person_ids))
        .order_by(PersonTag.tag)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for person_id, name in rows:
        found[person_id].append(name)
    return found


def set_tags(
    session: Session, person_id: int, names: Collection[str], *, by: int, at: datetime
) -> None:
    """These groups and no others."""
    borne = set(tags_of(session, [person_id])[person_id])
    for name in set(names) - borne:
        tag(session, person_id, name, by=by, at=at)
    for name in borne - set(names):
        untag(session, person_id, name, by=by, at=at)


def _must_keep_tags(session: Session, by: int, at: datetime) -> None:
    roles = [Role(one) for one in roles_of(AUTHORS) if one != Role.PROPERTY_STAFF]
    if by not in holding(session, roles, at):
        raise NotAllowed(number="")


def _legs(session: Session, notice: Notice, after: int, now: datetime) -> Iterator[Select[int]]:
    for name in audiences_of(session, notice):
        row = audiences().get(name, {})
        yield from _leg(row, notice.area_id, after, now)


def _leg(row: Mapping[str, Any], area_id: int, after: int, now: datetime) -> Iterator[Select[int]]:
    """Who belongs to one audience within the area, behind a number."""
    inside = inner_areas(area_id)
    living = select(Home.person_id).where(
        Home.area_id.in_(inside), Home.state.in_(LIVING), Home.person_id > after
    )
    serving = select(Post.person_id).where(
        Post.area_id.in_(inside), Post.person_id > after, is_held(now)
    )
    if row.get("living"):
        yield living
    if row.get("serving"):
        yield serving
    if roles := row.get("roles"):
        yield serving.where(Post.role.in_(roles))
    if tags := row.get("tags"):
        borne = select(PersonTag.person_id).where(PersonTag.tag.in_(tags))
        yield living.where(Home.person_id.in_(borne))
