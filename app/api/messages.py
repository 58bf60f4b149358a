"""Everything that was sent to who asks, worded as it was."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.api import paging
from app.api.routes import Call, Work, reads, sets
from app.api.schemas import Given, Number, PageQuery, Sent
from bots.my_messages import worded
from models import my_messages, outbox

MOST = 50


class MessageOut(Given):
    """消息 — one that was sent, whether or not a push could bring it."""

    id: int
    at: datetime
    text: str
    ticket_id: int | None
    is_new: bool


class MessagePage(Given):
    items: list[MessageOut]
    next: str | None


class Seen(Sent):
    """已读 — the latest that was looked at."""

    up_to: Number


@reads("/messages", gives=MessagePage, query=PageQuery, refuses=("cursor_unfit",))
def list_messages(call: Call, query: PageQuery) -> Work:
    """All that was sent to one, the latest first."""
    before = paging.position(call, query)

    def work(session: Session) -> MessagePage:
        found = my_messages.sent_to(
            session, call.who.person_id, before=before, limit=query.limit + 1
        )
        told = worded(found[: query.limit])
        items = [
            MessageOut(
                id=one.id, at=one.at, text=one.text, ticket_id=one.ticket_id, is_new=one.is_new
            )
            for one in told
        ]
        return MessagePage(items=items, next=paging.next_cursor(call, query, found))

    return work


@sets("/messages/seen", takes=Seen, status=204)
def see_messages(call: Call, body: Seen) -> Work:
    """They were looked at here: what could not be pushed has thereby arrived."""

    def work(session: Session) -> None:
        who = call.who.person_id
        found = my_messages.sent_to(session, who, before=body.up_to + 1, limit=MOST)
        outbox.show(session, [one.id for one in found], call.now)

    return work
