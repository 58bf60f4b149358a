"""When our own answer could not be given: the late reply, and the call for a person."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bots.message import IncomingMessage
from bots.rendering import render
from models import events, outbox
from models.events import Fact
from models.people import Identity
from models.posts import Post, Role

SHOWN_CHARACTERS = 200


def deliver_late(
    session: Session, inbox_id: int, message: IncomingMessage, reply: str, now: datetime
) -> None:
    """The stored reply of a message that was answered too late, once, as a message of its own."""
    person_id = _person(session, message)
    if person_id is None:
        return
    outbox.queue(
        session,
        [
            {
                "person_id": person_id,
                "account": message.account,
                "template": "late_reply",
                "context": {"text": reply},
                "quiet": outbox.Quiet.AWAKE,
                "unique_key": f"inbox:{inbox_id}",
                "created_at": now,
                "not_before": now,
            }
        ],
    )


def on_failure(session: Session, message: IncomingMessage, now: datetime) -> str:
    """Our work failed on every delivery: the duty desk gets the words, the person an apology."""
    words = message.text or message.recognition or ""
    person_id = _person(session, message)
    events.record(
        session,
        Fact(
            verb="message_failed",
            subject_kind="person",
            subject_id=person_id or 0,
            at=now,
            account=message.account,
            parties={"duty_desk": _duty_desk(session, now)},
            context={"text": words[:SHOWN_CHARACTERS], "kind": message.kind},
        ),
    )
    return render("work_failed", {})


def _person(session: Session, message: IncomingMessage) -> int | None:
    return session.scalar(
        select(Identity.person_id).where(
            Identity.account == message.account, Identity.openid == message.openid
        )
    )


def _duty_desk(session: Session, now: datetime) -> list[int]:
    return list(
        session.scalars(
            select(Post.person_id).where(
                Post.role == Role.DUTY_DESK,
                Post.since <= now,
                (Post.until.is_(None)) | (Post.until > now),
            )
        )
    )
