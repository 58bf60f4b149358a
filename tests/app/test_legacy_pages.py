"""The public page of a legacy problem: how far it is, and nothing of any person."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.pages.blueprint import make_pages
from models.base import Database
from models.legacy import going, lists, opening
from models.legacy.flow import LegacyOutcome
from models.legacy.table import LegacyProblem
from models.posts import Role
from tests import factories

NOW = factories.MORNING


@pytest.fixture
def town(store: Database) -> Database:
    """On both stores."""
    factories.town(store)
    return store


@pytest.fixture
def page(town: Database) -> Iterator[FlaskClient]:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(make_pages(town, lambda: NOW + timedelta(days=20)))
    with app.test_client() as client:
        yield client


def opened(town: Database, plan: str | None = "申请维修资金，分三步更换管道") -> LegacyProblem:
    with town.writing() as session:
        by = factories.demo_person(session, "community_staff")
        ticket = factories.ticket(
            session, factories.building(session), text="我家3-2-301漏水，电话13800138000"
        )
        problem = opening.open_problem(session, ticket, "3号楼渗漏治理", by=by, at=NOW)
        if plan:
            opening.plan(session, problem, plan, by=by, at=NOW)
        return problem


def grown(town: Database) -> str:
    problem = opened(town)
    with town.writing() as session:
        problem = session.get_one(LegacyProblem, problem.id)
        by = problem.opened_by
        opening.join(session, problem, [Role.PROPERTY_STAFF], ["housing"], by=by, at=NOW)
        first = opening.schedule(session, problem, "完成勘察", date(2026, 3, 10), by=by, at=NOW)
        second = opening.schedule(session, problem, "施工进场", date(2026, 3, 15), by=by, at=NOW)
        opening.schedule(session, problem, "更换主管道", date(2026, 6, 30), by=by, at=NOW)
        going.reach(session, first, "居民A家中漏点有三处，3-2-301最重", by=by, at=NOW)
        going.note(session, problem, "还没人看过的话", by=by, at=NOW)
        told = lists.progress(session, problem)[-1]
        other = factories.demo_person(session, "community_staff", 2)
        going.publish(session, told, by=other, at=NOW)
        going.postpone(session, second, date(2026, 3, 18), "等材料", by=by, at=NOW)
        return problem.public_id


def test_how_far_it_is_can_be_read_by_anybody(town: Database, page: FlaskClient) -> None:
    shown = page.get(f"/p/legacy/{grown(town)}")
    assert shown.status_code == 200
    for piece in ("3号楼渗漏治理", "分三步更换管道", "完成勘察", "（1/3）", "专班：住建、物业"):
        assert piece in shown.text
    assert "原定 2026年3月15日，改期原因：等材料" in shown.text
    assert "定在 2026年3月18日，还没完成" in shown.text
    assert "计划 2026年6月30日" in shown.text


def test_nothing_of_a_person_is_there(town: Database, page: FlaskClient) -> None:
    shown = page.get(f"/p/legacy/{grown(town)}").text
    for piece in ("居民A", "301", "13800138000", "社区工作者", "联络员", "我家", "还没人看过"):
        assert piece not in shown
    assert "漏点有三处" in shown


def test_what_has_no_plan_yet_is_nobodys_business(town: Database, page: FlaskClient) -> None:
    problem = opened(town, plan=None)
    hidden = page.get(f"/p/legacy/{problem.public_id}")
    assert hidden.status_code == 404
    assert hidden.text == page.get("/p/legacy/aaaaaaaaaa").text
    assert "3号楼渗漏治理" not in page.get("/p/legacy").text


def test_its_name_can_not_be_guessed_from_another(town: Database, page: FlaskClient) -> None:
    names = {opened(town).public_id for _ in range(20)}
    assert len(names) == 20 and all(len(one) == 10 for one in names)
    assert page.get("/p/legacy/1").status_code == 404


def test_the_list_is_of_the_area_that_was_asked_for(town: Database, page: FlaskClient) -> None:
    public_id = grown(town)
    with town.reading() as session:
        here = factories.area_named(session, factories.ESTATE).id
        elsewhere = factories.area_named(session, "和平家园").id
    assert f"/p/legacy/{public_id}" in page.get("/p/legacy").text
    shown = page.get(f"/p/legacy?area={here}").text
    assert f"/p/legacy/{public_id}" in shown and "下一步：施工进场，2026年3月18日" in shown
    assert public_id not in page.get(f"/p/legacy?area={elsewhere}").text
    assert page.get("/p/legacy?area=9999").status_code == 404


def test_the_end_is_told_as_it_was(town: Database, page: FlaskClient) -> None:
    public_id = grown(town)
    with town.writing() as session:
        problem = session.query(LegacyProblem).filter_by(public_id=public_id).one()
        outcome = LegacyOutcome.CANNOT_FIX
        by = problem.opened_by
        going.end(session, problem, outcome, "维修资金不够，明年再申请", by=by, at=NOW)
    shown = page.get(f"/p/legacy/{public_id}").text
    assert "暂时解决不了" in shown and "维修资金不够，明年再申请" in shown
    assert "更换主管道" not in shown, "what was dropped is not promised any more"
