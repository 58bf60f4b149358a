"""Joint operations: one table for `can()` and every verb, teams with substitutes, honest sums."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.operations import operation_clock
from models import media
from models.base import Base, Database
from models.errors import DomainError, NotAllowed
from models.events import Event
from models.notices import actions as notices
from models.notices.table import Notice, NoticeState
from models.operations import ending, finding, lists, planning, sides, ticking, undoing
from models.operations.finding import Count
from models.operations.flow import MOVES, OperationAction, OperationState, Reply
from models.operations.planning import Plan
from models.operations.steps import can
from models.operations.table import Finding, FindingPhoto, Operation
from models.posts import Absence, Role
from tests import factories
from tests.factories import demo_person

NOW = factories.MORNING
EVENING = NOW + timedelta(hours=11)
WIRES = Count("wire_removed", "飞线", 3, "处")


@pytest.fixture
def town(database: Database) -> Database:
    factories.town(database)
    return database


def planned(session: Session, at: datetime = NOW) -> Operation:
    wanted = Plan(
        title="飞线夜查",
        area_id=factories.area_named(session, factories.ESTATE).id,
        starts_at=at + timedelta(hours=11),
        roles=(Role.BUILDING_HEAD,),
        departments=("fire", "city_management"),
    )
    by = demo_person(session, "community_staff")
    return planning.plan(session, wanted, by=by, at=at)


def begun(session: Session) -> Operation:
    operation = planned(session)
    planning.start(session, operation, by=operation.leader_id, at=EVENING)
    return operation


def fire(session: Session) -> int:
    return demo_person(session, "department_liaison", 2)


def ended(session: Session, operation: Operation, at: datetime = EVENING) -> Notice:
    by = operation.leader_id
    return ending.end(session, operation, title="结果", body="共拆除飞线3处。", by=by, at=at)


def test_every_action_has_its_place_and_every_state_can_be_reached() -> None:
    assert {action for _, action in MOVES} == set(OperationAction)
    reached = {move.target for move in MOVES.values()} | {OperationState.PLANNED}
    assert reached == set(OperationState)
    finished = {OperationState.PUBLISHED, OperationState.CANCELLED}
    assert not any(state in finished for state, _ in MOVES)


def test_teams_are_the_nearest_of_each_department_and_everybody_of_a_role(town: Database) -> None:
    with town.writing() as session:
        members = sides.members(session, planned(session))
        found = Counter((one.role, one.department) for one in members)
        assert found == {
            (Role.DEPARTMENT_LIAISON, "fire"): 1,
            (Role.DEPARTMENT_LIAISON, "city_management"): 1,
            (Role.BUILDING_HEAD, None): 4,
        }


def test_who_is_away_that_evening_counts_as_their_substitute(town: Database) -> None:
    with town.writing() as session:
        away = factories.post_of(session, "building_head", 1)
        other = factories.post_of(session, "building_head", 5)
        session.add(
            Absence(
                post_id=away.id,
                since=NOW + timedelta(hours=1),
                until=NOW + timedelta(days=2),
                substitute_id=other.id,
            )
        )
        session.flush()
        asked = {one.person_id for one in sides.members(session, planned(session))}
        assert away.person_id not in asked and other.person_id in asked


def test_only_who_serves_the_place_plans_there(town: Database) -> None:
    with town.writing() as session:
        area = factories.area_named(session, factories.ESTATE).id
        wanted = Plan("夜查", area, EVENING, (Role.BUILDING_HEAD,))
        for role, count in (("community_staff", 3), ("grid_leader", 1), ("property_staff", 1)):
            with pytest.raises(NotAllowed):
                planning.plan(session, wanted, by=demo_person(session, role, count), at=NOW)
        by = demo_person(session, "subdistrict_staff")
        assert planning.plan(session, wanted, by=by, at=NOW).state == OperationState.PLANNED


def test_several_clocks_do_each_thing_once(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        planned(session)
    done = []
    for hours in (9, 10, 10, 11, 11, 23, 23, 30):
        done += [operation_clock(store, NOW + timedelta(hours=hours)) for _ in range(2)]
    assert [one for one in done if one] == ["reminded=1", "started=1", "overrun=1"]


def test_a_sheet_withdrawn_on_another_way_lets_counting_go_on(town: Database) -> None:
    with town.writing() as session:
        operation = begun(session)
        sheet = ended(session, operation)
        by = demo_person(session, "subdistrict_staff")
        notices.withdraw(session, sheet, by=by, at=EVENING)
    assert operation_clock(town, EVENING) == "taken_up=1"
    with town.writing() as session:
        again = session.get_one(Operation, operation.id)
        assert (again.state, again.notice_id) == (OperationState.UNDER_WAY, None)
        assert ended(session, again).state == NoticeState.DRAFT


def test_units_that_mean_the_same_add_up_and_others_stand_apart(town: Database) -> None:
    with town.writing() as session:
        operation = begun(session)
        told = [
            WIRES,
            Count("wire_removed", "飞线", 2, "个"),
            Count("wire_removed", "飞线", 4, "米"),
            Count("wire_removed", "飞线", 1, "处", is_settled=False),
            Count(None, "鸽子笼", 1, "个"),
            Count(None, "鸽子笼", 2, "个"),
        ]
        finding.add(session, operation, told, text="", by=fire(session), at=EVENING)
        assert [(one.label, one.count, one.unit) for one in lists.sums(session, operation)] == [
            ("拆除飞线", 5, "处"),
            ("拆除飞线", 4, "米"),
            ("飞线", 1, "处"),
            ("鸽子笼", 3, "个"),
        ]


def test_who_told_it_corrects_it_and_the_leader_does_and_nobody_else(town: Database) -> None:
    with town.writing() as session:
        operation = begun(session)
        [row] = finding.add(session, operation, [WIRES], text="", by=fire(session), at=EVENING)
        head = demo_person(session, "building_head")
        with pytest.raises(NotAllowed):
            finding.correct(session, row, by=head, at=EVENING, count=1)
        finding.correct(session, row, by=fire(session), at=EVENING, count=2)
        finding.correct(session, row, by=operation.leader_id, at=EVENING, count=4)
        changes = session.scalars(select(Event.detail).where(Event.verb == "operation_corrected"))
        assert [one["after"]["count"] for one in changes] == [2, 4]


def test_photos_go_with_the_person_who_is_erased_and_counts_stay(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        operation = begun(session)
        who = fire(session)
        finding.add(session, operation, [WIRES], text="拆除飞线3处", by=who, at=EVENING)
        assert finding.keep_photo(session, operation, "m-1", by=who, at=EVENING) is not None
        session.flush()
        media.forget(session, who)
        assert session.scalar(select(func.count()).select_from(FindingPhoto)) == 0
        assert lists.sums(session, operation)[0].count == 3


STEPS = st.tuples(
    st.sampled_from(
        [
            *("start", "find", "find", "find", "correct", "reply", "undo", "undo", "cancel"),
            *("end", "end", "approve", "send_back", "publish", "tick", "settle"),
        ]
    ),
    st.integers(0, 4),
    st.sampled_from([0, 1, 9, 11, 120, 700]),
)
PEOPLE = [
    ("community_staff", 1),
    ("community_staff", 2),
    ("department_liaison", 2),
    ("building_head", 1),
    ("resident", 1),
]
TRIED = {
    "start": OperationAction.START,
    "find": OperationAction.FIND,
    "reply": OperationAction.REPLY,
    "cancel": OperationAction.CANCEL,
    "end": OperationAction.END,
    "send_back": OperationAction.SEND_BACK,
}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    store = Database(f"sqlite:///{tmp_path_factory.mktemp('walks') / 'linli.db'}")
    Base.metadata.create_all(store.writer)
    factories.town(store)
    yield store
    store.dispose()


class Walk:
    """One operation's life, tried by people who may and people who may not."""

    def __init__(self, session: Session) -> None:
        self.session, self.at = session, NOW
        self.operation = planned(session)

    def step(self, kind: str, by: int) -> None:
        operation, at = self.operation, self.at
        if kind == "start":
            planning.start(self.session, operation, by=by, at=at)
        elif kind == "find":
            finding.add(self.session, operation, [WIRES], text="拆了", by=by, at=at)
        elif kind == "correct":
            mine = lists.findings(self.session, operation, by)
            if mine:
                finding.correct(self.session, mine[-1], by=by, at=at, count=7)
        elif kind == "reply":
            planning.reply(self.session, operation, Reply.COMING, by=by, at=at)
        elif kind == "undo":
            event = undoing.undoable(self.session, by, at)
            if event is not None:
                undoing.undo(self.session, event, by=by, at=at)
        elif kind == "cancel":
            planning.cancel(self.session, operation, "下雨", by=by, at=at)
        elif kind == "end":
            ending.end(self.session, operation, title="结果", body="共3处", by=by, at=at)
        elif kind == "send_back":
            ending.send_back(self.session, operation, "不对", by=by, at=at)
        else:
            self.by_others(kind, by)

    def by_others(self, kind: str, by: int) -> None:
        operation, at = self.operation, self.at
        if kind == "tick":
            ticking.tick(self.session, operation, at)
        elif kind == "settle":
            ticking.settle(self.session, operation, at)
        elif operation.notice_id is not None:
            sheet = self.session.get_one(Notice, operation.notice_id)
            if kind == "approve":
                ending.approve(self.session, operation, by=by, at=at)
            elif sheet.state == NoticeState.SCHEDULED:
                notices.publish(self.session, sheet, at=at)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=5, max_size=25))
