"""Posts: who serves which area in which role, and who stands in when they are away."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base


class Role(StrEnum):
    RESIDENT = "resident"
    BUILDING_HEAD = "building_head"
    UNIT_HEAD = "unit_head"
    PARTY_ANCHOR = "party_anchor"
    GRID_WORKER = "grid_worker"
    GRID_LEADER = "grid_leader"
    GRID_ADVISOR = "grid_advisor"
    BRANCH_SECRETARY = "branch_secretary"
    COMMUNITY_STAFF = "community_staff"
    SUBDISTRICT_STAFF = "subdistrict_staff"
    DEPARTMENT_LIAISON = "department_liaison"
    PROPERTY_STAFF = "property_staff"
    COMMITTEE_MEMBER = "committee_member"
    PATROL = "patrol"
    VOLUNTEER = "volunteer"
    ENTERPRISE_CONTACT = "enterprise_contact"
    DUTY_DESK = "duty_desk"
    ADMIN = "admin"


# Unpaid neighbours: they may decline without a reason and carry no clock.
UNPAID = frozenset(
    {Role.BUILDING_HEAD, Role.UNIT_HEAD, Role.PARTY_ANCHOR, Role.VOLUNTEER, Role.COMMITTEE_MEMBER}
)
# Paid posts that may own a ticket and its deadline.
PAID = frozenset(
    {
        Role.GRID_WORKER,
        Role.GRID_LEADER,
        Role.COMMUNITY_STAFF,
        Role.SUBDISTRICT_STAFF,
        Role.DEPARTMENT_LIAISON,
        Role.PROPERTY_STAFF,
        Role.DUTY_DESK,
    }
)


class Post(Base):
    """岗位 — a person in a role for an area, from one day to another."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[Role]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    department: Mapped[str | None]  # police, fire, city_management ... for a liaison
    duty_phone: Mapped[str | None]  # public; a volunteer's own number is never kept here
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    __table_args__ = (Index("ix_posts_area_role", "area_id", "role"),)


class Absence(Base):
    """请假代岗 — while it lasts, the substitute is asked instead."""

    __tablename__ = "absences"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    substitute_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"), index=True)


def is_held(now: datetime) -> ColumnElement[bool]:
    """A post that has begun and not ended."""
    return and_(Post.since <= now, or_(Post.until.is_(None), Post.until > now))


def holding(session: Session, roles: Collection[Role], now: datetime) -> Sequence[int]:
    """Everybody who holds such a post anywhere."""
    return session.scalars(select(Post.person_id).where(Post.role.in_(roles), is_held(now))).all()
