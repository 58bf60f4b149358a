"""What time alone changes on messages: lost leases, safe repeats, expiry, the night."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from config.policy import load
from models.outbox import (
    IS_HELD,
    IS_IN_DOUBT,
    IS_QUEUED,
    IS_SENDING,
    Delivery,
    OutboxMessage,
    Quiet,
)
from models.quiet_hours import after_quiet_hours, quiet_since

_columns = OutboxMessage.__table__.c


def sweep(session: Session, now: datetime) -> None:
    _take_back_unbegun(session, now)
    _doubt_lost(session, now)
    _repeat_safe(session, now)
    _expire(session, now)
    _postpone(session, now)


def _take_back_unbegun(session: Session, now: datetime) -> None:
    """Their worker died before it called for them: nothing can have arrived."""
    _all(
        session,
        (IS_SENDING, _columns.lease_until <= now, _columns.begun_at.is_(None)),
        state=Delivery.QUEUED,
        attempts=_columns.attempts - 1,
        lease_token=None,
        lease_until=None,
    )


def _doubt_lost(session: Session, now: datetime) -> None:
    _all(
        session,
        (IS_SENDING, _columns.lease_until <= now),
        state=Delivery.IN_DOUBT,
        reason="lease expired",
    )


def _repeat_safe(session: Session, now: datetime) -> None:
    """Template and mass messages carry an id that the platform knows again; emergencies must
    arrive even at the price of arriving twice."""
    policy = load("channels")["delivery"]
    known_again = [
        (_columns.channel == channel) & (_columns.tried_at > now - timedelta(minutes=minutes))
        for channel, minutes in policy["knows_again_minutes"].items()
    ]
    _all(
        session,
        (
            IS_IN_DOUBT,
            _columns.attempts < policy["attempts_in_doubt"],
            or_(*known_again),
        ),
        state=Delivery.QUEUED,
        not_before=now + timedelta(seconds=policy["repeat_after_seconds"]),
    )
    _all(
        session,
        (
            IS_IN_DOUBT,
            _columns.attempts < policy["attempts_in_doubt"],
            _columns.quiet == Quiet.IGNORE,
        ),
        state=Delivery.QUEUED,
        not_before=now,
        channel=None,
    )


def _expire(session: Session, now: datetime) -> None:
    _all(
        session,
        (IS_HELD, _columns.expires_at <= now),
        state=Delivery.EXPIRED,
    )


def _postpone(session: Session, now: datetime) -> None:
    """By night, what was due by day and is late waits for the morning. What became due by night
    answers somebody who is awake and goes out."""
    began = quiet_since(now)
    if began is not None:
        _all(
            session,
            (
                IS_QUEUED,
                _columns.quiet == Quiet.RESPECT,
                _columns.not_before < began,
            ),
            not_before=after_quiet_hours(now),
        )


def _all(session: Session, conditions: Sequence[Any], **values: Any) -> None:
    session.execute(
        update(OutboxMessage)
        .where(*conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
