"""What a digest says: a handful of statements a community, then plain arithmetic a reader."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased, load_only

from config.categories import Urgency
from models import localtime, outbox
from models.digests import affairs
from models.digests.due import due
from models.digests.sight import hidden_tickets
from models.digests.table import ORDER, DigestKind, Section
from models.hazards import lists as hazards
from models.hazards import sides
from models.places import Area, AreaKind, AreaWithin, GridKind
from models.posts import Post, Role, is_held
from models.ticket_flow import OPEN, WAITING, WORKING, State
from models.tickets.lists import standing
from models.tickets.table import IS_CLOSED, IS_OPEN, Ticket
from models.whistles import lists as whistles

TOPIC_DAYS = 7
TOPICS_SHOWN = 3
FEWEST_OF_A_TOPIC = 2
Test = Callable[[Ticket], bool]

GONE = (State.WITHDRAWN, State.MERGED)  # no matters of their own any more
_COLUMNS = load_only(
    Ticket.state,
    Ticket.category,
    Ticket.urgency,
    Ticket.intent,
    Ticket.emergency,
    Ticket.about,
    Ticket.area_id,
    Ticket.community_id,
    Ticket.reporter_id,
    Ticket.hides_reporter,
    Ticket.reported_at,
    Ticket.opened_at,
    Ticket.resolved_at,
    Ticket.resolve_due_at,
    Ticket.households,
)


@dataclass(frozen=True, slots=True)
class Composed:
    """日报内容 — the lists of one reader, none of them empty, and how the topics divide."""

    sections: dict[Section, list[int]]
    topics: list[tuple[str, int]]

    @property
    def has_news(self) -> bool:
        """What is talked of in general is no reason to write by itself."""
        return bool(self.sections.keys() - {Section.TOPICS})


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is the same for every reader of a community."""

    kind: DigestKind
    now: datetime
    tickets: Sequence[Ticket]
    vacant: Sequence[int]
    unreached: Sequence[tuple[int, int]]  # person, ticket of the message
    late_check_ins: Sequence[tuple[int, int]]  # call of a department, its ticket
    hazards: Sequence[tuple[int, frozenset[int]]]  # found today, and whom each accuses
    due: Mapping[Section, Sequence[int]]


def compose(
    session: Session,
    community_id: int,
    kind: DigestKind,
    now: datetime,
    readers: Collection[int],
) -> dict[int, Composed]:
    """For each reader, without what is hidden from them: they do not see it counted either."""
    facts = _facts(session, community_id, kind, now)
    hidden = hidden_tickets(session, facts.tickets, readers, now)
    return {
        reader: _composed(
            facts,
            hidden[reader],
            affairs.seen(session, facts.due, reader, now)
            | {Section.HAZARDS: [one for one, accused in facts.hazards if reader not in accused]},
        )
        for reader in readers
    }


def compose_for_group(
    session: Session, community_id: int, kind: DigestKind, now: datetime
) -> Composed:
    """For a group whose members nobody knows: nothing in it is about anybody."""
    facts = _facts(session, community_id, kind, now)
    accusing = frozenset(one.id for one in facts.tickets if one.about is not None)
    hazards = [one for one, accused in facts.hazards if not accused]
    told = affairs.told_to_groups(session, facts.due) | {Section.HAZARDS: hazards}
    return _composed(facts, accusing, told)


def _facts(session: Session, community_id: int, kind: DigestKind, now: datetime) -> _Facts:
    tickets = _tickets(session, community_id, now)
    is_morning = kind == DigestKind.MORNING
    return _Facts(
        kind,
        now,
        tickets,
        _vacant(session, community_id, now) if is_morning else (),
        _unreached(session, tickets, now) if is_morning else (),
        _late_check_ins(session, community_id, now) if is_morning else (),
        () if is_morning else _found_today(session, community_id, now),
        due(session, community_id, kind, now),
    )


def _tickets(session: Session, community_id: int, now: datetime) -> list[Ticket]:
    """What is open, came in lately or was ended since yesterday; a statement each, for indexes.

    What came in lately is open still, or was resolved or ended since.
    """
    yesterday, _ = _yesterday(now)
    lately = min(yesterday, now - timedelta(days=TOPIC_DAYS))
    is_late = or_(Ticket.opened_at >= lately, Ticket.resolved_at >= yesterday)
    conditions = (
        (IS_OPEN,),
        (IS_CLOSED, Ticket.ended_at.is_(None), is_late),
        (IS_CLOSED, Ticket.ended_at >= lately, is_late),
    )
    found = [
        ticket
        for condition in conditions
        for ticket in session.scalars(
            select(Ticket)
            .options(_COLUMNS)
            .where(Ticket.community_id == community_id, *condition, Ticket.opened_at <= now)
        )
    ]
    return sorted(found, key=standing)


def _vacant(session: Session, community_id: int, now: datetime) -> Sequence[int]:
    """Buildings where people live and that no building head serves."""
    grid = aliased(Area)
    head = (
        select(Post.id)
        .join(AreaWithin, AreaWithin.outer_id == Post.area_id)
        .where(
            AreaWithin.area_id == Area.id,
            Post.role == Role.BUILDING_HEAD,
            is_held(now),
        )
    )
    return session.scalars(
        select(Area.id)
        .outerjoin(grid, grid.id == Area.grid_id)
        .where(
            Area.community_id == community_id,
            Area.kind == AreaKind.BUILDING,
            or_(grid.grid_kind.is_(None), grid.grid_kind != GridKind.EXCLUSIVE),
            ~exists(head),
        )
        .order_by(Area.id)
    ).all()


