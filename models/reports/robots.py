"""Group robots of an area, and the ledger of what each is to say."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.policy import load
from models import events
from models.base import Base
from models.errors import DomainError, NotAllowed, NotFound
from models.events import Fact
from models.outbox import Delivery
from models.places import Area
from models.quiet_hours import after_quiet_hours
from models.reports.readers import editions as editions_of
from models.reports.readers import may_decide
from models.reports.table import Edition
from models.sealing import Sealed

LONGEST_NAME = 30
_KEY = re.compile(r"(?:https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=)?([\w-]{8,80})")


class KeyUnfit(DomainError):
    """What was given is no address of a group robot."""

    template = "robot_key_unfit"


class GroupRobot(Base):
    """群机器人 — a robot in a staff group of WeCom, and which editions of an area it posts."""

    __tablename__ = "group_robots"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(Sealed)  # whoever has it may write into the group
    editions: Mapped[list[Any]]
    added_by: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    refused: Mapped[int | None]  # errcode that only a person can put right; nothing is sent


_IS_OPEN = text("state IN ('queued', 'sending')")


class RobotMessage(Base):
    """群消息 — one message of one robot: template and plain context, never rendered text."""

    __tablename__ = "robot_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    robot_id: Mapped[int] = mapped_column(ForeignKey("group_robots.id"))
    template: Mapped[str]
    context: Mapped[dict[str, Any]]
    unique_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[Delivery]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    begun_at: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    errcode: Mapped[int | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state <> 'sending' OR lease_token IS NOT NULL", name="sending_has_lease"),
        Index(
            "ix_robot_messages_open",
            "state",
            "not_before",
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_robot_messages_robot", "robot_id", "begun_at"),
    )


def add(
    session: Session,
    area_id: int,
    name: str,
    address: str,
    editions: Sequence[Edition],
    *,
    by: int,
    at: datetime,
) -> GroupRobot:
    """By who decides what is sent of the area. Takes the whole webhook address, or its key."""
    area = session.get(Area, area_id)
    if area is None:
        raise NotFound(f"area {area_id}")
    if not may_decide(session, area, by, at):
        raise NotAllowed
    key = _KEY.fullmatch(address.strip())
    chosen = [str(one) for one in editions_of(area) if one in editions]
    if key is None or not name.strip() or not chosen:
        raise KeyUnfit
    robot = GroupRobot(
        area_id=area_id,
        name=name.strip()[:LONGEST_NAME],
        key=key[1],
        editions=chosen,
        added_by=by,
        added_at=at,
    )
    session.add(robot)
    session.flush()
    _record(session, robot, "group_robot_added", by, at)
    return robot


def end(session: Session, robot_id: int, *, by: int, at: datetime) -> None:
    """It posts nothing more, and its key is forgotten."""
    robot = session.get(GroupRobot, robot_id)
    if robot is None or robot.ended_at is not None:
        raise NotFound(f"group robot {robot_id}")
    if not may_decide(session, session.get_one(Area, robot.area_id), by, at):
        raise NotFound(f"group robot {robot_id}")
    robot.ended_at, robot.key = at, ""
    _record(session, robot, "group_robot_ended", by, at)


def of_area(session: Session, area_id: int) -> Sequence[GroupRobot]:
    return session.scalars(
        select(GroupRobot)
        .where(GroupRobot.area_id == area_id, GroupRobot.ended_at.is_(None))
        .order_by(GroupRobot.id)
    ).all()


def posting(session: Session, area_id: int, edition: Edition) -> list[GroupRobot]:
    return [one for one in of_area(session, area_id) if edition in one.editions]


def queue(
    session: Session,
    robots: Iterable[GroupRobot],
    template: str,
    context: dict[str, Any],
    *,
    key: str,
    now: datetime,
) -> int:
    """One message for each of these robots, once by the key; says how many were new."""
    hours = timedelta(hours=load("reports")["group_robot"]["hours_kept"])
    new = 0
    for robot in robots:
        row = session.execute(
            insert(RobotMessage)
            .values(
                robot_id=robot.id,
                template=template,
                context=context,
                unique_key=f"{key}:{robot.id}",
                state=Delivery.QUEUED,
                created_at=now,
                not_before=after_quiet_hours(now),
                expires_at=now + hours,
            )
            .on_conflict_do_nothing(index_elements=["unique_key"])
            .returning(RobotMessage.id)
        )
        new += row.first() is not None
    return new


def _record(session: Session, robot: GroupRobot, verb: str, by: int, at: datetime) -> None:
    fact = Fact(
        verb=verb,
        subject_kind="group_robot",
        subject_id=robot.id,
        at=at,
        actor_id=by,
        area_id=robot.area_id,
        detail={"editions": robot.editions},
    )
    events.record(session, fact)
