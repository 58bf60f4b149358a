"""Which texts met no answer, as far as somebody may read them. Queries only."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    TextClause,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from config.policy import load
from models.conversations import IS_UNSURE, Question
from models.directory.table import DirectoryEntry, UnansweredQuestion
from models.people import Person
from models.places import Area, AreaKind
from models.roster import rights
from models.roster.rights import Right
from models.ticket_flow import OPEN
from models.tickets.sight import Sight, sight_of
from models.tickets.table import Ticket
from models.unanswered.table import SettledText, Settlement

# Kinds of questions in chat.
CLASS_CHOICE, DIRECTORY_UNSURE, DIRECTORY_LIST = "class_choice", "directory_unsure", "directory"


class Trouble(StrEnum):
    """未答缘由 — what was missing when it was said."""

    CLASS_UNSURE = "class_unsure"  # no class was sure: the resident was asked, or a person was
    ENTRY_UNSURE = "entry_unsure"  # entries of the directory were offered, none surely meant
    NO_ENTRY = "no_entry"


@dataclass(frozen=True, slots=True)
class Reader:
    """查阅人 — the matters somebody sees, and the communities whose people they serve."""

    sight: Sight
    communities: dict[int, str]


@dataclass(frozen=True, slots=True)
class Source:
    """出处 — the ticket or the question that holds a text."""

    ticket_id: int | None = None
    question_id: int | None = None

    @property
    def key(self) -> str:
        """As it stands in addresses and forms."""
        return f"q{self.question_id}" if self.ticket_id is None else f"t{self.ticket_id}"


@dataclass(frozen=True, slots=True)
class Saying:
    """原话 — what was said, when and where; and why nothing answered it."""

    source: Source
    text: str
    at: datetime
    community_id: int | None
    is_open: bool  # its ticket still waits for somebody
    trouble: Trouble | None = None  # None once it is settled

    @property
    def key(self) -> str:
        return self.source.key


@dataclass(frozen=True, slots=True)
class Settled:
    """已处理 — a settlement with the entry it made and who decided."""

    settlement: Settlement
    entry_title: str | None
    author: str | None

    @property
    def id(self) -> int:
        return self.settlement.id


def reader_of(session: Session, person_id: int, now: datetime) -> Reader:
    places = rights.places_of(session, Right.UNANSWERED, person_id, now)
    rows = session.execute(
        select(Area.id, Area.name).where(
            Area.kind == AreaKind.COMMUNITY, Area.id.in_(rights.inside(places))
        )
    )
    return Reader(sight_of(session, person_id, now), {one.id: one.name for one in rows})


def waiting(session: Session, reader: Reader, now: datetime) -> list[Saying]:
    """What nobody has settled, the latest first."""
    rules = load("unanswered")
    since = now - timedelta(days=rules["days"])
    troubled = _troubled(since)
    tickets = (
        _tickets(reader, troubled.c.trouble)
        .join(troubled, troubled.c.ticket_id == Ticket.id)
        .where(~select(SettledText.id).where(SettledText.ticket_id == Ticket.id).exists())
    )
    questions = _questions().where(
        *_unsure(DIRECTORY_UNSURE, since),
        ~select(SettledText.id).where(SettledText.question_id == Question.id).exists(),
    )
    found = [
        *_of_tickets(session, tickets.limit(rules["most"])),
        *_of_questions(session, reader, questions.limit(rules["most"])),
    ]
    return sorted(found, key=lambda one: (one.at, one.key), reverse=True)[: rules["most"]]


def settlements(session: Session, before: int | None, limit: int) -> list[Settled]:
    """The latest first; `settled` says which of them have texts that somebody may read."""
    query = (
        select(Settlement, DirectoryEntry.title, Person.name)
        .join(Person, Person.id == Settlement.by_id)
        .outerjoin(DirectoryEntry, DirectoryEntry.id == Settlement.entry_id)
        .order_by(Settlement.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Settlement.id < before)
    return [Settled(*row) for row in session.execute(query)]


def settled(
    session: Session, reader: Reader, settlements: Collection[int]
) -> dict[int, list[Saying]]:
    """The texts of these settlements that may be read, by settlement."""
    columns = SettledText.settlement_id, SettledText.ticket_id, SettledText.question_id
    rows = session.execute(select(*columns).where(SettledText.settlement_id.in_(settlements)))
    held = {Source(ticket_id, question_id): number for number, ticket_id, question_id in rows}
    tickets = _tickets(reader, null()).where(Ticket.id.in_([one.ticket_id for one in held]))
    questions = _questions().where(Question.id.in_([one.question_id for one in held]))
    found: dict[int, list[Saying]] = {}
    for one in (*_of_tickets(session, tickets), *_of_questions(session, reader, questions)):
        found.setdefault(held[one.source], []).append(one)
    return found


def latest(session: Session, reader: Reader, limit: int) -> list[Saying]:
    """What the latest tickets say."""
    return list(_of_tickets(session, _tickets(reader, null()).limit(limit)))


def _troubled(since: datetime) -> Subquery:
    """Every ticket that lacked something, once, with what it lacked."""
    entry = select(UnansweredQuestion.ticket_id, literal(Trouble.NO_ENTRY).label("trouble")).where(
        UnansweredQuestion.asked_at >= since, UnansweredQuestion.entry_id.is_(None)
    )
    sure_class = select(Question.ticket_id, literal(Trouble.CLASS_UNSURE).label("trouble")).where(
        *_unsure(CLASS_CHOICE, since),
        # Who asks for another class by themselves was not misunderstood just now.
        Question.context["is_wished"].as_boolean().is_not(True),
    )
    lacks = union_all(entry, sure_class).subquery()
    # What lacked both is a question first of all: "no_entry" comes later in the alphabet.
    return (
        select(lacks.c.ticket_id, func.max(lacks.c.trouble).label("trouble"))
        .group_by(lacks.c.ticket_id)
        .subquery()
    )


def readable(reader: Reader) -> tuple[ColumnElement[bool], ...]:
    """Tickets that accuse nobody and whose reporter does not hide."""
    return (
        Ticket.text.is_not(None),
        Ticket.about.is_(None),
        Ticket.hides_reporter.is_(False),
        reader.sight.condition(),
    )


def _tickets(reader: Reader, trouble: ColumnElement[Any]) -> Select[Any]:
    columns = Ticket.id, Ticket.text, Ticket.opened_at, Ticket.community_id, Ticket.state
    wanted = select(*columns, trouble.label("trouble")).where(*readable(reader))
    return wanted.order_by(Ticket.id.desc())


def _questions() -> Select[Any]:
    return select(Question.id, Question.context, Question.opened_at).order_by(Question.id.desc())


def _unsure(kind: str, since: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    return IS_UNSURE, Question.kind == kind, Question.opened_at >= since


def _of_tickets(session: Session, query: Select[Any]) -> Iterator[Saying]:
    for number, text, at, community_id, state, trouble in session.execute(query):
        lacked = Trouble(trouble) if trouble else None
        yield Saying(Source(number), text, at, community_id, state in OPEN, lacked)


def _of_questions(session: Session, reader: Reader, query: Select[Any]) -> Iterator[Saying]:
    """Of people of these communities; who was erased since left no words."""
    for number, context, at in session.execute(query):
        community_id = context.get("community_id")
        if community_id in reader.communities and context.get("text"):
            lacked = Trouble.ENTRY_UNSURE if context["numbers"] else Trouble.NO_ENTRY
            source = Source(question_id=number)
            yield Saying(source, context["text"], at, community_id, False, lacked)
