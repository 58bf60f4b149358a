"""Figures stay what the events say, whatever happens to tickets and however they are rolled up."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from models.base import Base, Database
from models.erasure import erase
from models.errors import DomainError
from models.events import Event
from models.metrics import cells, figures, rebuilding, rollups
from models.metrics.cuts import COMPANIES, Axis
from models.metrics.figures import Scope
from models.metrics.periods import Period
from models.metrics.retelling import retold
from models.metrics.table import Slice
from models.metrics.tally import Count, Counts
from models.places import root_area_id
from models.ticket_flow import TRANSITIONS, Action, Outcome
from models.tickets import refining, supporting, ticking
from models.tickets.actions import apply, can
from models.tickets.step import CLOCK, Actor
from models.tickets.table import Supporter, Ticket
from tests.factories import MORNING, area_named, building, demo_person, ticket, town

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
REPORTS = 6
ROLES = (
    ("resident", 1),
    ("resident", 2),
    ("grid_worker", 1),
    ("building_head", 1),
    ("property_staff", 1),
    ("community_staff", 1),
    ("subdistrict_staff", 1),
    ("duty_desk", 1),
)
WHOLE_AXES = [one for one in Axis if one not in COMPANIES]  # whose parts make up the whole
PLACES = ((1, "幸福里小区"), (3, "幸福里小区"), (1, "阳光花园"), (0, ""))
ACTIONS = tuple(one for one in Action if one != Action.MERGE)
BESIDE = (
    *("merge", "reclassify", "place", "erase", "joined_rates", "tick", "roll_up"),
    *("ended", "reopened", "taken_back", "taken_back", "joined_rates"),
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('figures') / 'linli.db'}")
    Base.metadata.create_all(store.writer)
    town(store, MORNING - timedelta(days=30))
    yield store
    store.dispose()


class _Enough(Exception):
    """The story is over; nothing of it is kept."""


steps = st.lists(
    st.tuples(
        st.sampled_from((*ACTIONS, *ACTIONS, *BESIDE)),
        st.integers(0, REPORTS - 1),
        st.integers(0, REPORTS - 1),
        st.integers(0, len(ROLES) - 1),
        st.integers(1, 5),
        st.sampled_from((1, 5, 60, 60 * 24, 60 * 24 * 9)),
    ),
    min_size=8,
    max_size=20,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    first=steps,
    then=steps,
    places=st.lists(st.sampled_from(PLACES), min_size=REPORTS, max_size=REPORTS),
)
def test_live_figures_are_those_of_the_events_and_parts_make_up_the_whole(
    filled: Database, first: list[Any], then: list[Any], places: list[tuple[int, str]]
) -> None:
    with pytest.raises(_Enough), filled.writing() as session:
        story = Story(session, places)
        for told in (first, then):
            for one in told:
                story.step(*one)
            story.check()
            while rollups.roll_up(session, story.now, 2):
                pass
            story.check()
        raise _Enough


class Story:
    """Some reports, and who does what to them; what the house refuses is passed over."""

    def __init__(
        self, session: Session, places: list[tuple[int, str]], now: datetime = MORNING
    ) -> None:
        self.session, self.now, self.checked = session, now, 0
        self.people = [Actor(demo_person(session, *role)) for role in ROLES]
        self.tickets = [self._open(index, *place) for index, place in enumerate(places)]

    def _open(self, index: int, number: int, estate: str) -> Ticket:
        where = building(self.session, number, estate) if number else None
        who = self.people[index % 2].person_id
        intent = (Intent.REPORT, Intent.ENQUIRY)[index % 2]
        return ticket(self.session, where, self.now, reporter=who, intent=intent)

    def step(self, what: str, which: int, other: int, role: int, number: int, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        one, by = self.tickets[which], self.people[role]
        try:
            with self.session.begin_nested():
                if what in ACTIONS:
                    self._act(one, Action(what), by, number)
                else:
                    getattr(self, f"_{what}")(one, self.tickets[other], by, number)
        except DomainError:
            self.session.expire_all()

    def _act(self, one: Ticket, action: Action, by: Actor, number: int) -> Event:
        known = [act for state, act in TRANSITIONS if state == one.state and act != Action.MERGE]
        if action not in known:
            action = known[number % len(known)]
        able = [by, CLOCK, Actor(one.owner_id), *self.people]
        by = next((a for a in able if can(self.session, one, action, by=a, at=self.now)), by)
        given: dict[Action, dict[str, Any]] = {
            Action.SUSPEND: {"until": self.now + timedelta(days=number)},
            Action.RESOLVE: {"outcome": list(Outcome)[number % 3]},
            Action.RATE: {"solved": number > 2, "stars": number if number != 3 else None},
            Action.REOPEN: {"solved": False, "stars": number} if number < 3 else {},
            Action.SET_URGENCY: {"urgency": (Urgency.NORMAL, Urgency.URGENT)[number % 2]},
        }
        more = {"at": self.now, "reason": "原因", **given.get(action, {})}
        return self.session.get_one(Event, apply(self.session, one, action, by=by, **more))

    def _merge(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        apply(self.session, one, Action.MERGE, by=CLOCK, at=self.now, reason="x", into=other)

    def _reclassify(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        category = ("noise", "parking", "elevator", "leak", "pets")[number - 1]
        by = Actor(one.reporter_id)
        refining.reclassify(self.session, one, category, None, by=by.person_id, at=self.now)

    def _place(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        where = building(self.session, number % 3 + 1)
        refining.place(self.session, one, where, by=one.reporter_id, at=self.now)

    def _erase(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        erase(self.session, one.reporter_id, self.now)

    def _joined_rates(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        if one.is_open and other.reporter_id != one.reporter_id:
            self._merge(other, one, by, number)
            self._ended(one, other, by, number)
        who = self.session.scalars(
            select(Supporter.person_id).where(Supporter.ticket_id == one.id)
        ).first()
        supporting.rate(
            self.session, one, is_solved=number > 2, stars=number, by=who or 0, at=self.now
        )

    def _tick(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        for each in self.tickets:
            self.session.refresh(each)
            ticking.tick(self.session, each, self.now)

    def _roll_up(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        self.session.flush()
        rollups.roll_up(self.session, self.now, number)
        self.session.expire_all()

    def _ended(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        for action in (Action.ACCEPT, Action.RESOLVE, Action.RATE)[: number + 1]:
            self._act(one, action, by, number)

    def _taken_back(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        """Rolled up within the minutes in which the last step can be taken back."""
        last = self._act(one, list(Action)[number * 3], by, number)
        self._roll_up(one, other, by, REPORTS)
        apply(self.session, one, Action.UNDO, by=Actor(last.actor_id), at=self.now)

    def _reopened(self, one: Ticket, other: Ticket, by: Actor, number: int) -> None:
        """All the way to a second end, which a random walk seldom comes to."""
        for action in (Action.ACCEPT, Action.RESOLVE, Action.REOPEN, Action.ACCEPT, Action.RESOLVE):
            self._act(one, action, by, number)

    def check(self) -> None:
        self.session.flush()
        self.session.expire_all()
        compared = rebuilding.compare(self.session, self.now)
        assert compared.differing == []
        assert compared.wrong_cells == []
        for name in ("幸福里小区", "幸福社区", "和顺街道", "幸福第一网格"):
            self._check_area(area_named(self.session, name).id)
        root = root_area_id(self.session)
        assert root is not None
        self._check_area(root)
        scope = Scope(root, YEAR, self.now)
        assert figures.total(self.session, scope)[Count.OPENED] == REPORTS

    def _check_area(self, area_id: int) -> None:
        scope, session = Scope(area_id, YEAR, self.now), self.session
        whole = figures.total(session, scope)
        assert whole == told_by_events(session, scope)
        self.checked += 1  # not every axis each time: all of them come by in the end
        for axis in WHOLE_AXES[self.checked % 4 :: 4]:
            (found,) = figures.parts(session, scope, axis)
            assert summed(found) == whole
            assert all(number >= 0 for counts in found.values() for number in counts.values())


def summed(parts: dict[str, Counts]) -> Counts:
    return +sum(parts.values(), Counter())


def told_by_events(session: Session, scope: Scope) -> Counts:
    """The same figures without a look at tickets or rollups."""
    told = list(retold(session, 1, 10**9))
    cells_of = rollups.summed(told, cells.rolled_map(session, told), scope.now).items()
    mine = {
        str(cell): counts
        for cell, counts in cells_of
        if (cell.area_id, cell.slice) == (scope.area_id, Slice.TOTAL)
    }
    return summed(mine)
