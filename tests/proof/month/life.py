"""What residents and staff do in the month: reports, work, returns, silence, leave, vacancies."""

import heapq
import itertools
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.categories import LEVEL_ONE, Urgency
from models.base import Database
from models.errors import DomainError
from models.people import Person
from models.places import Area, AreaKind, root_area_id
from models.posts import PAID, Absence, Post, Role, is_held
from models.sealing import new_own_key
from models.ticket_flow import ENDED, WAITING, Action, Outcome, State
from models.tickets import assigning, refining
from models.tickets.actions import apply, can
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests.factories import post, ticket

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RESIDENTS = 200
NIGHT_SHARE = 0.15  # of reports, spread over the whole day
SHARE_URGENT, SHARE_EMERGENCY, SHARE_ABOUT, SHARE_PLACELESS = 0.08, 0.02, 0.05, 0.03
LEAVES_A_DAY, VACANCIES_A_DAY = 0.04, 0.006  # for each paid post
SHARE_SUBSTITUTED, SHARE_FILLED, SHARE_UNDONE, SHARE_IDLE = 0.7, 0.7, 0.06, 0.12

WHILE_WAITING = {
    Action.ACCEPT: 60,
    Action.SEND_BACK: 8,
    Action.TRANSFER: 6,
    Action.ESCALATE: 2,
    Action.SUSPEND: 2,
    None: 20,
}
WHILE_WORKING = {
    Action.RESOLVE: 58,
    Action.SUSPEND: 10,
    Action.TRANSFER: 5,
    Action.SEND_BACK: 5,
    Action.START: 6,
    Action.ESCALATE: 1,
    None: 12,
}
SUPERVISORS_ACTION = frozenset({Action.ESCALATE})


@dataclass(frozen=True)
class Due:
    """Something somebody will do."""

    what: str
    subject: int = 0
    by: int | None = None


