"""项目: by one table who may do what, what residents hear, and what the clock says."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobs.projects import project_clock
from models.base import Database
from models.errors import AlreadyDone, DomainError, NotAllowed, TooLate
from models.events import Event
from models.milestones import MilestoneState
from models.outbox import OutboxMessage
from models.posts import PAID
from models.projects import going, lists, making, sides, steps
from models.projects.flow import FLOW, ProjectKind, ProjectState, Side
from models.projects.lists import Group, Wanted
from models.projects.making import Planned, ProjectUnfit
from models.projects.table import Project
from models.supervisions import asking
from models.supervisions import lists as supervisions
from models.supervisions import sides as supervising
from models.supervisions.asking import Wanted as Asked
from models.tickets.table import About
from tests.factories import MORNING, area_named, building, demo_person, ticket, town

END = date(2026, 6, 30)
STREET, WORKER = "subdistrict_staff", "grid_worker"


def planned(session: Session, **more: object) -> Planned:
    area = area_named(session, "幸福第一网格").id
    [owner] = [one for one in sides.owners(session, area, MORNING) if one.role == WORKER]
    given = {"title": "雨污分流", "goal": "汛前完成三栋楼的雨污分流", "owner": owner, "due_on": END}
    return Planned(kind=ProjectKind.LIVELIHOOD, area_id=area, **(given | more))  # type: ignore[arg-type]


def made(session: Session, **more: object) -> Project:
    by = demo_person(session, STREET)
    return making.make(session, planned(session, **more), by=by, at=MORNING, account="main")


def heard(session: Session, template: str) -> set[int | None]:
    found = select(OutboxMessage.person_id).where(OutboxMessage.template == template)
    return set(session.scalars(found))


def test_a_project_from_its_ticket_to_its_end(store: Database) -> None:
    """Residents of the tickets hear of its steps; nothing of it is public before it starts."""
    town(store)
    with store.writing() as session:
        street, resident = demo_person(session, STREET), demo_person(session, "resident")
        one, matter = made(session), ticket(session, building(session), MORNING)
        owner, at = sides.owner(session, one, MORNING), MORNING
        assert owner == demo_person(session, WORKER) and heard(session, "project_owner_new") == {
            owner
        }
        making.link(session, one, matter, by=street, at=at)
        with pytest.raises(AlreadyDone):
            making.link(session, made(session), matter, by=street, at=at)
        step = making.schedule(session, one, "完成勘察", date(2026, 3, 20), by=owner, at=at)
        last = making.schedule(session, one, "铺管", date(2026, 5, 20), by=owner, at=at)
        assert lists.public(session, one.public_id) is None
        going.start(session, one, by=owner, at=at)
        assert lists.public(session, one.public_id) is one
        going.reach(session, step, "三栋都看过了", by=owner, at=at)
        with pytest.raises(TooLate):
            going.postpone(session, last, date(2026, 3, 1), "早了", by=owner, at=at)
        going.postpone(session, last, date(2026, 5, 30), "等管材", by=owner, at=at)
        going.stop(session, one, "资金没有到位", by=street, at=at)
        assert last.state == MilestoneState.DROPPED and one.clock_at is None
        with pytest.raises(NotAllowed):
            going.take_up(session, one, END, "资金到了", by=owner, at=at)
        going.take_up(session, one, date(2026, 7, 31), "资金到了", by=street, at=at)
        assert last.state == MilestoneState.WAITING and one.result is None
        going.finish(session, one, "三栋楼都已分流", by=owner, at=at)
        assert [row.note.text for row in lists.told(session, one)] == ["资金到了", "三栋都看过了"]
        for name in ("linked", "started", "reached", "stopped", "taken_up", "finished"):
            assert resident in heard(session, f"project_told_{name}"), name
        assert "居民A" not in str([*session.scalars(select(Event.detail))])


def test_the_buttons_are_the_rows_of_the_table(database: Database) -> None:
    town(database)
    with database.writing() as session:
        one = made(session)
        people = {
            Side.STAFF: demo_person(session, STREET),
            Side.OWNER: demo_person(session, WORKER),
        }
        for state in ProjectState:
            one.state, one.clock_at = state, None
            one.ended_at, one.result = (None, None) if one.is_open else (MORNING, "好了")
            for side, who in people.items():
                rows = {
                    action
                    for (old, action), move in FLOW.moves.items()
                    if old == state and side in move.by
                }
                assert steps.allowed(session, one, by=who, at=MORNING) == rows
            resident = demo_person(session, "resident")
            assert steps.allowed(session, one, by=resident, at=MORNING) == frozenset()


@pytest.mark.parametrize(
    "odd", [{"title": " "}, {"title": "长" * 41}, {"goal": ""}, {"owner": None},
            {"due_on": date(2026, 3, 2)}],
)  # fmt: skip
def test_what_does_not_fit_is_refused_whole(database: Database, odd: dict[str, object]) -> None:
    town(database)
    with database.writing() as session:
        with pytest.raises(ProjectUnfit):
            made(session, **odd)
        assert session.scalars(select(Project)).all() == []


def test_only_paid_posts_answer_for_one_and_never_for_a_matter_about_them(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        street, worker = demo_person(session, STREET), demo_person(session, WORKER)
        one = made(session)
        assert {held.role for held in sides.owners(session, one.area_id, MORNING)} <= PAID
        accusing = ticket(session, building(session), MORNING, about=About.GRID)
        with pytest.raises(ProjectUnfit):
            making.link(session, one, accusing, by=street, at=MORNING)
        with pytest.raises(DomainError):
            making.make(session, planned(session), by=worker, at=MORNING, account="main")
        community = demo_person(session, "community_staff")
        [post] = [
            held
            for held in sides.owners(session, one.area_id, MORNING)
            if held.person_id == community
        ]
        making.hand_over(session, one, post, by=street, at=MORNING)
        making.link(session, one, accusing, by=street, at=MORNING)
        assert steps.allowed(session, one, by=worker, at=MORNING) == frozenset()


def test_the_clock_speaks_of_milestones_and_the_end_and_upwards_once_they_have_passed(
    store: Database,
) -> None:
    town(store)
    with store.writing() as session:
        one = made(session, due_on=date(2026, 3, 16))
        owner, street = demo_person(session, WORKER), demo_person(session, STREET)
        making.schedule(session, one, "完成勘察", date(2026, 3, 13), by=owner, at=MORNING)
        going.start(session, one, by=owner, at=MORNING)
    done = []
    for day in range(20):
        done += [project_clock(store, MORNING + timedelta(days=day, minutes=1)) or ""] * 1
    said = " ".join(done)
    assert [said.count(word) for word in ("milestone_reminded=1", "milestone_late=1")] == [3, 1]
    assert said.count("reminded=1") - said.count("milestone_reminded=1") == 3
    with store.reading() as session:
        assert heard(session, "project_late") == {owner}
        assert street in heard(session, "project_late_above")
        counts = lists.counts(session, street, Wanted(), MORNING + timedelta(days=20))
        assert counts[Group.LATE] == 1


def test_counts_are_lists_for_every_reader_group_and_kind(database: Database) -> None:
    town(database)
    with database.writing() as session:
        first, _ = made(session), made(session)
        going.start(session, first, by=demo_person(session, STREET), at=MORNING)
        for role in (STREET, WORKER, "resident"):
            who = demo_person(session, role)
            for kind in (None, ProjectKind.LIVELIHOOD, ProjectKind.MONTHLY):
                counts = lists.counts(session, who, Wanted(kind=kind), MORNING)
                for group in Group:
                    found = lists.rows(session, who, Wanted(group, kind), MORNING)
                    assert counts[group] == len(found), (role, group, kind)
        assert counts[Group.OPEN] == 0, "a resident reads the public page, not the lists"


def test_a_project_can_be_supervised_and_its_accused_read_nothing_of_it(
    database: Database,
) -> None:
    town(database)
    with database.writing() as session:
        one, street = made(session), demo_person(session, STREET)
        about = ticket(session, building(session), MORNING, about=About.COMMUNITY)
        making.link(session, one, about, by=street, at=MORNING)
        offered = supervising.choices_for(session, one, street, MORNING)
        assert "community_staff" not in {held.role for held in offered}
        [holder] = [held for held in offered if held.role == WORKER]
        wanted = Asked(holder, "进度慢了", date(2026, 3, 6))
        made_of = asking.ask_about(session, one, wanted, by=street, at=MORNING)
        readers = {
            role: [
                row.one.id
                for row in supervisions.rows(
                    session, demo_person(session, role), supervisions.Group.OPEN, MORNING
                )
            ]
            for role in (STREET, WORKER, "community_staff")
        }
        assert readers == {STREET: [made_of.id], WORKER: [made_of.id], "community_staff": []}
        assert supervisions.row_in(session, made_of.id, street, MORNING).project == "雨污分流"
