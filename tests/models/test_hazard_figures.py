"""The figures of the ledger come from the events alone and say what the rows say."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base, Database
from models.digests.composing import compose
from models.digests.table import DigestKind, Section
from models.errors import DomainError
from models.hazards import acting, entering, ticking, undoing
from models.hazards.figures import COUNTED, Axis, HazardCount, HazardSheet, sheet
from models.hazards.flow import Finder, HazardState
from models.hazards.table import Hazard
from models.localtime import local
from models.metrics.periods import Period
from models.places import root_area_id
from models.ticket_flow import Action, Outcome
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests import factories
from tests.factories import building, demo_person
from tests.models.test_hazards import found, passed_up, patrol, resolved

NOW = factories.MORNING
TODAY = Period(local(NOW).date(), local(NOW).date())


@pytest.fixture
def town(store: Database) -> Database:
    factories.town(store)
    return store


def figures(session: Session, axis: Axis | None = None, area: str = "幸福社区") -> HazardSheet:
    return sheet(session, factories.area_named(session, area).id, TODAY, axis)


def test_found_solved_passed_up_and_rectified_are_counted_by_area(town: Database) -> None:
    with town.writing() as session:
        found(session, HazardState.SOLVED)
        found(session)
        _, ended = passed_up(session)
        passed_up(session)
        resolved(session, ended)
        taken_back = found(session, HazardState.SOLVED)
        event = undoing.undoable(session, patrol(session), NOW)
        assert event is not None and event.subject_id == taken_back.id
        undoing.undo(session, event, by=patrol(session), at=NOW)
        passed_up(session, at=NOW - timedelta(days=1))
        whole = figures(session).whole
        assert [whole[one] for one in HazardCount] == [4, 1, 2, 1, 1, 1, 0, 0, 0]
        assert figures(session, area="和平社区").whole == Counter()
        by_grid = figures(session, Axis.GRID).rows
        grid = str(factories.area_named(session, "幸福第一网格").id)
        assert list(by_grid) == [grid] and by_grid[grid] == whole


def test_a_team_of_one_is_not_told_apart_but_a_company_is(town: Database) -> None:
    with town.writing() as session:
        found(session, HazardState.SOLVED)
        found(session, HazardState.SOLVED, found_by=Finder.PROPERTY)
        found(session, HazardState.SOLVED, found_by=Finder.RESIDENT)
        assert set(figures(session, Axis.FINDER).rows) == {"others", "property", "resident"}
        factories.post(session, factories.Role.PATROL, factories.area_named(session, "幸福社区"))
        assert set(figures(session, Axis.FINDER).rows) == {"patrol", "property", "resident"}


def test_what_has_no_place_yet_counts_for_the_whole_house_alone(town: Database) -> None:
    with town.writing() as session:
        factories.ticket(session, None, category="fire_safety", subcategory="passage")
        root = root_area_id(session)
        assert root is not None
        assert sheet(session, root, TODAY).whole[HazardCount.FOUND] == 1
        assert figures(session).whole == Counter()


def test_the_evening_digest_lists_the_days_hazards_but_not_to_whom_they_accuse(
    town: Database,
) -> None:
    with town.writing() as session:
        mine = demo_person(session, "community_staff")
        plain = found(session, HazardState.SOLVED)
        accusing = found(session, about=About.COMMUNITY, text="社区书记不管")
        struck = found(session)
        leader = demo_person(session, "grid_leader")
        acting.strike(session, struck, "不是", by=leader, at=NOW)
        community = factories.area_named(session, "幸福社区").id
        readers = [mine, demo_person(session, "subdistrict_staff")]
        evening = compose(session, community, DigestKind.EVENING, NOW, readers)
        assert evening[mine].sections[Section.HAZARDS] == [plain.id]
        assert evening[readers[1]].sections[Section.HAZARDS] == [plain.id, accusing.id]
        morning = compose(session, community, DigestKind.MORNING, NOW, [mine])
        assert Section.HAZARDS not in morning[mine].sections


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('walks') / 'linli.db'}")
    Base.metadata.create_all(store.writer)
    factories.town(store)
    yield store
    store.dispose()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("find", "find", "solve", "pass_up", "strike", "undo", "tick", "report"),
                *("accept", "resolve", "cannot", "withdraw", "reopen", "merge", "unmerge"),
            ]
        ),
        st.integers(0, 5),
        st.sampled_from([0, 1, 11, 40]),
    ),
    min_size=1,
    max_size=14,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_whatever_happens_the_events_say_what_the_rows_say(
    walked: Database, steps: list[tuple[str, int, int]]
) -> None:
    with walked.writing() as session:
        walk = Walk(session)
        for kind, which, minutes in steps:
            walk.step(kind, which, minutes)
        rows = session.scalars(select(Hazard)).all()
        expected = Counter(one for row in rows for one in COUNTED[row.state])
        root = root_area_id(session)
        assert root is not None
        whole = sheet(session, root, TODAY).whole
        assert whole == expected
        up = (*("running", "rectified", "cannot_fix", "not_ours", "withdrawn"),)
        assert whole["passed_up"] == sum(whole[one] for one in up)
        parts = ("undecided", "solved_on_the_spot", "passed_up")
        assert whole["found"] == sum(whole[one] for one in parts)
        for row in rows:
            assert row.state != HazardState.PASSED_UP or walk.is_running(row)
        session.rollback()


class Walk:
    """A day of the ledger: people, staff and the clock do what comes to their mind."""

    def __init__(self, session: Session) -> None:
        self.session, self.now = session, NOW
        self.staff = Actor(demo_person(session, "community_staff"))

    def step(self, kind: str, which: int, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        try:
            with self.session.begin_nested():
                getattr(self, kind)(which)
        except DomainError:
            self.session.expire_all()

    def find(self, which: int) -> None:
        found(self.session, HazardState.SOLVED if which % 2 else HazardState.FOUND, self.now)

    def report(self, which: int) -> None:
        factories.ticket(
            self.session,
            building(self.session) if which else None,
            self.now,
            category="fire_safety",
            subcategory="passage",
        )

    def solve(self, which: int) -> None:
        if hazard := self._hazard(which):
            acting.solve(self.session, hazard, by=patrol(self.session), at=self.now)

    def pass_up(self, which: int) -> None:
        if hazard := self._hazard(which):
            acting.pass_up(self.session, hazard, by=patrol(self.session), at=self.now)

    def strike(self, which: int) -> None:
        if hazard := self._hazard(which):
            leader = demo_person(self.session, "grid_leader")
            acting.strike(self.session, hazard, "不是", by=leader, at=self.now)

    def undo(self, which: int) -> None:
        by = demo_person(self.session, "grid_leader") if which == 0 else patrol(self.session)
        event = undoing.undoable(self.session, by, self.now)
        if event is not None:
            undoing.undo(self.session, event, by=by, at=self.now)

    def tick(self, which: int) -> None:
        for hazard_id in ticking.due(self.session, self.now):
            ticking.tick(self.session, self.session.get_one(Hazard, hazard_id), self.now)

    def accept(self, which: int) -> None:
        self._apply(which, Action.ACCEPT, lambda one: Actor(one.owner_id))

    def resolve(self, which: int) -> None:
        self._apply(which, Action.RESOLVE, lambda _: self.staff, reason="好了")

    def cannot(self, which: int) -> None:
        outcome = Outcome.CANNOT_FIX if which % 2 else Outcome.NOT_OURS
        self._apply(which, Action.RESOLVE, lambda _: self.staff, reason="不能", outcome=outcome)

    def withdraw(self, which: int) -> None:
        self._apply(which, Action.WITHDRAW, lambda one: Actor(one.reporter_id))

    def reopen(self, which: int) -> None:
        self._apply(which, Action.REOPEN, lambda _: self.staff, reason="又来了")

    def merge(self, which: int) -> None:
        into = self._ticket(which + 1)
        if into is not None and into.is_open:
            self._apply(which, Action.MERGE, lambda _: self.staff, reason="同一处", into=into)

    def unmerge(self, which: int) -> None:
        self._apply(which, Action.UNMERGE, lambda _: self.staff)

    def is_running(self, hazard: Hazard) -> bool:
        ticket = self.session.get_one(Ticket, hazard.ticket_id)
        while ticket.merged_into is not None:
            ticket = self.session.get_one(Ticket, ticket.merged_into)
        return ticket.is_open

    def _apply(self, which: int, action: Action, by: Any, **given: Any) -> None:
        ticket = self._ticket(which)
        if ticket is not None:
            apply(self.session, ticket, action, by=by(ticket), at=self.now, **given)

    def _hazard(self, which: int) -> Hazard | None:
        rows = self.session.scalars(select(Hazard).order_by(Hazard.id)).all()
        return rows[which % len(rows)] if rows else None

    def _ticket(self, which: int) -> Ticket | None:
        rows = self.session.scalars(select(Ticket).order_by(Ticket.id)).all()
        return rows[which % len(rows)] if rows else None


def test_a_ticket_enters_the_ledger_only_once(town: Database) -> None:
    with town.writing() as session:
        ticket = factories.ticket(
            session, building(session), category="fire_safety", subcategory="passage"
        )
        assert entering.enter(session, ticket, [], entering.Entry.STAFF, NOW) is None
        assert figures(session).whole[HazardCount.FOUND] == 1
