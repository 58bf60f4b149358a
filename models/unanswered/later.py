"""What was answered rightly after a settlement: tickets by a taught word, questions by an entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.policy import load
from models.conversations import Question
from models.tickets.table import Ticket
from models.unanswered.lists import DIRECTORY_LIST, Reader, readable
from models.unanswered.table import Settlement

Mark = tuple[str, ...]
"""What answered a text: the number of an entry, or a word with the category it spoke for."""


@dataclass(frozen=True, slots=True)
class Later:
    """后来的话 — a text that met an answer, and everything that may have been it."""

    text: str
    at: datetime
    marks: frozenset[Mark]


def mark_of(settlement: Settlement) -> Mark | None:
    if settlement.word is not None and settlement.label is not None:
        return settlement.word, settlement.label.partition(".")[0]
    return None if settlement.entry_id is None else (str(settlement.entry_id),)


def later(session: Session, reader: Reader) -> list[Later]:
    """The latest ones, as far as they may be read."""
    return [*_understood(session, reader), *_told(session, reader)]


def _understood(session: Session, reader: Reader) -> Iterator[Later]:
    rows = session.execute(
        select(Ticket.text, Ticket.opened_at, Ticket.category, Ticket.evidence)
        .where(*readable(reader))
        .order_by(Ticket.id.desc())
        .limit(load("unanswered")["later_looked_at"])
    )
    for text, at, category, evidence in rows:
        yield Later(text, at, frozenset((word, category) for word, _ in evidence))


def _told(session: Session, reader: Reader) -> Iterator[Later]:
    newest = session.scalar(select(func.max(Question.id))) or 0
    rows = session.execute(
        select(Question.context, Question.opened_at).where(
            Question.id > newest - load("unanswered")["later_looked_at"],
            Question.kind == DIRECTORY_LIST,
        )
    )
    for context, at in rows:
        if context.get("community_id") in reader.communities and context.get("text"):
            marks = frozenset((str(number),) for number in context["numbers"])
            yield Later(context["text"], at, marks)
