"""Questions that are open for a person, so that a digit answers only what was asked."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, bindparam, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.insertion import Insertion
from models.statements import Statement

QUESTION_HOURS = 24

_UNSURE_SQL = "kind IN ('class_choice', 'directory_unsure')"

# Asked because what was said met no class or no entry. For the partial index to serve, a query
# must say this very condition.
IS_UNSURE = text(f"questions.{_UNSURE_SQL}")


class Question(Base):
    """待答问题 — what we asked somebody and wait for. One of our replies asks at most one."""

    __tablename__ = "questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[str]  # names the handler
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    context: Mapped[dict[str, Any]]
    is_pushed: Mapped[bool]  # came by itself (a digest), so it waits beside others
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_questions_open",
            "person_id",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_questions_unsure",
            *("kind", "opened_at"),
            sqlite_where=text(_UNSURE_SQL),
            postgresql_where=text(_UNSURE_SQL),
        ),
    )


_columns = Question.__table__.c
_NEW = ("person_id", "kind", "ticket_id", "context", "is_pushed", "opened_at", "expires_at")
_questions = Insertion(Question.__table__, _NEW)
_OPEN = (
    select(Question)
    .where(
        Question.person_id == bindparam("person_id"),
        Question.closed_at.is_(None),
        Question.expires_at > bindparam("now", type_=UtcDateTime()),
    )
    .order_by(Question.id.desc())
)
_close_asked = Statement(
    update(Question)
    .where(
        _columns.person_id == bindparam("asked_id"),
        text("closed_at IS NULL"),  # as the index has it
        _columns.is_pushed.is_(False),
    )
    .values(closed_at=bindparam("at", type_=UtcDateTime()))
)


def ask(
    session: Session,
    person_id: int,
    kind: str,
    context: dict[str, Any],
    now: datetime,
    *,
    ticket_id: int | None = None,
    is_pushed: bool = False,
    hours: float = QUESTION_HOURS,
) -> int:
    """Opens a question; returns its id. One that a reply asks takes the place of the one before."""
    if not is_pushed:
        close_asked(session, person_id, now)
    row = {
        "person_id": person_id,
        "kind": kind,
        "ticket_id": ticket_id,
        "context": context,
        "is_pushed": is_pushed,
        "opened_at": now,
        "expires_at": now + timedelta(hours=hours),
    }
    [question_id] = _questions.run(session, [row])
    return question_id


def open_questions(session: Session, person_id: int, now: datetime) -> list[Question]:
    """The latest first; at most one of them was not pushed."""
    return list(session.scalars(_OPEN, {"person_id": person_id, "now": now}))


def expired_questions(
    session: Session, person_id: int, kinds: Collection[str], now: datetime
) -> list[Question]:
    """Of these kinds, run out unanswered and not asked anew, the latest first."""
    return list(
        session.scalars(
            select(Question)
            .where(
                Question.person_id == person_id,
                text("questions.closed_at IS NULL"),
                Question.kind.in_(kinds),
                Question.expires_at <= now,
            )
            .order_by(Question.id.desc())
        )
    )


def close(question: Question, now: datetime) -> None:
    question.closed_at = now


def close_asked(session: Session, person_id: int, now: datetime) -> None:
    """Ends the question we asked in a reply, if one is open."""
    session.flush()  # a Statement sees what is written, not what the session still holds
    _close_asked.run(session, asked_id=person_id, at=now)
