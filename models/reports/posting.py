"""Claiming what a group robot is to say, and what became of each try.

The platform knows no repeat, so a message whose end nobody saw is never sent again.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from config.policy import load
from models.outbox import Delivery
from models.reports.robots import GroupRobot, RobotMessage

A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Claimed:
    """领取的群消息 — one message that this process alone may post while its lease lasts."""

    id: int
    robot_id: int
    key: str
    template: str
    context: dict[str, Any]
    attempts: int
    lease_token: str


def has_due(session: Session, now: datetime) -> bool:
    """Whether there is anything to claim or to sweep; asked before a transaction is opened."""
    is_over = and_(RobotMessage.state == Delivery.QUEUED, RobotMessage.expires_at <= now)
    is_left = and_(RobotMessage.state == Delivery.SENDING, RobotMessage.lease_until <= now)
    left = select(RobotMessage.id).where(or_(is_over, is_left)).limit(1)
    return session.scalar(left) is not None or session.execute(_due(now)).first() is not None


def sweep(session: Session, now: datetime) -> None:
    """Whose lease is over was begun and never settled; what is too late is not sent any more."""
    session.execute(
        update(RobotMessage)
        .where(RobotMessage.state == Delivery.SENDING, RobotMessage.lease_until <= now)
        .values(state=Delivery.IN_DOUBT)
    )
    session.execute(
        update(RobotMessage)
        .where(RobotMessage.state == Delivery.QUEUED, RobotMessage.expires_at <= now)
        .values(state=Delivery.EXPIRED)
    )


def claim(session: Session, now: datetime) -> Claimed | None:
    """The next message of a robot that may still speak in this minute; commit before the call."""
    rules = load("reports")["group_robot"]
    found = session.execute(_due(now).with_for_update(skip_locked=True, of=RobotMessage)).first()
    if found is None:
        return None
    message, key = found
    message.state, message.begun_at = Delivery.SENDING, now
    message.attempts += 1
    message.lease_token = secrets.token_hex(8)
    message.lease_until = now + timedelta(seconds=rules["lease_seconds"])
    session.flush()
    return Claimed(
        message.id,
        message.robot_id,
        key,
        message.template,
        message.context,
        message.attempts,
        message.lease_token,
    )


def settle(
    session: Session, one: Claimed, state: Delivery, now: datetime, errcode: int | None = None
) -> bool:
    """False when the lease was lost meanwhile: somebody else has ruled on it."""
    changed = session.execute(
        update(RobotMessage)
        .where(RobotMessage.id == one.id, RobotMessage.lease_token == one.lease_token)
        .where(RobotMessage.state == Delivery.SENDING)
        .values(
            state=state,
            errcode=errcode,
            lease_token=None,
            lease_until=None,
            sent_at=now if state == Delivery.SENT else None,
        )
        .returning(RobotMessage.id)
    )
    return changed.first() is not None


def again(
    session: Session, one: Claimed, now: datetime, errcode: int | None, *, at: datetime
) -> bool:
    """It certainly did not arrive: later, as long as there are tries left."""
    is_over = one.attempts >= load("reports")["group_robot"]["attempts"]
    state = Delivery.FAILED if is_over else Delivery.QUEUED
    held = settle(session, one, state, now, errcode)
    if held and not is_over:
        session.execute(update(RobotMessage).where(RobotMessage.id == one.id).values(not_before=at))
    return held


def refuse(session: Session, one: Claimed, now: datetime, errcode: int) -> None:
    """The key is none: the robot rests until somebody puts it right, its messages expire."""
    settle(session, one, Delivery.FAILED, now, errcode)
    session.execute(update(GroupRobot).where(GroupRobot.id == one.robot_id).values(refused=errcode))


def _due(now: datetime) -> Select[RobotMessage, str]:
    """The next one, with the key of its robot."""
    return (
        select(RobotMessage, GroupRobot.key)
        .join(GroupRobot, GroupRobot.id == RobotMessage.robot_id)
        .where(
            RobotMessage.state == Delivery.QUEUED,
            RobotMessage.not_before <= now,
            RobotMessage.expires_at > now,
            GroupRobot.ended_at.is_(None),
            GroupRobot.refused.is_(None),
            RobotMessage.robot_id.not_in(_spent(now)),
        )
        .order_by(RobotMessage.not_before, RobotMessage.id)
        .limit(1)
    )


def _spent(now: datetime) -> Select[int]:
    """Robots that have spoken so often in the last minute that the platform would refuse."""
    most = load("reports")["group_robot"]["most_a_minute"]
    return (
        select(RobotMessage.robot_id)
        .where(RobotMessage.begun_at > now - A_MINUTE)
        .group_by(RobotMessage.robot_id)
        .having(func.count() >= most)
    )