def test_whatever_people_try_the_table_holds(
    walked: Database, steps: list[tuple[str, int, int]]
) -> None:
    with walked.writing() as session:
        walk = Walk(session)
        for kind, who, minutes in steps:
            walk.at += timedelta(minutes=minutes)
            by = demo_person(session, *PEOPLE[who])
            before = walk.operation.state
            action = TRIED.get(kind)
            allowed = action and can(session, walk.operation, action, by=by, at=walk.at)
            try:
                with session.begin_nested():
                    walk.step(kind, by)
            except DomainError:
                session.refresh(walk.operation)
                assert not allowed, (kind, who, before)
                assert walk.operation.state == before
            else:
                assert action is None or allowed, (kind, who, before)
            check(session, walk.operation, before)
        session.rollback()


def check(session: Session, operation: Operation, before: OperationState) -> None:
    session.flush()
    after = operation.state
    moves = {(state, move.target) for (state, _), move in MOVES.items()}
    assert after == before or (before, after) in moves
    rows = session.scalars(
        select(Finding).where(Finding.operation_id == operation.id, Finding.retracted_at.is_(None))
    )
    assert sum(one.count for one in lists.sums(session, operation)) == sum(
        one.count for one in rows
    )
    if after == OperationState.PUBLISHED:
        sheet = session.get_one(Notice, operation.notice_id)
        assert sheet.reviewer_id not in (None, sheet.author_id), "a second person stood by it"
    has_sheet = operation.notice_id is not None
    assert has_sheet == (after in (OperationState.ENDED, OperationState.PUBLISHED))
