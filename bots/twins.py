"""Which neighbour's open ticket tells of the matter just reported, if one does."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from bots.likeness import Matter, are_near, class_beside, is_wide, is_wide_kind, likeness, signs
from config.categories import Intent, Urgency
from config.policy import load
from models.protection import accused_persons
from models.tickets.opening import Report
from models.tickets.supporting import is_offered
from models.tickets.table import About
from models.tickets.twins import MOST_COMPARED, Outline, Twin, newest_of_class, twins

SHOWN_WORDS = 3


class Reported(NamedTuple):
    """新报的事 — what a neighbour's ticket is held against."""

    person_id: int
    community_id: int | None
    intent: Intent
    about: About | None
    matter: Matter
    things: frozenset[str]  # that its words name


def twin_of_report(session: Session, report: Report, now: datetime) -> dict[str, Any] | None:
    """Looked for before the ticket is written; class and place come first, and danger to life."""
    is_whole = report.is_class_known and report.area_id is not None
    if not is_whole or report.urgency == Urgency.EMERGENCY:
        return None
    matter = Matter(
        report.text,
        report.category,
        report.subcategory,
        dict(report.evidence),
        report.place_name,
        now,
    )
    reported = Reported(
        report.reporter_id,
        report.community_id,
        report.intent,
        report.about,
        matter,
        report.things,
    )
    return twin_of(session, reported, now)


def twin_of(session: Session, reported: Reported, now: datetime) -> dict[str, Any] | None:
    """The facts to ask about it with: number, class and place, and never whose it is."""
    matter = reported.matter
    is_askable = (
        reported.community_id is not None
        and matter.place is not None
        and reported.intent in load("likeness")["asking"]["intents"]
        and is_offered(matter.category, matter.subcategory)
    )
    if not is_askable or reported.community_id is None:
        return None
    found = _found(session, reported, matter.category, now)
    if found is None and (beside := class_beside(matter, reported.things)) is not None:
        found = _found(session, reported, beside, now)
    if found is None or not _may_know_of(session, found, reported.person_id, now):
        return None
    return _shown(found)


def _found(session: Session, reported: Reported, category: str, now: datetime) -> Twin | None:
    assert reported.community_id is not None
    newest = newest_of_class(
        session,
        community_id=reported.community_id,
        category=category,
        person_id=reported.person_id,
        now=now,
    )
    return _likest(session, reported, category, newest) if newest else None


def _likest(
    session: Session, reported: Reported, category: str, newest: Sequence[Outline]
) -> Twin | None:
    """Of those like enough, the one that most have joined, else the first reported."""
    near = list(islice(_near(newest, reported, category), MOST_COMPARED))
    if not near:
        return None
    asked_from = load("likeness")["asking"]["ask_from"]
    own = signs(reported.matter)
    like = [one for one in twins(session, near) if likeness(signs(_matter(one)), own) >= asked_from]
    return min(like, key=lambda one: (-one.households, one.ticket_id), default=None)


def _near(newest: Sequence[Outline], reported: Reported, category: str) -> Iterator[int]:
    """The tickets that may be meant, the newest first."""
    matter = reported.matter
    is_shared = is_wide(matter)
    for ticket_id, subcategory, place, about, things in newest:
        wide = is_shared and is_wide_kind(category, subcategory)
        if (
            about == reported.about
            and are_near(place, matter.place, wide=wide)
            and not _names_others(things, reported.things)
            and is_offered(category, subcategory)
        ):
            yield ticket_id


def _names_others(things: str | None, own: frozenset[str]) -> bool:
    """Both name things and none of them is the same: by the weights never one matter."""
    return bool(things and own and own.isdisjoint(things.split()))


def _matter(twin: Twin) -> Matter:
    words: Mapping[str, float] = dict(twin.evidence)
    return Matter(twin.text, twin.category, twin.subcategory, words, twin.place, twin.opened_at)


def _may_know_of(session: Session, twin: Twin, person_id: int, now: datetime) -> bool:
    return person_id not in accused_persons(session, twin, now)


def _shown(twin: Twin) -> dict[str, Any]:
    """Of who hides, or of whom it accuses, nothing but class and place (DOMAIN §0b)."""
    is_closed = twin.hides_reporter or twin.about is not None
    words = [word for word, weight in twin.evidence if weight > 0 and len(word) > 1]
    return {
        "ticket_id": twin.ticket_id,
        "category": twin.category,
        "subcategory": twin.subcategory,
        "place": twin.place,
        "spot": None if is_closed else twin.spot,
        "at": None if is_closed else twin.opened_at.isoformat(),
        "words": [] if is_closed else words[:SHOWN_WORDS],
        "households": twin.households,
    }
