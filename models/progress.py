"""Progress of a plan: what somebody told of it, public once somebody else has looked at it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import conversations
from models.errors import AlreadyDone, NotAllowed

LOOK = "progress_look"  # the question that a second person answers
HOURS_OPEN = 72


class Told:
    """进展 — what was told. Who let it out stands in the log."""

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    text: Mapped[str | None]  # None once its author is erased
    at: Mapped[datetime]
    public_at: Mapped[datetime | None]

    def publish(self, *, by: int, at: datetime) -> None:
        """Raises AlreadyDone, and NotAllowed to who told it."""
        if self.public_at is not None:
            raise AlreadyDone(number="")
        if by == self.author_id:
            raise NotAllowed(number="")
        self.public_at = at


def ask_for_look(
    session: Session, subject: tuple[str, str], told: Told, others: Sequence[int], at: datetime
) -> list[int]:
    """The nearest of those who may; the others find it on the page. `subject` is its kind and
    what it is called."""
    asked = [one for one in others if one != told.author_id][:1]
    session.flush()
    kind, title = subject
    keep = {"kind": kind, "title": title, "note": told.id}
    for one in asked:
        conversations.ask(session, one, LOOK, keep, at, is_pushed=True, hours=HOURS_OPEN)
    return asked
