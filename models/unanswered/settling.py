"""What staff make of texts that met no answer: an entry, a word, or nothing for a reason."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import events
from models.errors import AlreadyDone, NotFound, ReasonMissing
from models.events import Fact
from models.unanswered.lists import Reader, Saying, settled, waiting
from models.unanswered.table import SettledText, Settlement, Way

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """决定 — what became of the texts, with what belongs to that way alone."""

    way: Way
    entry_id: int | None = None
    word: str | None = None
    label: str | None = None
    reason: str | None = None


def dismissal(reason: str) -> Decision:
    """Nothing is to be done about them; the reason is kept."""
    if not reason.strip():
        raise ReasonMissing(action="dismiss")
    return Decision(Way.DISMISSED, reason=reason.strip()[:LONGEST_REASON])


def chosen(session: Session, reader: Reader, keys: Collection[str], now: datetime) -> list[Saying]:
    """The texts of these keys; AlreadyDone unless every one still waits for who asks."""
    found = [one for one in waiting(session, reader, now) if one.key in set(keys)]
    if not keys or len(found) != len(set(keys)):
        raise AlreadyDone
    return found


def settle(
    session: Session, texts: Collection[Saying], decision: Decision, *, by: int, at: datetime
) -> Settlement:
    """They leave the list together."""
    made = Settlement(**asdict(decision), by_id=by, at=at)
    session.add(made)
    session.flush()
    session.add_all(
        SettledText(
            settlement_id=made.id,
            ticket_id=one.source.ticket_id,
            question_id=one.source.question_id,
        )
        for one in texts
    )
    try:
        session.flush()
    except IntegrityError as other:  # somebody settled one of them between our look and our write
        raise AlreadyDone from other
    _tell(session, made, "unanswered_settled", len(texts), by, at)
    return made


def reopen(session: Session, reader: Reader, number: int, *, by: int, at: datetime) -> None:
    """The texts stand on the list again; entry and word stay where they are."""
    made = session.get(Settlement, number)
    texts = settled(session, reader, [number]).get(number)
    if made is None or not texts:
        raise NotFound(number=str(number))
    _tell(session, made, "unanswered_reopened", len(texts), by, at)
    session.execute(delete(SettledText).where(SettledText.settlement_id == number))
    session.delete(made)


def _tell(
    session: Session, made: Settlement, verb: str, amount: int, by: int, at: datetime
) -> None:
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="unanswered",
            subject_id=made.id,
            at=at,
            actor_id=by,
            new=made.way,
            detail={"texts": amount, "entry": made.entry_id, "label": made.label},
        ),
    )
