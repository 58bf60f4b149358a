"""The message ledger as a sheet: what stands on the page, names hidden, no text of a message."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.listings import PAGE, Query, listing, moment, word
from jobs.sheets import Value
from models.ledger import lists
from models.ledger.lists import reader_of, wanted_of
from models.ledger.recipients import Recipient, recipients
from models.ledger.wording import code_of, kind_of, trouble_of
from models.outbox import OutboxMessage


@listing("messages")
class Messages:
    """消息台账清单 — of one group, with the conditions of the list, the latest first."""

    keys = ("group", "channel", "errcode", "day")

    def count(
        self, session: Session, person_id: int, query: Query, now: datetime, most: int
    ) -> int:
        reader = reader_of(session, person_id, now)
        return lists.count(session, reader, wanted_of(query), now, most)

    def page(
        self, session: Session, person_id: int, query: Query, now: datetime, after: int
    ) -> tuple[Sequence[Sequence[Value]], int | None]:
        reader = reader_of(session, person_id, now)
        found = lists.rows(session, reader, wanted_of(query), now, after or None, PAGE)
        whom = recipients(session, reader, found, now)
        further = found[-1].id if len(found) == PAGE else None
        return [_cells(one, whom[one.id]) for one in found], further


def _cells(message: OutboxMessage, to: Recipient) -> Sequence[Value]:
    kind, trouble = kind_of(message.template), trouble_of(message)
    posts = [f"{place}{word(one.role, 'role')}" for place, one in to.posts]
    return (
        message.id,
        moment(message.created_at),
        kind.label if kind else "",
        to.name or word(to.whom, "whom"),
        "；".join(posts or to.homes),
        word(message.channel, "message_channel"),
        word(message.state, "delivery"),
        code_of(message),
        trouble.means if trouble else "",
        trouble.todo if trouble else "",
        message.attempts,
        moment(message.sent_at),
        f"#{message.ticket_id}" if message.ticket_id else "",
    )
