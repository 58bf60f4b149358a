"""Attempts at sending: claiming messages, and what became of each try."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from models.accounts import EVERY_API, ApiStop
from models.base import UtcDateTime
from models.outbox import (
    IS_QUEUED,
    Channel,
    Delivery,
    OutboxMessage,
    Quiet,
)
from models.statements import Statement

_columns = OutboxMessage.__table__.c


@dataclass(frozen=True, slots=True)
class Claimed:
    """领取的消息 — a message that this process alone may send while its lease lasts."""

    id: int
    person_id: int | None
    audience: str | None
    account: str
    template: str
    context: dict[str, Any]
    quiet: Quiet
    unique_key: str
    ticket_id: int | None
    channel: Channel | None
    identity_id: int | None
    attempts: int
    created_at: datetime
    expires_at: datetime | None
    lease_token: str
    lease_until: datetime


_CLAIMED = tuple(Claimed.__dataclass_fields__)


def _claim_of(quiet: Quiet) -> Statement:
    at = bindparam("now", type_=UtcDateTime())
    stopped = select(ApiStop.account).where(ApiStop.api == EVERY_API, ApiStop.until > at)
    due = (
        select(_columns.id)
        .where(
            IS_QUEUED,
            _columns.quiet == quiet,
            _columns.not_before <= at,
            _columns.account.not_in(stopped),
        )
        .order_by(_columns.not_before, _columns.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")  # PostgreSQL may run a subquery again for each row, and takes more than asked
    )
    return Statement(
        update(OutboxMessage)
        .where(_columns.id.in_(select(due.c.id)))
        .values(
            state=Delivery.SENDING,
            attempts=_columns.attempts + 1,
            lease_token=bindparam("mark"),
            lease_until=bindparam("until", type_=UtcDateTime()),
            begun_at=None,
        )
        .returning(*(_columns[name] for name in _CLAIMED))
    )


# A statement for each class: one index serves them all, and none waits for sorting.
_CLAIMS = [_claim_of(quiet) for quiet in (Quiet.IGNORE, Quiet.AWAKE, Quiet.RESPECT)]


def claim(session: Session, now: datetime, limit: int, lease: timedelta) -> list[Claimed]:
    """Takes up to `limit` due messages, emergencies first; commit before the first is sent."""
    mark = secrets.token_hex(8)
    claimed: list[Claimed] = []
    for statement in _CLAIMS:
        if len(claimed) < limit:
            rows = statement.run(
                session, now=now, most=limit - len(claimed), mark=mark, until=now + lease
            )
            claimed += sorted((Claimed(*row) for row in rows), key=lambda one: one.id)
    return claimed


@dataclass(frozen=True, slots=True)
class Chosen:
    """选定的去路 — a claimed message, and how and to whom it is about to go."""

    message: Claimed
    channel: Channel
    identity_id: int | None


_begin = Statement(
    update(OutboxMessage)
    .where(
        _columns.id == bindparam("message_id", required=True),
        _columns.state == Delivery.SENDING,
        _columns.lease_token == bindparam("mark", required=True),
    )
    .values(
        channel=bindparam("way", type_=_columns.channel.type, required=True),
        identity_id=bindparam("whom", required=True),
        begun_at=bindparam("now", type_=UtcDateTime(), required=True),
        lease_until=bindparam("until", type_=UtcDateTime(), required=True),
        # Counted from the first try on one channel: so long the platform knows a repeat again.
        tried_at=case(
            (
                and_(
                    _columns.channel
                    == bindparam("way", type_=_columns.channel.type, required=True),
                    _columns.tried_at.is_not(None),
                ),
                _columns.tried_at,
            ),
            else_=bindparam("now", type_=UtcDateTime(), required=True),
        ),
    )
    .returning(_columns.id)
)


def begin_each(
    session: Session, chosen: Sequence[Chosen], now: datetime, lease: timedelta
) -> list[Claimed | None]:
    """Notes the way and the recipient just before each call: from then on a crash leaves a doubt.

    None where the lease went elsewhere: then it is not ours to send.
    """
    until = now + lease
    asked = [
        {
            "message_id": one.message.id,
            "mark": one.message.lease_token,
            "way": one.channel,
            "whom": one.identity_id,
            "now": now,
            "until": until,
        }
        for one in chosen
    ]
    begun = _begin.run_each(session, asked)
    return [
        replace(one.message, lease_until=until) if rows else None
        for one, rows in zip(chosen, begun, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Accepted:
    """平台已收 — a message that the platform has taken, and what it said."""

    message: Claimed
    platform_id: str | None
    errcode: int


def sent_each(session: Session, accepted: Sequence[Accepted], now: datetime) -> list[bool]:
    """The platform has taken them; false where the lease went elsewhere, as of any end."""
    told = [
        _told(
            one.message,
            Delivery.SENT,
            platform_id=one.platform_id,
            errcode=one.errcode,
            sent_at=now,
            reason=None,
        )
        for one in accepted
    ]
    ended = _ending("platform_id", "errcode", "sent_at", "reason").run_each(session, told)
    return [bool(rows) for rows in ended]


def failed(session: Session, message: Claimed, errcode: int | None, reason: str) -> bool:
    return _end(session, message, Delivery.FAILED, errcode=errcode, reason=reason)


def doubtful(session: Session, message: Claimed, reason: str) -> bool:
    """It was sent, and no answer came: it may have arrived."""
    return _end(session, message, Delivery.IN_DOUBT, reason=reason)


def expired(session: Session, message: Claimed) -> bool:
    return _end(session, message, Delivery.EXPIRED)


def held(session: Session, message: Claimed, reason: str) -> bool:
    """No channel may bring it now; it waits for the person to write, and can be read meanwhile."""
    return _end(session, message, Delivery.HELD, channel=None, reason=reason)


def again(
    session: Session,
    message: Claimed,
    not_before: datetime,
    errcode: int | None,
    reason: str,
    channel: Channel | None = None,
) -> bool:
    """Back into the queue; with a channel, for this channel alone."""
    return _end(
        session,
        message,
        Delivery.QUEUED,
        not_before=not_before,
        channel=channel,
        errcode=errcode,
        reason=reason,
    )


def untried(session: Session, message: Claimed, not_before: datetime, reason: str) -> bool:
    """Nothing was sent and nothing was learned about it: the attempt does not count."""
    return _end(
        session,
        message,
        Delivery.QUEUED,
        not_before=not_before,
        channel=message.channel,
        attempts=message.attempts - 1,
        reason=reason,
    )


def _end(session: Session, message: Claimed, state: Delivery, **values: Any) -> bool:
    """Changes the row only while this attempt holds it; false when the lease went elsewhere.

    An answer that comes after the lease still settles the doubt, unless another try has begun.
    """
    return _ending(*values).first(session, **_told(message, state, **values)) is not None


def _told(message: Claimed, state: Delivery, **values: Any) -> dict[str, Any]:
    new = {f"new_{name}": value for name, value in values.items()}
    return {"message_id": message.id, "mark": message.lease_token, "new_state": state, **new}


@cache
def _ending(*names: str) -> Statement:
    new = {
        name: bindparam(f"new_{name}", type_=_columns[name].type, required=True)
        for name in ("state", *names)
    }
    return Statement(
        update(OutboxMessage)
        .where(
            _columns.id == bindparam("message_id", required=True),
            or_(_columns.state == Delivery.SENDING, _columns.state == Delivery.IN_DOUBT),
            _columns.lease_token == bindparam("mark", required=True),
        )
        .values(lease_token=None, lease_until=None, **new)
        .returning(_columns.id)
    )
