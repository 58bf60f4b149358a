"""Messages of group robots that did not surely arrive, and what staff do about one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from config.policy import load
from models import events
from models.errors import AlreadyDone, NotFound
from models.events import Fact
from models.ledger.acting import Act
from models.ledger.lists import ONE_DAY, Reader
from models.ledger.wording import Words, robot_words
from models.localtime import start_of_day
from models.outbox import Delivery
from models.quiet_hours import after_quiet_hours
from models.reports.robots import GroupRobot, RobotMessage
from models.roster import rights

STEPS: Mapping[tuple[Delivery, Act], Delivery] = {
    (Delivery.IN_DOUBT, Act.ARRIVED): Delivery.SENT,
    (Delivery.IN_DOUBT, Act.NOT_ARRIVED): Delivery.FAILED,
    (Delivery.IN_DOUBT, Act.AGAIN): Delivery.QUEUED,
    (Delivery.FAILED, Act.AGAIN): Delivery.QUEUED,
    (Delivery.EXPIRED, Act.AGAIN): Delivery.QUEUED,
}
_TROUBLED = (Delivery.IN_DOUBT, Delivery.FAILED, Delivery.EXPIRED)

Row = tuple[RobotMessage, GroupRobot]


def rows(
    session: Session, reader: Reader, now: datetime, before: int | None = None, limit: int = 50
) -> Sequence[Row]:
    """Of the groups of the areas they serve, the latest first."""
    found = (
        select(RobotMessage, GroupRobot)
        .join(GroupRobot, GroupRobot.id == RobotMessage.robot_id)
        .where(*_where(reader, now))
    )
    if before is not None:
        found = found.where(RobotMessage.id < before)
    listed = session.execute(found.order_by(RobotMessage.id.desc()).limit(limit))
    return [(message, robot) for message, robot in listed]


def count(session: Session, reader: Reader, now: datetime) -> int:
    found = (
        select(func.count())
        .select_from(RobotMessage)
        .join(GroupRobot, GroupRobot.id == RobotMessage.robot_id)
        .where(*_where(reader, now))
    )
    return session.scalar(found) or 0


def acts_of(row: Row) -> list[Act]:
    return [one for one in Act if can(row, one)]


def can(row: Row, act: Act) -> bool:
    """A robot that ended, or whose key is none, says nothing more."""
    message, robot = row
    speaks = robot.ended_at is None and robot.refused is None
    return (message.state, act) in STEPS and (act is not Act.AGAIN or speaks)


def trouble_of(row: Row) -> Words:
    message, robot = row
    return robot_words(message.state, robot.refused or message.errcode)


def do(
    session: Session, reader: Reader, message_id: int, act: Act, *, by: int, at: datetime
) -> None:
    """Raises NotFound for a message they do not see, AlreadyDone when it moved on meanwhile."""
    row = _find(session, reader, message_id)
    message, robot = row
    if not can(row, act):
        raise AlreadyDone(str(message_id))
    old, new = message.state, STEPS[message.state, act]
    hours = timedelta(hours=load("reports")["group_robot"]["hours_kept"])
    due = after_quiet_hours(at)
    anew = {"not_before": due, "expires_at": due + hours, "attempts": 0, "errcode": None}
    moved = session.execute(
        update(RobotMessage)
        .where(RobotMessage.id == message_id, RobotMessage.state == old)
        .values(state=new, **(anew if new is Delivery.QUEUED else {}))
        .returning(RobotMessage.id)
        .execution_options(synchronize_session=False)
    )
    if moved.first() is None:
        raise AlreadyDone(str(message_id))
    fact = Fact(
        verb="group_message_settled",
        subject_kind="group_message",
        subject_id=message_id,
        at=at,
        actor_id=by,
        old=old,
        new=new,
        area_id=robot.area_id,
        detail={"act": act, "errcode": message.errcode, "robot": robot.id},
    )
    events.record(session, fact)


def _find(session: Session, reader: Reader, message_id: int) -> Row:
    found = session.execute(
        select(RobotMessage, GroupRobot)
        .join(GroupRobot, GroupRobot.id == RobotMessage.robot_id)
        .where(RobotMessage.id == message_id, _within(reader))
    ).first()
    if found is None:
        raise NotFound(number=str(message_id))
    message, robot = found
    return message, robot


def _where(reader: Reader, now: datetime) -> Iterator[ColumnElement[bool]]:
    yield RobotMessage.state.in_(_TROUBLED)
    yield RobotMessage.created_at >= start_of_day(now) - load("ledger")["days"] * ONE_DAY
    yield _within(reader)


def _within(reader: Reader) -> ColumnElement[bool]:
    return GroupRobot.area_id.in_(rights.inside(reader.places))
