"""What a digest tells beside tickets: by its day, in one list each, and to whom it may be told."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy.orm import Session

from models.base import Database
from models.digests import affairs as told
from models.digests import pages
from models.digests.composing import Composed, compose, compose_for_group
from models.digests.due import due
from models.digests.table import DigestKind, Section
from models.legacy import desk as legacy
from models.milestones import MilestoneState
from models.operations.flow import OperationState
from models.projects import lists as projects
from models.projects.flow import ProjectState
from models.supervisions import lists as supervisions
from models.supervisions.flow import SupervisionState
from models.tickets.table import About
from models.unanswered.table import SettledText, Settlement, Way
from tests import affairs, factories, matters
from tests.statements import counted

TUESDAY = factories.MORNING
MORNING = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)  # Wednesday, 8:00 in Shanghai
TODAY = date(2026, 3, 4)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
A_WEEK_ON = TODAY + timedelta(days=7)


@pytest.fixture
def session(store: Database) -> Iterator[Session]:
    factories.town(store, TUESDAY - timedelta(days=30))
    with store.writing() as session:
        yield session


def community(session: Session) -> factories.Area:
    return factories.area_named(session, "幸福社区")


def staff(session: Session, count: int = 1) -> int:
    return factories.demo_person(session, "community_staff", count)


def composed(
    session: Session, kind: DigestKind = DigestKind.MORNING, reader: int | None = None
) -> Composed:
    who = reader or staff(session)
    return compose(session, community(session).id, kind, MORNING, [who])[who]


def test_each_stands_in_the_list_of_its_day(session: Session) -> None:
    here, elsewhere = community(session), factories.area_named(session, "和平社区")
    answered, closed = SupervisionState.ANSWERED, SupervisionState.CLOSED
    late, earlier, today, later, said = (
        affairs.supervision(session, here, day, TUESDAY, state=state)
        for day, state in (
            (YESTERDAY, SupervisionState.ASKED),
            (YESTERDAY - timedelta(days=1), SupervisionState.ASKED),
            (TODAY, SupervisionState.ASKED),
            (TOMORROW, SupervisionState.ASKED),
            (YESTERDAY, answered),
        )
    )
    affairs.supervision(session, here, YESTERDAY, TUESDAY, state=closed)
    other = affairs.post_of(session, affairs.WORKER, 3)
    affairs.supervision(session, elsewhere, TODAY, TUESDAY, post=other)
    for make, late_list, soon in (
        (affairs.project, Section.MILESTONES_LATE, Section.MILESTONES_SOON),
        (affairs.legacy, Section.LEGACY_LATE, Section.LEGACY_SOON),
    ):
        plan = make(session, here, TUESDAY)
        past, now, then = (
            affairs.step(session, plan, day, TUESDAY) for day in (YESTERDAY, TODAY, A_WEEK_ON)
        )
        affairs.step(session, plan, A_WEEK_ON + timedelta(days=1), TUESDAY)
        for state in (MilestoneState.REACHED, MilestoneState.DROPPED):
            affairs.step(session, plan, TODAY, TUESDAY, state=state)
        affairs.step(session, make(session, elsewhere, TUESDAY), TODAY, TUESDAY)
        found = composed(session).sections
        assert found[late_list] == [past.id] and found[soon] == [now.id, then.id]
    stopped = affairs.project(session, here, TUESDAY, state=ProjectState.STOPPED)
    affairs.step(session, stopped, TODAY, TUESDAY)
    asks, overdue = (affairs.follow_up(session, here, day, TUESDAY) for day in (TODAY, YESTERDAY))
    affairs.follow_up(session, here, TOMORROW, TUESDAY)
    affairs.follow_up(session, here, TODAY, TUESDAY, done_at=TUESDAY)
    tonight = affairs.operation(session, here, MORNING + timedelta(hours=12))
    for at, state in ((16, OperationState.PLANNED), (12, OperationState.CANCELLED)):
        affairs.operation(session, here, MORNING + timedelta(hours=at), state=state)
    morning, evening = composed(session), composed(session, DigestKind.EVENING)
    assert morning.sections[Section.SUPERVISIONS_LATE] == [earlier.id, late.id]
    assert morning.sections[Section.SUPERVISIONS_TODAY] == [today.id]
    assert evening.sections[Section.SUPERVISIONS_LATE] == [earlier.id, late.id]
    assert evening.sections[Section.SUPERVISIONS_OPEN] == [said.id, today.id, later.id]
    assert morning.sections[Section.FOLLOW_UPS] == [overdue.id, asks.id]
    for digest in (morning, evening):
        assert digest.sections[Section.OPERATIONS] == [tonight.id] and digest.has_news
        for section, rows in pages.ROWS.items():
            ids = digest.sections.get(section, [])
            assert len(rows(session, ids)) == len(ids)


def test_a_question_is_told_until_it_is_answered_or_settled(session: Session) -> None:
    where = factories.building(session)
    waits, known, settled, hidden, accusing = (
        factories.ticket(session, where, TUESDAY, **more)
        for more in ({}, {}, {}, {"hides_reporter": True}, {"about": About.PROPERTY})
    )
    for one in (waits, settled, hidden, accusing):
        affairs.unanswered(session, one)
    row = Settlement(way=Way.DISMISSED, reason="问过了", by_id=staff(session), at=TUESDAY)
    session.add(row)
    session.flush()
    session.add(SettledText(settlement_id=row.id, ticket_id=settled.id))
    session.flush()
    sections = composed(session).sections
    assert sections[Section.UNANSWERED] == [waits.id]
    assert known.id in sections[Section.WAITING]
    group = compose_for_group(session, community(session).id, DigestKind.MORNING, MORNING)
    assert group.sections[Section.UNANSWERED] == [waits.id]


def test_who_may_not_read_of_it_does_not_see_it_counted(session: Session) -> None:
    here, street = community(session), factories.demo_person(session, affairs.STREET)
    plain, accusing = (affairs.supervision(session, here, YESTERDAY, TUESDAY) for _ in range(2))
    open_plan, hidden_plan = (affairs.legacy(session, here, TUESDAY) for _ in range(2))
    steps = [affairs.step(session, one, TODAY, TUESDAY) for one in (open_plan, hidden_plan)]
    matter = factories.ticket(session, factories.building(session), TUESDAY)
    matter.about = About.COMMUNITY
    for one in (accusing, hidden_plan):
        affairs.link(session, one, matter, TUESDAY)
    mine = affairs.follow_up(session, here, TODAY, TUESDAY)
    other = affairs.follow_up(session, here, TODAY, TUESDAY, mediator=staff(session, 2))
    found = composed(session).sections
    assert found[Section.SUPERVISIONS_LATE] == [plain.id]
    assert found[Section.LEGACY_SOON] == [steps[0].id]
    assert found[Section.FOLLOW_UPS] == [mine.id]
    above = composed(session, reader=street).sections
    assert above[Section.SUPERVISIONS_LATE] == [plain.id, accusing.id]
    assert above[Section.FOLLOW_UPS] == [mine.id, other.id]
    resident = composed(session, reader=factories.demo_person(session, "resident")).sections
    assert not resident.keys() & told.TABLES.keys()


def test_a_group_hears_of_public_plans_alone(session: Session) -> None:
    here = community(session)
    affairs.supervision(session, here, YESTERDAY, TUESDAY)
    affairs.follow_up(session, here, TODAY, TUESDAY)
    affairs.operation(session, here, MORNING + timedelta(hours=12))
    public, planned, accusing = (
        affairs.step(session, plan, TODAY, TUESDAY)
        for plan in (
            affairs.project(session, here, TUESDAY),
            affairs.project(session, here, TUESDAY, state=ProjectState.PLANNED),
            affairs.project(session, here, TUESDAY),
        )
    )
    matter = factories.ticket(session, factories.building(session), TUESDAY, about=About.PROPERTY)
    affairs.link(session, session.get_one(projects.Project, accusing.project_id), matter, TUESDAY)
    group = compose_for_group(session, here.id, DigestKind.MORNING, MORNING).sections
    assert {section for section in group if section in told.TABLES} == {Section.MILESTONES_SOON}
    assert group[Section.MILESTONES_SOON] == [public.id]
    mine = composed(session).sections[Section.MILESTONES_SOON]
    assert mine == [public.id, planned.id, accusing.id]


def test_the_lists_are_those_of_the_console(session: Session) -> None:
    """Whatever lies about: a reader of one community finds the groups of the console again."""
    tickets = matters.scatter(session, Random(5), 30, MORNING)
    affairs.scatter(session, Random(5), tickets, 30, MORNING)
    me = staff(session)
    morning, evening = composed(session), composed(session, DigestKind.EVENING)

    def ids(group: supervisions.Group) -> set[int]:
        return {row.one.id for row in supervisions.rows(session, me, group, MORNING)}

    late = evening.sections.get(Section.SUPERVISIONS_LATE, [])
    others = evening.sections.get(Section.SUPERVISIONS_OPEN, [])
    assert set(late) == ids(supervisions.Group.LATE) and late
    assert {*late, *others} == ids(supervisions.Group.OPEN)
    assert len(late) + len(others) == len({*late, *others})
    assert set(morning.sections.get(Section.SUPERVISIONS_LATE, [])) == set(late)
    seen = legacy.sight_of(session, me, MORNING)
    past = legacy.rows(session, seen, legacy.wanted_of({"state": "late"}))
    steps = pages.ROWS[Section.LEGACY_LATE](session, morning.sections.get(Section.LEGACY_LATE, []))
    assert {step["plan"] for step in steps} == {row.id for row in past}


def test_it_takes_one_statement_where_there_is_nothing_and_few_where_there_is_all(
    database: Database,
) -> None:
    factories.town(database, TUESDAY - timedelta(days=30))
    with database.writing() as session:
        here, me = community(session).id, staff(session)
        tickets = matters.scatter(session, Random(3), 40, MORNING)
        affairs.scatter(session, Random(3), tickets, 40, MORNING)
    with database.reading() as session:
        with counted(database) as found:
            lists = due(session, here, DigestKind.MORNING, MORNING)
        told.seen(session, lists, me, MORNING)
        with counted(database) as again:
            told.seen(session, lists, me, MORNING)
        with counted(database) as none:
            told.seen(session, {}, me, MORNING)
    assert len({told.TABLES[one] for one in lists if one in told.TABLES}) == 5
    assert (len(found), len(again), len(none)) == (1, 3, 0)
