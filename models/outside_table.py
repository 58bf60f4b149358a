"""The rows of systems that are not ours, and of the keys by which they are known."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.posts import Role


class Power(StrEnum):
    """外部权限 — what an outside system may do within its area, beside being told."""

    FILE = "file"
    READ = "read"
    HOTLINE = "hotline"


class OutsideSystem(Base):
    """外部系统 — a system that is not ours: where it may act, with whose eyes it sees."""

    __tablename__ = "outside_systems"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    role: Mapped[Role]  # what is hidden from this role of the area is hidden from it
    department: Mapped[str | None]  # whose calls it hears; None: of every department
    powers: Mapped[list[Any]]
    per_minute: Mapped[int]
    added_by: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("per_minute > 0", name="per_minute"),)

    def may(self, power: Power) -> bool:
        return self.ended_at is None and power in self.powers


class OutsideKey(Base):
    """接口密钥 — by which a system is known; only its hash is kept."""

    __tablename__ = "outside_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("outside_systems.id"), index=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    last_letters: Mapped[str]
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]  # within the hour
    ended_at: Mapped[datetime | None]
