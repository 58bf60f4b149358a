"""The rows of hotline orders, and of the files that bring them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.sealing import Sealed


class HotlineOrder(Base):
    """热线工单 — an order of the 12345 hotline, and the ticket that carries it.

    A ticket of its own, or a resident's that tells of the same matter: then it is joined.
    """

    __tablename__ = "hotline_orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    number: Mapped[str]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    caller_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    title: Mapped[str | None] = mapped_column(Sealed)  # with the words, None once erased
    words: Mapped[str | None] = mapped_column(Sealed)
    place: Mapped[str | None] = mapped_column(Sealed)
    others: Mapped[str | None] = mapped_column(Sealed)  # of columns that are none of ours, as JSON
    hides_caller: Mapped[bool] = mapped_column(server_default=false())

    called_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # the hotline's own, beside the ticket's
    clock_at: Mapped[datetime | None]  # when its owner is next reminded of that
    urges: Mapped[int] = mapped_column(server_default="0")
    brought_at: Mapped[datetime]

    joined_at: Mapped[datetime | None]  # carried by a ticket that is not its own
    note_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_notes.id"))  # its words there
    withdrawn_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    return_reason: Mapped[str | None] = mapped_column(Sealed)
    handed_at: Mapped[datetime | None]  # the moment of the result that went back last

    __table_args__ = (
        UniqueConstraint("source", "number"),
        Index(
            "ix_hotline_orders_clock",
            "clock_at",
            sqlite_where=text("clock_at IS NOT NULL"),
            postgresql_where=text("clock_at IS NOT NULL"),
        ),
        CheckConstraint("joined_at IS NOT NULL OR note_id IS NULL", name="note_of_joined"),
        CheckConstraint(
            "(returned_at IS NULL) = (return_reason IS NULL)", name="return_has_reason"
        ),
    )


class BatchState(StrEnum):
    """收单进度 — where a file of orders stands."""

    WAITING = "waiting"
    DONE = "done"


class HotlineBatch(Base):
    """热线文件 — a file of orders that somebody brought: its rows, and which were not taken in."""

    __tablename__ = "hotline_batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    maker_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    file_name: Mapped[str]
    state: Mapped[BatchState]
    grid: Mapped[str | None] = mapped_column(Sealed)  # until they are taken in
    total: Mapped[int]
    seen: Mapped[int] = mapped_column(server_default="0")
    done: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # verdict → rows
    refused: Mapped[str | None] = mapped_column(Sealed)  # rows with their reasons, to be mended
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(state = 'waiting') = (grid IS NOT NULL)", name="rows_while_waiting"),
    )
