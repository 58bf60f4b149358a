"""Objections to a notice: taken within its period, answered by those who serve its area."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import events, on_duty
from models.errors import AlreadyDone, NotAllowed, ReasonMissing, TooLate
from models.events import Fact
from models.notices.actions import working_days_after
from models.notices.rights import serves
from models.notices.table import Notice, Objection
from models.notices.telling import facts
from models.people import Person
from models.places import AreaWithin
from models.posts import Post, Role
from models.sealing import seal_for


def object_to(
    session: Session, notice: Notice, text: str, *, by: int, at: datetime, account: str
) -> Objection:
    """提异议. Those who answer are told what was said, and not by whom."""
    if not notice.takes_objections(at):
        raise TooLate(number=notice.number)
    if not text.strip():
        raise ReasonMissing(number=notice.number, action="object")
    objection = Objection(
        notice_id=notice.id,
        person_id=by,
        account=account,
        text=text.strip(),
        at=at,
        answer_due_at=working_days_after(
            session, notice, at, load("notices")["terms"]["answer_days"]
        ),
    )
    session.add(objection)
    session.flush()
    parties = {"answering": answering(session, notice, at)}
    _record(session, objection, "objection_raised", by, at, parties)
    return objection


def answer(session: Session, objection: Objection, text: str, *, by: int, at: datetime) -> None:
    """答复异议: by a post whose area holds the notice's; the objector is told."""
    if not can_answer(session, objection, by=by, at=at):
        raise NotAllowed(number=f"#{objection.id}")
    if objection.answered_at is not None:
        raise AlreadyDone(number=f"#{objection.id}")
    if not text.strip():
        raise ReasonMissing(number=f"#{objection.id}", action="answer_objection")
    objection.answer, objection.answered_by, objection.answered_at = text.strip(), by, at
    parties = {"objector": [objection.person_id]}
    _record(session, objection, "objection_answered", by, at, parties)


def can_answer(session: Session, objection: Objection, *, by: int, at: datetime) -> bool:
    """Nobody answers their own objection."""
    notice = session.get_one(Notice, objection.notice_id)
    return by != objection.person_id and serves(session, notice.area_id, by, "answering", at)


def answering(session: Session, notice: Notice, now: datetime) -> list[int]:
    """Who is asked to answer: all holders of the first role that somebody holds."""
    holders = on_duty.holders_at(session, notice.area_id, now)
    for role in load("notices")["posts"]["answering"]:
        if found := [one.person_id for one in holders if one.role == role]:
            return list(dict.fromkeys(found))
    return []


def waiting_for(session: Session, person_id: int, now: datetime) -> list[Objection]:
    """What this person may answer and nobody has, the earliest due first."""
    roles = [Role(role) for role in load("notices")["posts"]["answering"]]
    served = select(Post.area_id).where(Post.person_id == person_id, Post.role.in_(roles))
    inside = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_(served))
    found = session.scalars(
        select(Objection)
        .join(Notice, Notice.id == Objection.notice_id)
        .where(Objection.answered_at.is_(None), Notice.area_id.in_(inside))
        .order_by(Objection.answer_due_at, Objection.id)
    )
    return [one for one in found if can_answer(session, one, by=person_id, at=now)]


def unanswered(session: Session, before: datetime) -> Sequence[tuple[Notice, int]]:
    """Every notice with objections that wait since then or longer, and how many."""
    rows = session.execute(
        select(Notice, Objection.id)
        .join(Objection, Objection.notice_id == Notice.id)
        .where(Objection.answered_at.is_(None), Objection.at < before)
        .order_by(Notice.id)
    )
    counts: dict[Notice, int] = {}
    for notice, _ in rows:
        counts[notice] = counts.get(notice, 0) + 1
    return list(counts.items())


def context(session: Session, objection: Objection) -> dict[str, Any]:
    """What the words about an objection are filled with. Nothing in it tells who objected."""
    return facts(session, session.get_one(Notice, objection.notice_id)) | {
        "objection_id": objection.id,
        "text": objection.text or "",
        "answer": objection.answer,
        "answer_due": objection.answer_due_at.isoformat(),
    }


def _record(
    session: Session,
    objection: Objection,
    verb: str,
    by: int,
    at: datetime,
    parties: Mapping[str, Sequence[int]],
) -> None:
    session.flush()
    said = objection.answer or objection.text or ""
    notice = session.get_one(Notice, objection.notice_id)
    author = session.get_one(Person, by)
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="objection",
            subject_id=objection.id,
            at=at,
            account=objection.account,
            actor_id=by,
            capacity="objector" if by == objection.person_id else "answering",
            area_id=notice.area_id,
            detail={"notice": notice.id},
            words=seal_for(author.own_key, said),
            parties=parties,
            context=context(session, objection),
        ),
    )
