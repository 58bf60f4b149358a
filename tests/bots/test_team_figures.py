"""团队数据: who supervises reads their areas' month in chat; a person's figures are nobody's."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models import registry
from models.base import Database
from models.ticket_flow import Action
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import About, Ticket
from tests.chat import Town
from tests.factories import MORNING, building, ticket, town

registry.load_tables()

LONG_AGO = MORNING - timedelta(days=40)


def matter(session: Session, **more: object) -> Ticket:
    return ticket(session, building(session), MORNING - timedelta(hours=1), **more)


def test_a_grid_leader_reads_the_grid_and_no_person(database: Database) -> None:
    town(database, LONG_AGO)
    with database.writing() as session:
        matters = [matter(session) for _ in range(3)]
        for one in matters[:2]:
            apply(session, one, Action.ACCEPT, by=Actor(one.owner_id), at=MORNING)
        worker = matters[0].owner_post_id
    said = Town(database, MORNING).person("demo-grid_leader-1").say("团队数据")
    assert said.startswith("【幸福第一网格】3月3日为止的本月\n· 报上来 3 件，在办 3 件\n")
    assert "· 响应率 100.0%" in said
    assert worker is not None and "网格员：" not in said
    assert said.endswith("这里只有队伍的数，没有个人的。清单在工作台的“三率”里看。")


def test_few_answers_are_not_made_a_rate(database: Database) -> None:
    town(database, LONG_AGO)
    with database.writing() as session:
        one = matter(session)
        one.stars, one.is_solved, one.rated_at = 5, True, MORNING
    said = Town(database, MORNING).person("demo-community_staff-1").say("三率")
    assert "· 评价只有 1 个，先不算满意率" in said and "满意率 " not in said


def test_what_is_about_a_leader_is_not_in_their_numbers(database: Database) -> None:
    town(database, LONG_AGO)
    with database.writing() as session:
        matter(session, about=About.GRID)
    at_desk = Town(database, MORNING)
    assert "还没有人报事。" in at_desk.person("demo-grid_leader-1").say("网格数据")
    assert "报上来 1 件" in at_desk.person("demo-community_staff-1").say("社区数据")


@pytest.mark.parametrize("role", ["grid_worker", "property_staff", "building_head"])
def test_who_supervises_nobody_is_told_so(database: Database, role: str) -> None:
    town(database, LONG_AGO)
    said = Town(database, MORNING).person(f"demo-{role}-1").say("团队数据")
    assert said == "您的岗位不管队伍，看不到队伍的数。自己的数回复“我的办件”。"


def test_a_resident_is_not_offered_it(database: Database) -> None:
    town(database, LONG_AGO)
    said = Town(database, MORNING).person("demo-resident-1").say("团队数据")
    assert "【" not in said or "三率" not in said
