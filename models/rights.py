"""What one identity lets us send now: following, refusals, the window of customer messages."""

from collections.abc import Set
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, case, or_, update
from sqlalchemy.orm import Session

from config.policy import load
from models.base import UtcDateTime
from models.people import Identity
from models.statements import Statement

# A window is not opened anew so soon after the last time: who writes twice in a breath is one row
# that two processes need not wait for. It ends so much earlier at the most.
LAST_TIME = timedelta(minutes=1)

_columns = Identity.__table__.c
# Whether a message from the person lets us send more than we may now.
OPENS: ColumnElement[bool] = or_(
    _columns.window_until.is_(None),
    _columns.window_until < bindparam("lately", type_=UtcDateTime(), required=True),
    _columns.window_left < bindparam("allowance", type_=Integer(), required=True),
    _columns.is_following.is_(False),
    _columns.refuses.is_(True),
)
_wrote = Statement(
    update(Identity)
    .where(_columns.id == bindparam("identity_id"), OPENS)
    .values(
        window_until=bindparam("until", type_=UtcDateTime()),
        window_left=bindparam("allowance"),
        is_following=True,
        refuses=False,
    )
)
_take = Statement(
    update(Identity)
    .where(
        _columns.id == bindparam("identity_id", required=True),
        _columns.window_until > bindparam("now", type_=UtcDateTime(), required=True),
        _columns.window_left > 0,
    )
    .values(window_left=_columns.window_left - 1)
    .returning(_columns.id)
)


def wrote(session: Session, identity_id: int, now: datetime) -> None:
    """A message from the person: the long window opens anew, with its full allowance."""
    hours, _ = _window("message")
    _wrote.leave(session, identity_id=identity_id, until=now + hours, **opening(now))


def opening(now: datetime) -> dict[str, Any]:
    """What OPENS is asked with."""
    hours, messages = _window("message")
    return {"lately": now + hours - LAST_TIME, "allowance": messages}


def tapped(session: Session, identity_id: int, now: datetime) -> None:
    """A menu tap, a scan or a subscription opens a short window, unless the long one is open.

    The platform keeps an allowance per kind of action; we know of one and stay below the sum.
    """
    minutes, messages = _window("tap")
    is_long = and_(_columns.window_until > now + minutes, _columns.window_left > 0)
    session.execute(
        update(Identity)
        .where(_columns.id == identity_id)
        .values(
            window_until=case((is_long, _columns.window_until), else_=now + minutes),
            window_left=case((is_long, _columns.window_left), else_=messages),
            is_following=True,
        )
        .execution_options(synchronize_session=False)
    )


def take(session: Session, identity_id: int, now: datetime) -> bool:
    """Reserves one customer message before it is sent; false when none is allowed."""
    return _take.first(session, identity_id=identity_id, now=now) is not None


def take_each(session: Session, identity_ids: Set[int], now: datetime) -> Set[int]:
    """As `take` of each of them; those that allow it."""
    asked = [{"identity_id": one, "now": now} for one in sorted(identity_ids)]
    return {one for rows in _take.run_each(session, asked) for (one,) in rows}


def give_back(session: Session, identity_id: int) -> None:
    """The reserved message never left."""
    _, most = _window("message")
    _set(
        session,
        identity_id,
        window_left=case(
            (_columns.window_left < most, _columns.window_left + 1), else_=_columns.window_left
        ),
    )


def close_window(session: Session, identity_id: int) -> None:
    _set(session, identity_id, window_left=0)


def mark_unsubscribed(session: Session, identity_id: int) -> None:
    _set(session, identity_id, is_following=False, window_left=0)


def mark_refuses(session: Session, identity_id: int) -> None:
    """Blacklisted us, or the openid is none of this account's."""
    _set(session, identity_id, refuses=True, window_left=0)


def _set(session: Session, identity_id: int, **values: object) -> None:
    session.execute(
        update(Identity)
        .where(_columns.id == identity_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


@cache
def _window(action: str) -> tuple[timedelta, int]:
    window = load("channels")["windows"][action]
    return timedelta(minutes=window["minutes"]), window["messages"]
