"""How often which errcode came back: for whoever keeps the accounts, without a message's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.policy import load
from models.ledger.wording import Words, words_of
from models.outbox import IS_TROUBLED, Channel, OutboxMessage


@dataclass(frozen=True, slots=True)
class ErrcodeCount:
    """错误码汇总 — one errcode on one channel: how many messages it stopped, and when last."""

    errcode: int
    channel: Channel | None
    amount: int
    latest: datetime

    @property
    def words(self) -> Words:
        return words_of(self.errcode)


def counts(session: Session, now: datetime) -> Sequence[ErrcodeCount]:
    """Of the days the ledger looks back, the most frequent first."""
    since = now - timedelta(days=load("ledger")["days"])
    amount = func.count()
    rows = session.execute(
        select(
            OutboxMessage.errcode,
            OutboxMessage.channel,
            amount,
            func.max(OutboxMessage.created_at),
        )
        .where(IS_TROUBLED, OutboxMessage.errcode != 0, OutboxMessage.created_at > since)
        .group_by(OutboxMessage.errcode, OutboxMessage.channel)
        .order_by(amount.desc(), OutboxMessage.errcode)
    )
    return [ErrcodeCount(code or 0, channel, many, latest) for code, channel, many, latest in rows]
