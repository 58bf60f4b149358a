"""Holds what was pushed against what the store says of it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.events import Event
from models.inbox import InboxMessage, Outcome
from models.outbox import OutboxMessage
from models.people import Identity
from models.tickets.table import Assignment, Ticket
from tests.proof.complaints import Complaint

Key = TypeVar("Key")
Row = TypeVar("Row")
_DISPATCHED = ("ticket_dispatched", "emergency_dispatched")
_ASKING = ("task_new", "task_help", "emergency_task", "emergency_help", "emergency_alert")
_NUMBER = re.compile(r"#(\d+)")


@dataclass
class Count:
    """盘点 — how many there are of everything, and what is not as it must be."""

    pushed: int = 0
    inbox: int = 0
    tickets: int = 0
    repeated: int = 0  # messages that were delivered more than once after they were kept
    lost: int = 0  # pushed, and something of it is missing
    doubled: int = 0  # pushed once, and there twice; or answered in two ways
    unknown: int = 0  # there, and nobody pushed it or nobody was told
    messages: int = 0
    in_doubt: int = 0
    kills: Counter[str] = field(default_factory=Counter)  # by what was killed
    wrong: list[str] = field(default_factory=list)  # what there is of each that is not right

    @property
    def is_right(self) -> bool:
        return not (self.lost or self.doubled or self.unknown)

    def __add__(self, other: "Count") -> "Count":
        both = {name: value + getattr(other, name) for name, value in vars(self).items()}
        return Count(**both)


@dataclass(frozen=True)
class _Kept:
    """The store's rows of the intake, by what belongs together."""

    inbox: dict[str, list[InboxMessage]]  # by openid
    tickets: dict[str, list[Ticket]]  # by openid
    events: Counter[tuple[int, str]]  # by ticket and verb
    asked: dict[int, list[int]]  # persons by ticket, of the assignments
    messages: dict[int, list[int]]  # of the outbox, the same


def count(session: Session, pushed: Sequence[Complaint]) -> Count:
    kept = _read(session)
    result = Count(
        pushed=len(pushed),
        inbox=sum(map(len, kept.inbox.values())),
        tickets=sum(map(len, kept.tickets.values())),
        repeated=sum(row.deliveries > 1 for rows in kept.inbox.values() for row in rows),
    )
    strangers = (set(kept.inbox) | set(kept.tickets)) - {one.openid for one in pushed}
    result.unknown += len(strangers)
    for complaint in pushed:
        rows, tickets = kept.inbox.get(complaint.openid, []), kept.tickets.get(complaint.openid, [])
        is_lost = not _is_whole(rows, tickets, kept)
        is_doubled = _is_double(complaint, rows, tickets, kept)
        is_unknown = not _was_told(complaint, rows, tickets)
        result.lost += is_lost
        result.doubled += is_doubled
        result.unknown += is_unknown
        if is_lost or is_doubled or is_unknown:
            result.wrong.append(_told(complaint, rows, tickets))
    return result


def _read(session: Session) -> _Kept:
    # The platform also tells of each template message what became of it.
    written = select(InboxMessage).where(InboxMessage.kind == "text")
    opened = select(Ticket, Identity.openid).join(
        Identity, Identity.person_id == Ticket.reporter_id
    )
    messages = session.execute(
        select(OutboxMessage.ticket_id, OutboxMessage.person_id).where(
            OutboxMessage.template.in_(_ASKING)
        )
    )
    return _Kept(
        inbox=_grouped((row.openid, row) for row in session.scalars(written)),
        tickets=_grouped((openid, ticket) for ticket, openid in session.execute(opened)),
        events=Counter(
            (ticket_id, verb)
            for ticket_id, verb in session.execute(
                select(Event.subject_id, Event.verb).where(Event.subject_kind == "ticket")
            )
        ),
        asked=_grouped(
            (ticket_id, person_id)
            for ticket_id, person_id in session.execute(
                select(Assignment.ticket_id, Assignment.person_id)
            )
        ),
        messages=_grouped((ticket_id, person_id) for ticket_id, person_id in messages),
    )


def _is_whole(rows: Sequence[InboxMessage], tickets: Sequence[Ticket], kept: _Kept) -> bool:
    """An answered row, a ticket with its first events, and a message to each who was asked."""
    if not tickets or not any(row.outcome == Outcome.ANSWERED and row.reply for row in rows):
        return False
    return all(
        kept.events[one.id, "ticket_opened"]
        and any(kept.events[one.id, verb] for verb in _DISPATCHED)
        and kept.asked.get(one.id)
        and set(kept.asked[one.id]) <= set(kept.messages.get(one.id, ()))
        for one in tickets
    )


def _is_double(
    complaint: Complaint, rows: Sequence[InboxMessage], tickets: Sequence[Ticket], kept: _Kept
) -> bool:
    if len(rows) > 1 or len(tickets) > 1 or len(set(complaint.answers)) > 1:
        return True
    return any(
        kept.events[one.id, "ticket_opened"] > 1
        or sum(kept.events[one.id, verb] for verb in _DISPATCHED) > 1
        or len(set(told := kept.messages.get(one.id, []))) < len(told)
        for one in tickets
    )


def _was_told(
    complaint: Complaint, rows: Sequence[InboxMessage], tickets: Sequence[Ticket]
) -> bool:
    """Every answer is the one that is kept, and names the complaint's own ticket."""
    replies, ids = {row.reply for row in rows}, {ticket.id for ticket in tickets}
    return bool(complaint.answers) and all(
        answer in replies and (found := _NUMBER.search(answer)) and int(found[1]) in ids
        for answer in complaint.answers
    )


def _told(complaint: Complaint, rows: Sequence[InboxMessage], tickets: Sequence[Ticket]) -> str:
    worked = [f"{row.outcome} after {row.deliveries}: {row.reply!r}" for row in rows]
    return f"{complaint.text!r} inbox {worked} tickets {[one.id for one in tickets]}"


def _grouped(pairs: Iterable[tuple[Key, Row]]) -> dict[Key, list[Row]]:
    groups: dict[Key, list[Row]] = {}
    for key, row in pairs:
        groups.setdefault(key, []).append(row)
    return groups
