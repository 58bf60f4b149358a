"""Staff talk to a resident in person: who has taken over which chat, and until when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.policy import load
from models import conversations, events
from models.base import Base
from models.conversations import Question
from models.errors import NotAllowed, TakenOverAlready, TooLate
from models.outbox import Quiet
from models.people import Identity, Person
from models.posts import Role
from models.protection import SUPERVISING, capacities, holders_for
from models.sealing import seal_for
from models.ticket_flow import ENDED, Capacity
from models.tickets import facts, refining
from models.tickets.table import Ticket

TAKEN_OVER, TALKING = "taken_over", "talking"
"""The questions that stay open meanwhile: what the resident says next, and what staff do."""

IS_OPEN = text("takeovers.ended_at IS NULL")


class Takeover(Base):
    """接管 — staff speak with a resident in person about one ticket, until they hand back."""

    __tablename__ = "takeovers"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    role: Mapped[Role]  # as which staff speak; no name is told
    began_at: Mapped[datetime]
    hands_back_at: Mapped[datetime]  # by itself, unless staff say something
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_takeovers_resident_open",
            "resident_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_takeovers_due",
            "hands_back_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


def take_over(session: Session, ticket: Ticket, *, by: int, at: datetime) -> Takeover:
    """From now on the resident's words go to `by`, who supervises the ticket's place.

    Nobody takes over a chat about themselves: the accused are nothing to the ticket.
    """
    if by == ticket.reporter_id or Capacity.SUPERVISOR not in capacities(session, ticket, by, at):
        raise NotAllowed(number=ticket.number)
    if ticket.state in ENDED or session.get_one(Person, ticket.reporter_id).own_key is None:
        raise TooLate(number=ticket.number)
    if of_resident(session, ticket.reporter_id, at) is not None:
        raise TakenOverAlready(number=ticket.number)
    _end_lapsed(session, ticket.reporter_id, at)
    takeover = Takeover(
        ticket_id=ticket.id,
        resident_id=ticket.reporter_id,
        staff_id=by,
        role=_role(session, ticket, by, at),
        began_at=at,
        hands_back_at=_until(at),
    )
    session.add(takeover)
    session.flush()
    _keep_open(session, takeover, at)
    _told(session, takeover, "chat_taken_over", at, by=by, parties={"resident": ticket.reporter_id})
    return takeover


def heard(session: Session, takeover: Takeover, words: str, *, at: datetime) -> Quiet:
    """The resident said something: it is kept with the ticket and goes to who took over."""
    ticket = session.get_one(Ticket, takeover.ticket_id)
    refining.keep_note(session, ticket, words, by=takeover.resident_id, at=at)
    quiet = _quiet(session, takeover.staff_id, at)
    _keep_open(session, takeover, at)
    _told(
        session,
        takeover,
        "chat_said",
        at,
        by=takeover.resident_id,
        parties={"staff": takeover.staff_id},
        words=words,
        quiet=quiet,
    )
    return quiet


def answer(session: Session, takeover: Takeover, words: str, *, at: datetime) -> None:
    """Staff said something: the resident gets it, as from their role."""
    ticket = session.get_one(Ticket, takeover.ticket_id)
    note = refining.keep_note(session, ticket, words, by=takeover.staff_id, at=at)
    note.for_reporter = True
    takeover.hands_back_at = _until(at)
    _keep_open(session, takeover, at)
    _told(
        session,
        takeover,
        "chat_answered",
        at,
        by=takeover.staff_id,
        parties={"resident": takeover.resident_id},
        words=words,
        quiet=_quiet(session, takeover.resident_id, at),
    )


def hand_back(session: Session, takeover: Takeover, *, by: int | None, at: datetime) -> None:
    """The house answers again. No person: the clock. Who supervises may end another's, too."""
    ticket = session.get_one(Ticket, takeover.ticket_id)
    is_theirs = by in (None, takeover.staff_id)
    if not is_theirs and Capacity.SUPERVISOR not in capacities(session, ticket, by or 0, at):
        raise NotAllowed(number=ticket.number)
    if takeover.ended_at is not None:
        raise TooLate(number=ticket.number)
    _end(session, takeover, at)
    _told(
        session,
        takeover,
        "chat_handed_back",
        at,
        by=by,
        parties={"resident": takeover.resident_id, "staff": takeover.staff_id},
        quiet=_quiet(session, takeover.resident_id, at),
    )


def of_resident(session: Session, person_id: int, now: datetime) -> Takeover | None:
    return session.scalars(
        select(Takeover).where(
            Takeover.resident_id == person_id, IS_OPEN, Takeover.hands_back_at > now
        )
    ).first()