def _unreached(
    session: Session, tickets: Iterable[Ticket], now: datetime
) -> Sequence[tuple[int, int]]:
    """Reporters to call. Who hid their name is not: a call would tell who they are."""
    reporters = {one.id: one.reporter_id for one in tickets if not one.hides_reporter}
    if not reporters:
        return ()
    since, _ = _yesterday(now)
    return [
        (message.person_id, message.ticket_id)
        for message in outbox.unreached(session, sorted(set(reporters.values())), since)
        if message.ticket_id is not None
        and message.person_id is not None
        and reporters.get(message.ticket_id) == message.person_id
    ]


def _late_check_ins(
    session: Session, community_id: int, now: datetime
) -> Sequence[tuple[int, int]]:
    """Departments that came late since yesterday, or have not come yet."""
    yesterday, _ = _yesterday(now)
    return whistles.late_check_ins(session, community_id, yesterday, now)


def _found_today(
    session: Session, community_id: int, now: datetime
) -> Sequence[tuple[int, frozenset[int]]]:
    _, today = _yesterday(now)
    found = hazards.found_in(session, community_id, today, now)
    return [(one.id, sides.accused(session, one, now)) for one in found]


def _composed(
    facts: _Facts, hidden: frozenset[int], beside: Mapping[Section, list[int]]
) -> Composed:
    """`beside` are the lists of what is no ticket, as far as the reader may see them."""
    seen = [one for one in facts.tickets if one.id not in hidden]
    topics = _topics(seen, facts.now)
    lists = {
        section: [one.id for one in seen if belongs(one)]
        for section, belongs in _tests(facts).items()
    } | dict(beside)
    lists[Section.VACANT] = list(facts.vacant)
    told = {one.id for one in seen}
    lists[Section.UNREACHED] = list(
        dict.fromkeys(person for person, ticket in facts.unreached if ticket in told)
    )
    lists[Section.LATE_CHECK_INS] = [
        call for call, ticket in facts.late_check_ins if ticket in told
    ]
    ranks = {category: rank for rank, (category, _) in enumerate(topics)}
    talked_of = [one for one in _lately(seen, facts.now) if one.category in ranks]
    lists[Section.TOPICS] = [
        one.id for one in sorted(talked_of, key=lambda one: ranks[one.category])
    ]
    kept = {section: lists[section] for section in ORDER[facts.kind] if lists.get(section)}
    return Composed(kept, topics if Section.TOPICS in kept else [])


def _tests(facts: _Facts) -> dict[Section, Test]:
    """Section → whether a ticket belongs in it."""
    now, unanswered = facts.now, frozenset(facts.due.get(Section.UNANSWERED, ()))
    yesterday, today = _yesterday(now)
    tomorrow = localtime.end_of_day(now)
    ended = (State.RESOLVED, State.ARCHIVED)

    def was_ended(one: Ticket) -> bool:
        return one.resolved_at is not None and yesterday <= one.resolved_at < today

    def is_emergency(one: Ticket) -> bool:
        is_current = one.state in OPEN or one.opened_at >= yesterday
        return one.urgency == Urgency.EMERGENCY and one.state not in GONE and is_current

    return {
        Section.OVERDUE: lambda one: _runs(one) and one.resolve_due_at <= now,
        Section.DUE_TODAY: lambda one: _runs(one) and now < one.resolve_due_at < tomorrow,
        Section.WAITING: lambda one: one.state in WAITING,
        Section.NEW_YESTERDAY: lambda one: (
            one.state not in GONE and yesterday <= one.opened_at < today
        ),
        Section.UNANSWERED: lambda one: one.id in unanswered,
        Section.EMERGENCIES: is_emergency,
        Section.WORKING: lambda one: one.state in WORKING,
        Section.SUSPENDED: lambda one: one.state == State.SUSPENDED,
        Section.ENDED_YESTERDAY: lambda one: one.state in ended and was_ended(one),
    }


def _topics(tickets: Iterable[Ticket], now: datetime) -> list[tuple[str, int]]:
    """What neighbours wrote about most, the most frequent first."""
    counted = Counter(one.category for one in _lately(tickets, now))
    ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return [one for one in ranked if one[1] >= FEWEST_OF_A_TOPIC][:TOPICS_SHOWN]


def _lately(tickets: Iterable[Ticket], now: datetime) -> list[Ticket]:
    since = now - timedelta(days=TOPIC_DAYS)
    return [one for one in tickets if one.opened_at >= since and one.state not in GONE]


def _runs(ticket: Ticket) -> bool:
    """A suspended matter waits with a reason and is late for nothing."""
    return ticket.state in OPEN and ticket.state != State.SUSPENDED


def _yesterday(now: datetime) -> tuple[datetime, datetime]:
    today = localtime.start_of_day(now)
    return today - timedelta(days=1), today
