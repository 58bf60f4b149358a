"""Digests that were sent, and their lists as the reader may see them now."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from models import localtime
from models.digests import affairs
from models.digests.sending import ASKED
from models.digests.table import Digest, Section
from models.errors import NotFound
from models.hazards import sides
from models.hazards.table import Hazard
from models.places import AreaWithin
from models.tickets.sight import Sight
from models.tickets.table import Ticket
from models.whistles.table import Whistle, WhistleCall

DAYS_IN_SIGHT = 31
OF_PLACES = (Section.VACANT, Section.UNREACHED)  # whoever serves the community reads them
OF_CALLS, OF_HAZARDS = Section.LATE_CHECK_INS, Section.HAZARDS
NO_TICKETS = (*OF_PLACES, OF_CALLS, OF_HAZARDS, *affairs.TABLES)

Lists = Mapping[Section, Sequence[int]]


@dataclass(frozen=True, slots=True)
class _Seen:
    """可见范围 — what of the lists of some digests their reader may see at this moment."""

    tickets: frozenset[int]
    communities: frozenset[int]
    beside: Mapping[Section, Collection[int]]  # of what is no ticket

    def of(self, section: Section, community_id: int, ids: Iterable[int]) -> list[int]:
        if section in OF_PLACES:
            return list(ids) if community_id in self.communities else []
        return [one for one in ids if one in self.beside.get(section, self.tickets)]


def sent_to(session: Session, reader_id: int, now: datetime) -> Sequence[Digest]:
    """What a person was sent in the last weeks, the latest first; not what they asked for."""
    since = localtime.start_of_day(now) - timedelta(days=DAYS_IN_SIGHT)
    return session.scalars(
        select(Digest)
        .where(Digest.person_id == reader_id, Digest.job != ASKED, Digest.due_at >= since)
        .order_by(Digest.due_at.desc(), Digest.community_id)
    ).all()


def own(session: Session, digest_id: int, reader_id: int) -> Digest:
    """The same refusal for another person's digest as for one there is not."""
    digest = session.get(Digest, digest_id)
    if digest is None or digest.person_id != reader_id:
        raise NotFound(f"no digest {digest_id}")
    return digest


def hand_over(session: Session, goes_id: int, stays_id: int) -> None:
    """Two persons turn out to be one; of a digest that both were sent one is enough."""
    other = aliased(Digest)
    same = select(other.id).where(
        other.person_id == stays_id,
        other.job == Digest.job,
        other.due_at == Digest.due_at,
        other.community_id == Digest.community_id,
    )
    session.execute(
        update(Digest)
        .where(Digest.person_id == goes_id, ~same.exists())
        .values(person_id=stays_id)
        .execution_options(synchronize_session=False)
    )


def seen_lists(
    session: Session, digests: Collection[Digest], sight: Sight, now: datetime
) -> dict[int, Lists]:
    """Digest → its lists, less what is hidden from the reader by now: about them, or elsewhere."""
    seen = _seen(session, digests, sight, now)
    return {
        one.id: {
            section: seen.of(section, one.community_id, one.sections[section])
            for section in one.shown()
        }
        for one in digests
    }


def topics_of(
    session: Session, digests: Iterable[Digest], lists: Mapping[int, Lists]
) -> dict[int, list[tuple[str, int]]]:
    """Digest → how its topics divide what is left of their list."""
    left = {one.id: lists[one.id].get(Section.TOPICS, ()) for one in digests}
    numbers = {number for ids in left.values() for number in ids}
    rows = session.execute(select(Ticket.id, Ticket.category).where(Ticket.id.in_(numbers)))
    category = {row[0]: row[1] for row in rows}
    counted = {}
    for one in digests:
        names = [category[number] for number in left[one.id]]
        counted[one.id] = [(name, names.count(name)) for name in dict.fromkeys(names)]
    return counted


def _seen(session: Session, digests: Collection[Digest], sight: Sight, now: datetime) -> _Seen:
    calls = _tickets_of_calls(session, _ids(digests, OF_CALLS))
    told = _ids(digests, *(section for section in Section if section not in NO_TICKETS))
    tickets = frozenset(
        session.scalars(
            select(Ticket.id).where(Ticket.id.in_(told | set(calls.values())), sight.condition())
        )
    )
    within = select(AreaWithin.area_id).where(
        AreaWithin.area_id.in_({one.community_id for one in digests}),
        AreaWithin.outer_id.in_(sight.places),
    )
    others = {section: _ids(digests, section) for section in affairs.TABLES}
    beside: dict[Section, Collection[int]] = {
        **dict.fromkeys(affairs.TABLES, ()),
        **affairs.seen(session, others, sight.person_id, now),
        OF_CALLS: {call for call, ticket in calls.items() if ticket in tickets},
        OF_HAZARDS: set(_hazards(session, _ids(digests, OF_HAZARDS), sight.person_id, now)),
    }
    return _Seen(tickets, frozenset(session.scalars(within)), beside)


def _ids(digests: Iterable[Digest], *sections: Section) -> set[int]:
    return {
        number
        for one in digests
        for section in sections
        for number in one.sections.get(section, ())
    }


def _tickets_of_calls(session: Session, calls: Collection[int]) -> dict[int, int]:
    if not calls:
        return {}
    rows = session.execute(
        select(WhistleCall.id, Whistle.ticket_id)
        .join(Whistle, Whistle.id == WhistleCall.whistle_id)
        .where(WhistleCall.id.in_(calls))
    )
    return {row[0]: row[1] for row in rows}


def _hazards(
    session: Session, ids: Collection[int], reader_id: int, now: datetime
) -> Iterable[int]:
    if not ids:
        return
    for one in session.scalars(select(Hazard).where(Hazard.id.in_(ids))):
        if sides.may_see(session, one, reader_id, now):
            yield one.id
