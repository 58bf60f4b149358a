"""我的消息 as the person reads them: what was sent, in the words it was sent in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from jinja2 import TemplateError
from sqlalchemy.orm import Session

from bots.rendering import render
from models import my_messages
from models.outbox import Delivery, OutboxMessage

AT_ONCE = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """收到的一条 — one message in its words; the last id of a page asks for the next."""

    id: int
    at: datetime
    text: str
    ticket_id: int | None
    is_new: bool  # no push could bring it, and it was not read here before


def worded(messages: Iterable[OutboxMessage]) -> Iterator[Told]:
    """Those of a time when the words of their kind needed other facts are left out."""
    for one in messages:
        try:
            text = render(one.template, one.context)
        except TemplateError as failure:
            log.warning("message_not_worded", template=one.template, kind=type(failure).__name__)
            continue
        is_new = one.state == Delivery.HELD
        yield Told(one.id, one.created_at, text, one.ticket_id, is_new)


def all_worded(session: Session, person_id: int) -> Iterator[Told]:
    """Everything that was ever sent to a person, the latest first."""
    before = None
    while found := my_messages.sent_to(session, person_id, before=before, limit=AT_ONCE):
        yield from worded(found)
        before = found[-1].id
