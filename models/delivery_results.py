"""Results the platform reports later, as events: a message arrived, or it did not."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.outbox import Channel, Delivery, OutboxMessage

KEPT_HOURS = 24
_OPEN = (Delivery.SENT, Delivery.IN_DOUBT)


class EarlyResult(Base):
    """早到回执 — a result that overtook the answer to the call it belongs to."""

    __tablename__ = "early_results"

    account: Mapped[str] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(primary_key=True)
    is_ok: Mapped[bool]
    detail: Mapped[str]
    at: Mapped[datetime]


def confirm(
    session: Session, account: str, platform_id: str, ok: bool, detail: str, now: datetime
) -> bool:
    """Applies a result by the platform's id; one that is too early is kept until its message is
    known."""
    if _apply(session, account, platform_id, ok, detail):
        return True
    session.execute(
        insert(EarlyResult)
        .values(account=account, platform_id=platform_id, is_ok=ok, detail=detail, at=now)
        .on_conflict_do_nothing(index_elements=["account", "platform_id"])
    )
    return False


def confirm_subscription(session: Session, identity_id: int, ok: bool, detail: str) -> bool:
    """The result of a subscription message. The call gave no id for it, so the results of one
    person are taken in the order of sending."""
    oldest = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.identity_id == identity_id,
            OutboxMessage.channel == Channel.SUBSCRIPTION,
            OutboxMessage.state.in_(_OPEN),
        )
        .order_by(OutboxMessage.tried_at, OutboxMessage.id)
        .limit(1)
    )
    return _end(session, OutboxMessage.id == oldest.scalar_subquery(), ok, detail)


def match_early(session: Session, now: datetime) -> int:
    """Applies the results that came too early; forgets those that nobody asked for."""
    matched = 0
    for result in session.scalars(select(EarlyResult)).all():
        if _apply(session, result.account, result.platform_id, result.is_ok, result.detail):
            matched += 1
            session.delete(result)
    session.flush()
    stale = EarlyResult.at < now - timedelta(hours=KEPT_HOURS)
    session.execute(delete(EarlyResult).where(stale))
    return matched


def _apply(session: Session, account: str, platform_id: str, ok: bool, detail: str) -> bool:
    message = (OutboxMessage.platform_id == platform_id) & (OutboxMessage.account == account)
    return _end(session, message, ok, detail)


def _end(session: Session, message: ColumnElement[bool], ok: bool, detail: str) -> bool:
    state, reason = (Delivery.CONFIRMED, None) if ok else (Delivery.FAILED, detail)
    found = session.execute(
        update(OutboxMessage)
        .where(message, OutboxMessage.state.in_(_OPEN))
        .values(state=state, reason=reason)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None