def of_ticket(session: Session, ticket_id: int) -> Takeover | None:
    """The one under way, also if its time is over and the clock has not ended it yet."""
    return session.scalars(select(Takeover).where(Takeover.ticket_id == ticket_id, IS_OPEN)).first()


def of_staff(session: Session, person_id: int, now: datetime) -> list[Takeover]:
    """With whom they talk just now, the latest word first."""
    asked = conversations.open_questions(session, person_id, now)
    ids = [one.context["takeover"] for one in asked if one.kind == TALKING]
    found = (session.get(Takeover, one) for one in ids)
    return [one for one in found if one is not None and one.ended_at is None]


def due(session: Session, now: datetime) -> Sequence[int]:
    return session.scalars(
        select(Takeover.id)
        .where(IS_OPEN, Takeover.hands_back_at <= now)
        .order_by(Takeover.hands_back_at)
    ).all()


def end_silently(session: Session, person_id: int, now: datetime) -> None:
    """A person goes (erased, or made one with another): their talks end without a word."""
    session.execute(
        update(Takeover)
        .where(
            (Takeover.resident_id == person_id) | (Takeover.staff_id == person_id),
            Takeover.ended_at.is_(None),
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def _end_lapsed(session: Session, resident_id: int, at: datetime) -> None:
    """One whose time is over, and which the clock has not ended yet."""
    lapsed = session.scalars(
        select(Takeover).where(Takeover.resident_id == resident_id, IS_OPEN)
    ).first()
    if lapsed is not None:
        hand_back(session, lapsed, by=None, at=at)
        session.flush()


def _role(session: Session, ticket: Ticket, by: int, at: datetime) -> Role:
    return next(
        one.role
        for one in holders_for(session, ticket, at)
        if one.person_id == by and one.role in SUPERVISING
    )


def _until(at: datetime) -> datetime:
    return at + timedelta(minutes=load("intake")["takeover"]["hands_back_minutes"])


def _keep_open(session: Session, takeover: Takeover, at: datetime) -> None:
    """The talk is what both said last, so that their next words belong to it before all else."""
    _close_questions(session, takeover, at)
    hours = (takeover.hands_back_at - at) / timedelta(hours=1)
    for person_id, kind in ((takeover.resident_id, TAKEN_OVER), (takeover.staff_id, TALKING)):
        conversations.ask(
            session,
            person_id,
            kind,
            {"takeover": takeover.id},
            at,
            ticket_id=takeover.ticket_id,
            is_pushed=True,
            hours=hours,
        )


def _close_questions(session: Session, takeover: Takeover, at: datetime) -> None:
    session.execute(
        update(Question)
        .where(
            Question.person_id.in_([takeover.resident_id, takeover.staff_id]),
            Question.kind.in_([TAKEN_OVER, TALKING]),
            Question.ticket_id == takeover.ticket_id,
            text("questions.closed_at IS NULL"),
        )
        .values(closed_at=at)
    )


def _end(session: Session, takeover: Takeover, at: datetime) -> None:
    takeover.ended_at = at
    _close_questions(session, takeover, at)


def _quiet(session: Session, person_id: int, at: datetime) -> Quiet:
    """Who has just written is awake, whatever the hour."""
    windows = load("channels")["windows"]["message"]
    awake = timedelta(minutes=load("intake")["takeover"]["awake_minutes"])
    wrote = at + timedelta(minutes=windows["minutes"]) - awake
    is_awake = session.scalar(
        select(Identity.id)
        .where(Identity.person_id == person_id, Identity.window_until >= wrote)
        .limit(1)
    )
    return Quiet.AWAKE if is_awake is not None else Quiet.RESPECT


def _told(
    session: Session,
    takeover: Takeover,
    verb: str,
    at: datetime,
    *,
    by: int | None,
    parties: dict[str, int],
    words: str | None = None,
    quiet: Quiet = Quiet.RESPECT,
) -> None:
    ticket = session.get_one(Ticket, takeover.ticket_id)
    author = session.get_one(Person, by) if by is not None else None
    more: dict[str, Any] = {
        "actor_id": by,
        "detail": {"takeover": takeover.id},
        "words": seal_for(author.own_key, words) if author and words else None,
        "parties": {part: [person_id] for part, person_id in parties.items()},
        "quiet": quiet,
    }
    named = {"role": takeover.role, "words": words}
    events.record(session, facts.fact(session, ticket, verb, at, named, **more))
