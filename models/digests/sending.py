"""Keeping a digest and sending it to those who read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import conversations, outbox
from models.accounts import MAIN
from models.digests.composing import Composed
from models.digests.table import Digest, DigestKind, Section
from models.places import Area, AreaKind
from models.posts import Post, Role, is_held
from models.reports import readers as subscribers
from models.reports.table import Edition

ASKED = "asked"  # the job of a digest that somebody asked for
QUESTION = "digest"
HOURS_OPEN = 24


@dataclass(frozen=True, slots=True)
class Occasion:
    """日报时点 — which digest of which community this is."""

    job: str
    due_at: datetime
    community_id: int
    kind: DigestKind


def communities(session: Session) -> Sequence[int]:
    return session.scalars(
        select(Area.id).where(Area.kind == AreaKind.COMMUNITY).order_by(Area.id)
    ).all()


def readers(session: Session, community_id: int, now: datetime) -> list[int]:
    """The community's staff, or who stands in for them, less who stopped it; and who asked."""
    community = session.get_one(Area, community_id)
    return subscribers.readers(session, community, Edition.DAILY, now)


def communities_of(session: Session, person_id: int, now: datetime) -> Sequence[Area]:
    """Where this person is community staff."""
    served = select(Post.area_id).where(
        Post.person_id == person_id,
        Post.role == Role.COMMUNITY_STAFF,
        is_held(now),
    )
    return session.scalars(
        select(Area).where(Area.kind == AreaKind.COMMUNITY, Area.id.in_(served)).order_by(Area.id)
    ).all()


def send(session: Session, occasion: Occasion, person_id: int, composed: Composed) -> bool:
    """Queues the digest and opens the question its numbers are; false when that was done before,
    or there is nothing to say."""
    if not composed.has_news or _find(session, occasion, person_id) is not None:
        return False
    digest = keep(session, occasion, person_id, composed)
    _close_older(session, person_id, occasion)
    keeping = {"digest_id": digest.id, "community_id": digest.community_id}
    conversations.ask(
        session,
        person_id,
        QUESTION,
        keeping,
        occasion.due_at,
        is_pushed=True,
        hours=HOURS_OPEN,
    )
    outbox.queue(
        session,
        [
            {
                "person_id": person_id,
                "account": MAIN,
                "template": QUESTION,
                "context": context(session, digest),
                "unique_key": f"digest:{digest.id}",
                "created_at": occasion.due_at,
                "expires_at": occasion.due_at + timedelta(hours=HOURS_OPEN),
            }
        ],
    )
    return True


def keep(session: Session, occasion: Occasion, person_id: int, composed: Composed) -> Digest:
    """The row behind the numbers; the one there is when it was kept before."""
    known = _find(session, occasion, person_id)
    if known is not None:
        return known
    digest = Digest(
        job=occasion.job,
        due_at=occasion.due_at,
        community_id=occasion.community_id,
        person_id=person_id,
        kind=occasion.kind,
        sections={str(section): ids for section, ids in composed.sections.items()},
        topics=[list(topic) for topic in composed.topics],
    )
    session.add(digest)
    session.flush()
    return digest


def context(session: Session, digest: Digest) -> dict[str, Any]:
    """What the words of a digest are filled with: each number is the length of its list."""
    occasion = Occasion(digest.job, digest.due_at, digest.community_id, digest.kind)
    lists = {section: digest.sections[section] for section in digest.shown()}
    return _context(session, occasion, lists, digest.topics)


def group_context(session: Session, occasion: Occasion, composed: Composed) -> dict[str, Any]:
    """The same of a digest that nobody keeps, for the robot of a group."""
    return _context(session, occasion, composed.sections, composed.topics)


def _context(
    session: Session,
    occasion: Occasion,
    lists: Mapping[Section, Sequence[int]],
    topics: Sequence[Any],
) -> dict[str, Any]:
    return {
        "digest_kind": occasion.kind,
        "community": session.get_one(Area, occasion.community_id).name,
        "at": occasion.due_at.isoformat(),
        "sections": [{"key": str(section), "count": len(ids)} for section, ids in lists.items()],
        "topics": [list(topic) for topic in topics],
    }


def _find(session: Session, occasion: Occasion, person_id: int) -> Digest | None:
    return session.scalars(
        select(Digest).where(
            Digest.job == occasion.job,
            Digest.due_at == occasion.due_at,
            Digest.community_id == occasion.community_id,
            Digest.person_id == person_id,
        )
    ).first()


def _close_older(session: Session, person_id: int, occasion: Occasion) -> None:
    """A number answers the latest digest of a community."""
    for question in conversations.open_questions(session, person_id, occasion.due_at):
        is_digest = question.kind == QUESTION and question.is_pushed
        if is_digest and question.context["community_id"] == occasion.community_id:
            conversations.close(question, occasion.due_at)
