"""One real ticket that people, the clock and its area's calendar do things to, and the oracle."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from hypothesis import strategies as st
from sqlalchemy.orm import Session

from config.categories import LEVEL_ONE, Urgency
from models import work_calendars
from models.errors import DomainError
from models.ticket_flow import Action, State
from models.tickets import recomputing, refining, ticking
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests import factories
from tests.models import worktime_cases
from tests.models.worktime_oracle import Layer, Oracle

AREAS = ["幸福里小区", "幸福社区"]  # the innermost first
KINDS = [
    *("class", "class", "class and back", "suspend", "suspend", "resume", "resume", "clock"),
    *("accept", "note", "urge", "days", "days", "hours", "reopen", "suspend and back"),
    *("urgency", "urgency and back", "season", "season"),
]
WAITS = [0, 1, 17, 60, 240, 600, 1440, 4000]
STEPS = st.tuples(st.sampled_from(KINDS), st.sampled_from(WAITS))


@dataclass
class Walk:
    """The ticket, and what the oracle needs to know of its life."""

    session: Session
    random: Random
    ticket: Ticket
    at: datetime
    opened_at: datetime
    category: str
    urgency: Urgency
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    pause: tuple[datetime, datetime] | None = None
    layers: list[Layer] = field(default_factory=lambda: [Layer() for _ in AREAS])

    @classmethod
    def begin(cls, session: Session, random: Random) -> "Walk":
        at = worktime_cases.moment(random, Oracle([worktime_cases.SHIPPED], worktime_cases.FIXED))
        at = at.replace(year=2026) + timedelta(days=70)  # once the demo's posts are held
        category = random.choice(LEVEL_ONE)
        urgency = random.choice([Urgency.NORMAL, Urgency.URGENT, Urgency.EMERGENCY])
        where = factories.building(session)
        one = factories.ticket(session, where, at, category=category, urgency=urgency)
        return cls(session, random, one, at, at, category, urgency)

    @property
    def owner(self) -> Actor:
        return Actor(self.ticket.owner_id)

    @property
    def staff(self) -> Actor:
        return factories.actor(self.session, "community_staff")

    @property
    def reporter(self) -> Actor:
        return Actor(self.ticket.reporter_id)

    def take(self, kind: str, minutes: int) -> None:
        """One step; what the house refuses changes nothing here either."""
        self.at += timedelta(minutes=minutes, seconds=self.random.randrange(60))
        before = replace(self, pauses=list(self.pauses), layers=list(self.layers))
        try:
            with self.session.begin_nested():
                getattr(self, f"_{kind.replace(' ', '_')}")()
                self.session.flush()
        except DomainError:
            self.session.expire_all()
            for name in ("opened_at", "category", "urgency", "pauses", "pause", "layers"):
                setattr(self, name, getattr(before, name))

    def found(self) -> tuple[datetime, datetime]:
        return self.ticket.accept_due_at, self.ticket.resolve_due_at

    def expected(self) -> tuple[datetime, datetime]:
        row = worktime_cases.shipped_row(self.category, self.urgency)
        oracle = worktime_cases.WALL
        if self.urgency != Urgency.EMERGENCY:
            oracle = Oracle([*self.layers, worktime_cases.SHIPPED], worktime_cases.FIXED)
        pauses = [*self.pauses, self.pause] if self.pause else self.pauses
        return worktime_cases.due_by(oracle, row, self.opened_at, pauses)

    def _apply(self, action: Action, by: Actor, **given: object) -> None:
        apply(self.session, self.ticket, action, by=by, at=self.at, reason="等料", **given)

    def _class(self) -> None:
        category = self.random.choice(LEVEL_ONE)
        by = self.ticket.reporter_id
        refining.reclassify(self.session, self.ticket, category, None, by=by, at=self.at)
        self.category = category

    def _urgency(self) -> None:
        wanted = self.random.choice([Urgency.NORMAL, Urgency.URGENT])
        self._apply(Action.SET_URGENCY, self.staff, urgency=wanted)
        self.urgency = wanted

    def _urgency_and_back(self) -> None:
        urgency = self.urgency
        self._urgency()
        self._wait_for_undo()
        self._apply(Action.UNDO, self.staff)
        self.urgency = urgency

    def _class_and_back(self) -> None:
        category = self.category
        self._class()
        self._wait_for_undo()
        self._apply(Action.UNDO, self.reporter)
        self.category = category

    def _suspend(self) -> None:
        until = self.at + timedelta(minutes=self.random.choice([1, 45, 500, 1440, 6000]))
        self._apply(Action.SUSPEND, self.owner, until=until)
        self.pause = self.at, until

    def _suspend_and_back(self) -> None:
        self._suspend()
        self._wait_for_undo()
        self._apply(Action.UNDO, self.owner)
        self.pause = None

    def _wait_for_undo(self) -> None:
        self.at += timedelta(minutes=self.random.randrange(9))
        if self.random.random() < 0.5:
            self._days()

    def _resume(self) -> None:
        self._apply(Action.RESUME, self.owner)
        self._end_pause()

    def _clock(self) -> None:
        was_paused = self.ticket.state == State.SUSPENDED
        ticking.tick(self.session, self.ticket, self.at)
        if was_paused and self.ticket.state != State.SUSPENDED:
            self._end_pause()

    def _end_pause(self) -> None:
        assert self.pause is not None
        begin, until = self.pause
        self.pauses.append((begin, min(self.at, until)))
        self.pause = None

    def _accept(self) -> None:
        self._apply(Action.ACCEPT, self.owner)

    def _note(self) -> None:
        by = self.ticket.reporter_id
        refining.add_note(
            self.session, self.ticket, "还没好", by=by, at=self.at, for_reporter=False
        )

    def _urge(self) -> None:
        refining.urge(self.session, self.ticket, by=self.ticket.reporter_id, at=self.at)

    def _reopen(self) -> None:
        if self.ticket.is_waiting:
            self._accept()
        self._apply(Action.RESOLVE, self.owner)
        self._apply(Action.REOPEN, self.reporter)
        self.opened_at, self.pauses, self.pause = self.at, [], None

    def _days(self) -> None:
        days = self.random.sample(range(-3, 25), 2)
        rest, work = (self.opened_at.date() + timedelta(days=one) for one in days)
        number, area_id = self._area()
        made = work_calendars.mark_days(
            self.session, area_id, rest=[rest], work=[work], by=None, at=self.at
        )
        self.layers[number] = _marked(self.layers[number], rest, work)
        recomputing.recompute(self.session, self.ticket, made.revision, self.at)

    def _hours(self) -> None:
        hours = self.random.choice([None, *worktime_cases.HOURS[:3]])
        spans = worktime_cases.spans(hours) if hours else []
        number, area_id = self._area()
        made = work_calendars.keep_hours(self.session, area_id, spans, by=None, at=self.at)
        self.layers[number] = replace(self.layers[number], hours=hours)
        recomputing.recompute(self.session, self.ticket, made.revision, self.at)

    def _season(self) -> None:
        """One comes, or the one there was goes; opened within it a matter has its days."""
        number, area_id = self._area()
        first, last, hours = self.random.choice(worktime_cases.SEASONS)[0]
        kept = self.layers[number].seasons
        edges = worktime_cases.month_and_day(first), worktime_cases.month_and_day(last)
        said = [] if kept else worktime_cases.spans(hours)
        if kept:
            edges = tuple(worktime_cases.month_and_day(one) for one in kept[0][:2])
        made = work_calendars.keep_season(self.session, area_id, *edges, said, by=None, at=self.at)
        seasons = () if kept else ((first, last, hours),)
        self.layers[number] = replace(self.layers[number], seasons=seasons)
        recomputing.recompute(self.session, self.ticket, made.revision, self.at)

    def _area(self) -> tuple[int, int]:
        number = self.random.randrange(len(AREAS))
        return number, factories.area_named(self.session, AREAS[number]).id


def _marked(layer: Layer, rest: date, work: date) -> Layer:
    return replace(layer, rest=(layer.rest - {work}) | {rest}, work=(layer.work - {rest}) | {work})
