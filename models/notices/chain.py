"""The archive's chain: each archived notice is bound by its hash to the one before it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.notices.table import ArchiveLink, Notice, NoticeState, Objection
from models.places import Area

BEGINNING = "0" * 64
PAGE = 200


class Flaw(StrEnum):
    """断点 — how a link of the archive shows that somebody changed it."""

    GAP = "gap"  # a link before it is missing
    CONTENT = "content"  # what the link keeps is not what was hashed
    CHAIN = "chain"  # it does not follow from the link before it
    NOTICE = "notice"  # the notice, or an answer to an objection, says something else by now
    MISSING = "missing"  # the notice is archived and no link keeps it


@dataclass(frozen=True, slots=True)
class Break:
    """断链 — the first place where the archive does not hold."""

    position: int
    notice_id: int
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class Verdict:
    """核验结果 — how far the archive holds, and the hash that stands for all of it."""

    links: int
    head: str
    broken: Break | None
    was_seen: bool | None = None  # whether the hash that was asked for is in the chain


def append(session: Session, notice: Notice) -> ArchiveLink:
    """Two who archive at once can not both follow the same link: one of them begins anew."""
    session.flush()
    last = session.scalars(
        select(ArchiveLink).order_by(ArchiveLink.position.desc()).limit(1).with_for_update()
    ).first()
    position, previous = (last.position + 1, last.link_hash) if last else (1, BEGINNING)
    area = session.get_one(Area, notice.area_id).name
    content = _content(notice, area, _answers(session, [notice.id]).get(notice.id, []))
    content_hash = _hash(content)
    link = ArchiveLink(
        position=position,
        notice_id=notice.id,
        content=content,
        content_hash=content_hash,
        previous_hash=previous,
        link_hash=_bound(position, previous, content_hash),
    )
    session.add(link)
    session.flush()
    return link


def link_of(session: Session, notice_id: int) -> ArchiveLink | None:
    return session.scalars(select(ArchiveLink).where(ArchiveLink.notice_id == notice_id)).first()


def length(session: Session) -> int:
    """How many links there are, or how many there must have been."""
    return session.scalar(select(func.max(ArchiveLink.position))) or 0


def verify(session: Session, expected: str | None = None, after: int = 0) -> Verdict:
    """Reads the chain, the whole of it or what follows a link that is known to hold.

    `expected` is a hash somebody noted earlier: it must be in what is read.
    """
    known = session.get(ArchiveLink, after)
    head, links = (known.link_hash, after) if known else (BEGINNING, 0)
    seen = expected == BEGINNING if expected else None
    for some in _pages(session, links):
        notices, answers = _live(session, some)
        for link in some:
            flaw = _flaw(link, links + 1, head, notices.get(link.notice_id), answers)
            if flaw is not None:
                return Verdict(links, head, Break(links + 1, link.notice_id, flaw), seen)
            head, links = link.link_hash, link.position
            seen = True if head == expected else seen
    return Verdict(links, head, _left_out(session, links), seen)


def _flaw(
    link: ArchiveLink,
    position: int,
    head: str,
    notice: Notice | None,
    answers: dict[int, list[tuple[int, str | None]]],
) -> Flaw | None:
    if link.position != position:
        return Flaw.GAP
    if _hash(link.content) != link.content_hash:
        return Flaw.CONTENT
    bound = _bound(link.position, link.previous_hash, link.content_hash)
    if link.previous_hash != head or link.link_hash != bound:
        return Flaw.CHAIN
    kept = json.loads(link.content)
    if notice is None or _content(notice, kept["area"], answers.get(notice.id, [])) != link.content:
        return Flaw.NOTICE
    return None


def _pages(session: Session, after: int) -> Iterator[Sequence[ArchiveLink]]:
    while some := session.scalars(
        select(ArchiveLink)
        .where(ArchiveLink.position > after)
        .order_by(ArchiveLink.position)
        .limit(PAGE)
    ).all():
        yield some
        after = some[-1].position


def _live(
    session: Session, links: Sequence[ArchiveLink]
) -> tuple[dict[int, Notice], dict[int, list[tuple[int, str | None]]]]:
    ids = [one.notice_id for one in links]
    found = session.scalars(select(Notice).where(Notice.id.in_(ids)))
    return {one.id: one for one in found}, _answers(session, ids)


def _answers(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[int, str | None]]]:
    """What was answered, and not what was objected: that is erased with its author."""
    rows = session.execute(
        select(Objection.notice_id, Objection.id, Objection.answer)
        .where(Objection.notice_id.in_(ids))
        .order_by(Objection.id)
    )
    found: dict[int, list[tuple[int, str | None]]] = {}
    for notice_id, objection_id, answer in rows:
        found.setdefault(notice_id, []).append((objection_id, answer))
    return found


def _left_out(session: Session, links: int) -> Break | None:
    """An archived notice that no link keeps: the end of the chain was cut off."""
    missing = session.scalars(
        select(Notice.id)
        .where(
            Notice.state == NoticeState.ARCHIVED,
            Notice.id.not_in(select(ArchiveLink.notice_id)),
        )
        .order_by(Notice.archived_at, Notice.id)
        .limit(1)
    ).first()
    return Break(links + 1, missing, Flaw.MISSING) if missing is not None else None


def _content(notice: Notice, area: str, answers: Sequence[tuple[int, str | None]]) -> str:
    """One text for one content: keys in order, moments in UTC, nothing left out."""
    kept = {
        "notice": notice.id,
        "version": notice.version,
        "corrects": notice.corrects_id,
        "kind": notice.kind,
        "title": notice.title,
        "body": notice.body,
        "area_id": notice.area_id,
        "area": area,
        "author": notice.author_id,
        "reviewer": notice.reviewer_id,
        "published_at": _moment(notice.published_at),
        "window_ends_at": _moment(notice.window_ends_at),
        "archived_at": _moment(notice.archived_at),
        "answers": [list(one) for one in answers],
    }
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _bound(position: int, previous: str, content: str) -> str:
    return _hash(f"{position}\n{previous}\n{content}")