class Life:
    """The people of the demo town over a month, one thing after another."""

    def __init__(self, database: Database, chance: random.Random, begin: datetime) -> None:
        self._database, self._chance = database, chance
        self._heap: list[tuple[datetime, int, Due]] = []
        self._numbers = itertools.count()
        with database.writing() as session:
            self._residents = [_resident(session, begin) for _ in range(RESIDENTS)]
            kinds = Area.kind == AreaKind.BUILDING
            self._buildings = list(session.scalars(select(Area.id).where(kinds)))
            root = session.get_one(Area, root_area_id(session))
            # Of two desks one is always manned, so that a matter nobody has is the house's fault.
            self._always = post(session, Role.DUTY_DESK, root, since=begin).id

    def plan(self, tickets: int, begin: datetime, days: int) -> None:
        for _ in range(tickets):
            self._put(begin + self._chance.randrange(days) * DAY + self._daytime(), Due("report"))
        for day in range(days):
            self._put(begin + day * DAY, Due("roster"))

    @property
    def next_at(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def live(self, until: datetime) -> None:
        """Everything that is to happen up to then, each in a transaction of its own."""
        while self._heap and self._heap[0][0] <= until:
            at, _, due = heapq.heappop(self._heap)
            with suppress(DomainError), self._database.writing() as session:
                getattr(self, f"_{due.what}")(session, due, at)

    def next_clock_at(self) -> datetime | None:
        with self._database.reading() as session:
            return session.scalar(
                select(func.min(Ticket.clock_at)).where(Ticket.clock_at.is_not(None))
            )

    def _put(self, at: datetime, due: Due) -> None:
        heapq.heappush(self._heap, (at, next(self._numbers), due))

    def _daytime(self) -> timedelta:
        if self._chance.random() < NIGHT_SHARE:
            return timedelta(seconds=self._chance.randrange(86400))
        return 7 * HOUR + timedelta(seconds=self._chance.randrange(15 * 3600))

    def _report(self, session: Session, due: Due, at: datetime) -> None:
        chance = self._chance
        is_placeless = chance.random() < SHARE_PLACELESS
        place = None if is_placeless else session.get(Area, chance.choice(self._buildings))
        pick = chance.random()
        urgency = Urgency.NORMAL
        if pick < SHARE_EMERGENCY:
            urgency = Urgency.EMERGENCY
        elif pick < SHARE_EMERGENCY + SHARE_URGENT:
            urgency = Urgency.URGENT
        about = chance.choice(list(About)) if chance.random() < SHARE_ABOUT else None
        one = ticket(
            session,
            place,
            at,
            reporter=chance.choice(self._residents),
            category=chance.choice(LEVEL_ONE),
            urgency=urgency,
            emergency="fire" if urgency == Urgency.EMERGENCY else None,
            about=about,
        )
        self._put(at + self._pause(one), Due("decide", one.id))

    def _pause(self, one: Ticket) -> timedelta:
        """Until somebody looks at it again; now and then for days nobody does."""
        if self._chance.random() < SHARE_IDLE:
            return self._chance.uniform(2, 9) * DAY
        if one.urgency == Urgency.EMERGENCY:
            return self._chance.expovariate(1 / 2) * MINUTE
        mean = 80 if one.state in WAITING else 1200
        return self._chance.expovariate(1 / mean) * MINUTE

    def _decide(self, session: Session, due: Due, at: datetime) -> None:
        one = session.get_one(Ticket, due.subject)
        if one.state in ENDED:
            return
        self._put(at + self._pause(one) + MINUTE, due)
        if one.state == State.RESOLVED:
            self._rate(session, one, at)
        elif one.state == State.SUSPENDED:
            if self._chance.random() < 0.3:
                self._apply(session, one, Action.RESUME, Actor(one.owner_id), at)
        elif one.owner_id is not None:
            self._work(session, one, at)

    def _rate(self, session: Session, one: Ticket, at: datetime) -> None:
        mood, by = self._chance.random(), Actor(one.reporter_id)
        if mood < 0.15 and can(session, one, Action.REOPEN, by=by, at=at):
            apply(session, one, Action.REOPEN, by=by, at=at, solved=False, stars=1)
        elif mood < 0.5:
            apply(session, one, Action.RATE, by=by, at=at, solved=True, stars=5)

    def _work(self, session: Session, one: Ticket, at: datetime) -> None:
        table = WHILE_WAITING if one.state in WAITING else WHILE_WORKING
        [action] = self._chance.choices(list(table), list(table.values()))
        by = Actor(one.owner_id)
        if action is None:
            if self._chance.random() < 0.2 and one.area_id is not None:
                category = self._chance.choice(LEVEL_ONE)
                refining.reclassify(session, one, category, None, by=one.reporter_id, at=at)
            return
        if action in SUPERVISORS_ACTION:
            staff = _supervisors(session, one, at)
            by = Actor(self._chance.choice(staff)) if staff else by
        self._apply(session, one, action, by, at)
        if self._chance.random() < SHARE_UNDONE:
            moment = at + self._chance.uniform(0, 9) * MINUTE
            self._put(moment, Due("undo", one.id, by.person_id))

    def _apply(
        self, session: Session, one: Ticket, action: Action, by: Actor, at: datetime
    ) -> None:
        given: dict[str, object] = {"reason": "说明原因"}
        if action == Action.TRANSFER:
            choices = assigning.paid_choices(session, one, at)
            if not choices:
                return
            given["holder"] = self._chance.choice(choices)
        elif action == Action.SUSPEND:
            given["until"] = at + self._chance.uniform(0.02, 4) * DAY
        elif action == Action.RESOLVE:
            given["outcome"] = self._chance.choice((Outcome.FIXED, Outcome.CANNOT_FIX))
        apply(session, one, action, by=by, at=at, **given)

    def _undo(self, session: Session, due: Due, at: datetime) -> None:
        one = session.get_one(Ticket, due.subject)
        apply(session, one, Action.UNDO, by=Actor(due.by), at=at)

    def _roster(self, session: Session, due: Due, at: datetime) -> None:
        """What the day brings to the posts."""
        for held in _held(session, at):
            if held == self._always:
                continue
            if self._chance.random() < LEAVES_A_DAY:
                self._put(at + self._chance.uniform(0, 1) * DAY, Due("leave", held))
            if self._chance.random() < VACANCIES_A_DAY:
                self._put(at + self._chance.uniform(0, 1) * DAY, Due("vacate", held))

    def _leave(self, session: Session, due: Due, at: datetime) -> None:
        """From this minute, or announced for later, so that a leave begins without a word."""
        who = session.get_one(Post, due.subject)
        since = at + self._chance.choice((timedelta(0), self._chance.uniform(0, 2) * DAY))
        until = since + self._chance.uniform(0.1, 4) * DAY
        if who.until is not None or _has_leave(session, who.id, since, until):
            return
        others = [one for one in _held(session, at, who.role) if one != who.id]
        is_stood_in = others and self._chance.random() < SHARE_SUBSTITUTED
        instead = self._chance.choice(others) if is_stood_in else None
        session.add(Absence(post_id=who.id, since=since, until=until, substitute_id=instead))
        for moment in (since, until):
            self._put(moment, Due("nothing"))

    def _vacate(self, session: Session, due: Due, at: datetime) -> None:
        who = session.get_one(Post, due.subject)
        if who.until is not None:
            return
        who.until = at
        if self._chance.random() < SHARE_FILLED:
            self._put(at + self._chance.uniform(0.2, 3) * DAY, Due("fill", who.id))

    def _fill(self, session: Session, due: Due, at: datetime) -> None:
        former = session.get_one(Post, due.subject)
        place = session.get_one(Area, former.area_id)
        post(session, former.role, place, since=at, department=former.department)

    def _nothing(self, session: Session, due: Due, at: datetime) -> None:
        """A moment at which the clocks must look."""


def _resident(session: Session, now: datetime) -> int:
    made = Person(name="居民", own_key=new_own_key(), created_at=now)
    session.add(made)
    session.flush()
    return made.id


def _held(session: Session, at: datetime, *roles: Role) -> list[int]:
    found = select(Post.id).where(Post.role.in_(roles or PAID), is_held(at)).order_by(Post.id)
    return list(session.scalars(found))


def _has_leave(session: Session, post_id: int, since: datetime, until: datetime) -> bool:
    met = select(Absence.id).where(
        Absence.post_id == post_id, Absence.since <= until, Absence.until >= since
    )
    return session.scalar(met) is not None


def _supervisors(session: Session, one: Ticket, at: datetime) -> list[int]:
    people = session.scalars(
        select(Post.person_id).where(Post.role == Role.COMMUNITY_STAFF, is_held(at))
    )
    return [who for who in people if can(session, one, Action.ESCALATE, by=Actor(who), at=at)]
