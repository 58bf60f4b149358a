"""Takes one guard out of the product, to show that the proof would notice."""

import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.wechat import intake
from jobs import queue
from models import attempts, inbox, outbox
from models.outbox import Delivery, OutboxMessage

FOR_EVER = timedelta(days=36500)
EVERYBODYS = "everybody's"
_letter_of = intake.letter_of
_queue, _queue_each = outbox.queue, outbox.queue_each
_claim, _begin_each = attempts.claim, attempts.begin_each
_counted = itertools.count()


def _without_inbox_key() -> None:
    """Every delivery has a key of its own, as if the inbox had no unique one."""

    def letter_of(delivery: Any) -> inbox.Letter:
        letter = _letter_of(delivery)
        return replace(letter, key=_own(letter.key))

    intake.letter_of = letter_of


def _without_outbox_key() -> None:
    """Every queueing has a key of its own, as if the outbox had no unique one."""

    def queue_(session: Session, rows: Iterable[Any]) -> int:
        return _queue(session, [{**row, "unique_key": _own(row["unique_key"])} for row in rows])

    def queue_each(
        session: Session, persons: Sequence[int], said: dict[str, Any], *, unique_key: str
    ) -> int:
        return _queue_each(session, persons, said, unique_key=_own(unique_key))

    outbox.queue, outbox.queue_each = queue_, queue_each


def _without_claim() -> None:
    """Whoever looks takes what is due, though another has it: it is everybody's."""
    open_ = or_(
        OutboxMessage.state == Delivery.QUEUED,
        (OutboxMessage.state == Delivery.SENDING) & (OutboxMessage.lease_token == EVERYBODYS),
    )

    def claim(session: Session, now: Any, limit: int, lease: timedelta) -> list[attempts.Claimed]:
        due = select(OutboxMessage.id).where(open_, OutboxMessage.not_before <= now).limit(limit)
        rows = session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(due))
            .values(
                state=Delivery.SENDING,
                attempts=OutboxMessage.attempts + 1,
                lease_token=EVERYBODYS,
                lease_until=now + lease,
            )
            .returning(*(getattr(OutboxMessage, name) for name in attempts._CLAIMED))
            .execution_options(synchronize_session=False)
        )
        return [attempts.Claimed(*row) for row in rows]

    attempts.claim = claim
    attempts.begin_each = lambda session, chosen, *given: [one.message for one in chosen]


def _without_lease() -> None:
    """What a dead worker held stays its own: a lease that never ends is none."""

    def claim(session: Session, now: Any, limit: int, lease: timedelta) -> list[attempts.Claimed]:
        return _claim(session, now, limit, FOR_EVER)

    attempts.claim = claim
    attempts.begin_each = lambda *given: _begin_each(*given[:-1], FOR_EVER)
    queue.LEASE = FOR_EVER


GUARDS: dict[str, Callable[[], None]] = {
    "lease": _without_lease,
    "claim": _without_claim,
    "inbox_key": _without_inbox_key,
    "outbox_key": _without_outbox_key,
}


def _own(key: str) -> str:
    return f"{key}/{os.getpid()}/{next(_counted)}"
