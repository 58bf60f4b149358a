"""Holds what the ledger of messages says against what came to people's phones."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.ledger import lists
from models.metrics.rebuilding import compare
from models.notices import audience
from models.notices.lists import audiences_of
from models.notices.table import Notice
from models.outbox import Channel, Delivery, OutboxMessage, Quiet
from models.people import Identity
from models.posts import Post, Role
from models.tasks import Task, TaskState
from tests.proof.counting import Count
from tests.proof.platform import Arrival

ENDED = {
    *(Delivery.SENT, Delivery.CONFIRMED, Delivery.IN_DOUBT, Delivery.FAILED),
    *(Delivery.EXPIRED, Delivery.HELD, Delivery.CANCELLED),
}
ARRIVED = {Delivery.SENT, Delivery.CONFIRMED}
LONGEST_PAGE = 10_000


@dataclass(frozen=True)
class Interrupted:
    """断在半路 — sendings of which nobody can know whether they arrived."""

    messages: Collection[int]  # whose sender, or whose store, died after they were begun
    unheard: int  # whose answer the platform kept to itself

    @property
    def number(self) -> int:
        return len(self.messages) + self.unheard


def count_messages(session: Session, came: Counter[Arrival], broken: Interrupted) -> Count:
    rows = session.scalars(select(OutboxMessage)).all()
    doubts = {row.id for row in rows if row.state is Delivery.IN_DOUBT}
    result = Count(messages=len(rows), in_doubt=len(doubts))
    for wrong in (
        *_without_end(rows),
        *_undone(session),
        *_unlisted(session, doubts),
        *_more_doubts_than_breaks(len(doubts), broken),
    ):
        result.unknown += 1
        result.wrong.append(wrong)
    for wrong in (*queued_twice(rows), *_came_twice(session, came)):
        result.doubled += 1
        result.wrong.append(wrong)
    for wrong in (*_never_came(session, rows, came), *_untold(session), *_wrong_sums(session)):
        result.lost += 1
        result.wrong.append(wrong)
    return result


def _without_end(rows: Collection[OutboxMessage]) -> Iterator[str]:
    for row in rows:
        if row.state not in ENDED:
            yield f"message {row.id} is left {row.state} after {row.attempts} attempts"


def _undone(session: Session) -> Iterator[str]:
    left = select(Task.id, Task.kind, Task.state).where(Task.state != TaskState.DONE)
    for task_id, kind, state in session.execute(left):
        yield f"task {task_id} {kind} is left {state}"


def _unlisted(session: Session, doubts: set[int]) -> Iterator[str]:
    now = datetime.now(UTC)
    staff = select(Post.person_id).where(Post.role == Role.SUBDISTRICT_STAFF).limit(1)
    reader = lists.reader_of(session, session.scalars(staff).one(), now)
    wanted = lists.Wanted(group=lists.Group.IN_DOUBT)
    listed = {one.id for one in lists.rows(session, reader, wanted, now, limit=LONGEST_PAGE)}
    for message_id in sorted(doubts - listed):
        yield f"message {message_id} is in doubt and no staff see it"


def _more_doubts_than_breaks(doubts: int, broken: Interrupted) -> Iterator[str]:
    for _ in range(broken.number, doubts):
        yield f"{doubts} messages are in doubt, and {broken.number} sendings were broken off"


def queued_twice(rows: Collection[OutboxMessage]) -> Iterator[str]:
    """The same words about the same thing to the same person; emergencies may come again."""
    said = Counter(
        (row.person_id, row.template, json.dumps(row.context, sort_keys=True))
        for row in rows
        if row.quiet is not Quiet.IGNORE
    )
    for (person, template, _), number in said.items():
        if number > 1:
            yield f"{template} was queued {number} times for person {person}"


def _came_twice(session: Session, came: Counter[Arrival]) -> Iterator[str]:
    alarmed = set(
        session.scalars(
            select(Identity.openid)
            .join(OutboxMessage, OutboxMessage.person_id == Identity.person_id)
            .where(OutboxMessage.quiet == Quiet.IGNORE)
        )
    )
    for one, number in came.items():
        if number > 1 and one.openid not in alarmed:
            yield f"{one.channel} to {one.openid} came {number} times: {one.words[:60]!r}"


def _never_came(
    session: Session, rows: Collection[OutboxMessage], came: Counter[Arrival]
) -> Iterator[str]:
    """By person and channel: no fewer came than the ledger says were taken."""
    openids = dict(session.execute(select(Identity.id, Identity.openid)).all())
    taken = Counter(
        (openids[row.identity_id], row.channel)
        for row in rows
        if row.state in ARRIVED and row.identity_id and row.channel is not Channel.INBOX
    )
    arrived: Counter[tuple[str, Channel]] = Counter()
    for one, number in came.items():
        arrived[one.openid, one.channel] += number
    for (openid, channel), number in taken.items():
        if channel is not None and arrived[openid, channel] < number:
            yield f"{number} by {channel} to {openid} are sent, {arrived[openid, channel]} came"


def _untold(session: Session) -> Iterator[str]:
    """Each notice reached the ledger once for each whom it is meant for."""
    for notice in session.scalars(select(Notice)):
        at = notice.published_at
        told = session.scalar(
            select(func.count()).where(
                OutboxMessage.unique_key.startswith(f"notice:{notice.id}:", autoescape=True)
            )
        )
        names = audiences_of(session, notice)
        meant = audience.count(session, notice.area_id, names, at) if at else 0
        if not at or told != meant or notice.told != meant:
            yield f"notice {notice.id} is for {meant}, {told} are told, {notice.told} counted"


def _wrong_sums(session: Session) -> Iterator[str]:
    found = compare(session, datetime.now(UTC))
    for one in found.differing:
        yield f"ticket {one.told.id} differs from its events in {', '.join(one.names)}"
    for cell in found.wrong_cells:
        yield f"the sums of area {cell.area_id} on {cell.day} are wrong"
