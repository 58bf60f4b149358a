"""What one ticket adds to the figures: the one place that says what is counted as what."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from config.categories import Intent
from models.metrics.counted import CountedTicket
from models.ticket_flow import Outcome


class Count(StrEnum):
    """计数项 — one number of the figures; all are of the tickets reported in a period."""

    OPENED = "opened"
    COMPLAINTS = "complaints"
    ANSWERED = "answered"  # accepted within the time to accept
    ANSWER_MISSED = "answer_missed"  # accepted after it, or not yet although it has passed
    WAITING = "waiting"  # not yet accepted, and the time to accept runs
    RUNNING = "running"
    OVERDUE = "overdue"  # of those running: the time to resolve has passed
    RESOLVED_IN_TIME = "resolved_in_time"
    RESOLVED_LATE = "resolved_late"
    FIXED = "fixed"
    DISPUTED = "disputed"  # said to be fixed, and the reporter says since that it is not
    CANNOT_FIX = "cannot_fix"
    NOT_OURS = "not_ours"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    RETURNED = "returned"
    RATINGS = "ratings"
    SATISFIED = "satisfied"


# Only of matters that have not ended; what has ended is rolled up without them.
PASSING = frozenset({Count.WAITING, Count.RUNNING, Count.OVERDUE})

COMPLAINING = frozenset({Intent.REPORT, Intent.HAZARD})
CONTENT_FROM = 3  # stars; two and one are the bad reviews, and have a matter taken up again

Counts = Counter[str]


def tally(one: CountedTicket, now: datetime) -> Counts:
    """What this ticket counts as. Once it has ended, `now` changes nothing of it any more."""
    counts = Counter[str](_kinds(one, now))
    counts[Count.RATINGS] += one.joined_ratings
    counts[Count.SATISFIED] += one.joined_satisfied
    return +counts


def is_content(stars: int | None, is_solved: bool | None) -> bool | None:
    """Whether a rating is a good one; who gave no stars is taken by whether it is solved."""
    return is_solved if stars is None else stars >= CONTENT_FROM


def _kinds(one: CountedTicket, now: datetime) -> Iterator[Count]:
    yield Count.OPENED
    if one.intent in COMPLAINING and one.outcome != Outcome.WITHDRAWN:
        yield Count.COMPLAINTS
    yield from _answering(one, now)
    yield from _ending(one, now)
    if one.reopens:
        yield Count.REOPENED
    if one.returns:
        yield Count.RETURNED
    content = is_content(one.stars, one.is_solved)
    if content is not None:
        yield Count.RATINGS
        if content:
            yield Count.SATISFIED


def _answering(one: CountedTicket, now: datetime) -> Iterator[Count]:
    if one.is_answered_late is not None:
        yield Count.ANSWER_MISSED if one.is_answered_late else Count.ANSWERED
    elif one.is_open:
        yield Count.ANSWER_MISSED if now > one.accept_due_at else Count.WAITING


def _ending(one: CountedTicket, now: datetime) -> Iterator[Count]:
    if one.is_open:
        yield Count.RUNNING
        if now > one.resolve_due_at:
            yield Count.OVERDUE
    elif one.outcome is not None:
        yield Count.DISPUTED if _is_disputed(one) else Count(one.outcome)
    if one.is_resolved_late is not None:
        yield Count.RESOLVED_LATE if one.is_resolved_late else Count.RESOLVED_IN_TIME


def _is_disputed(one: CountedTicket) -> bool:
    """What the reporter said of an earlier end, before it was taken up again, is past."""
    is_since = one.rated_at is not None and (one.resolved_at or one.opened_at) <= one.rated_at
    return one.outcome == Outcome.FIXED and one.is_solved is False and is_since
