"""Persons, the identities they write with, and the homes they live in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Select, UniqueConstraint, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.sealing import Sealed


class Person(Base):
    """人 — one human being, whatever accounts they write from."""

    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(Sealed)
    phone_hash: Mapped[str | None] = mapped_column(index=True)  # keyed
    union_id: Mapped[str | None] = mapped_column(unique=True)
    own_key: Mapped[bytes | None] = mapped_column(LargeBinary)  # wrapped; erasing destroys it
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]

    __table_args__ = (
        # Of the merged alone: an index of all lets SQLite begin a search with "nobody is merged",
        # which is true of everybody.
        Index(
            "ix_persons_merged_into",
            "merged_into",
            sqlite_where=text("merged_into IS NOT NULL"),
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
    )


class Identity(Base):
    """微信身份 — a person as one account knows them: openid, following or not, what we may send."""

    __tablename__ = "identities"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    openid: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    is_following: Mapped[bool] = mapped_column(server_default="1")
    refuses: Mapped[bool] = mapped_column(server_default="0")  # blacklisted us, or bad openid
    window_until: Mapped[datetime | None]  # customer messages are allowed until then
    window_left: Mapped[int] = mapped_column(server_default="0")  # and so many of them
    language: Mapped[str] = mapped_column(server_default="zh")
    looked_up_at: Mapped[datetime | None]  # when the platform was asked for the union id
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("account", "openid"),
        Index(
            "ix_identities_to_look_up",
            "id",
            sqlite_where=text("looked_up_at IS NULL"),
            postgresql_where=text("looked_up_at IS NULL"),
        ),
    )


def all_they_were(person_id: int) -> Select[int]:
    """Selects the person and everybody who has turned out to be them."""
    return select(Person.id).where(or_(Person.id == person_id, Person.merged_into == person_id))
