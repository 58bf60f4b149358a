"""Lists taken away: what stands on the page and no more, written down, long ones in a job."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app.console import exports as page
from config.settings import Settings
from jobs import exports as job
from jobs import listings
from jobs.queue import Queue
from models.access_log import Access, Looked
from models.exports import Export, ExportState
from models.tickets.table import About
from tests.app.test_console_access import listed
from tests.app.visitor import House, Visitor
from tests.factories import area_named, building, demo_person, ticket


@pytest.fixture
def community(house: House) -> Visitor:
    with house.database.writing() as session:
        for text in ("=1+1", "路灯不亮，电话13800000001", "井盖破了"):
            ticket(session, building(session), house.now, text=text)
        ticket(session, building(session), house.now, about=About.COMMUNITY, text="说的是社区")
        ticket(session, building(session, 1, "和平家园"), house.now, text="别的社区")
    house.later(minutes=1)
    return house.signed_in("community_staff")


def taken(visitor: Visitor, listing: str, form: str = "csv", **query: object) -> list[list[str]]:
    fields = {f"query_{key}": str(value) for key, value in query.items()}
    answer = visitor.post(f"/console/exports/{listing}", {"form": form, **fields})
    assert answer.status_code == 200, answer.text
    if form == "csv":
        return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    rows = load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def test_a_list_goes_out_as_it_stands_on_the_page_masked_and_safe(
    house: House, community: Visitor
) -> None:
    rows = taken(community, "tickets")
    assert rows[0][:3] == ["编号", "状态", "类别"]
    assert {int(row[0].lstrip("#")) for row in rows[1:]} == listed(community)
    words = {row[6] for row in rows[1:]}
    assert words == {"'=1+1", "路灯不亮，电话138****0001", "井盖破了"}
    assert [row[6] for row in taken(community, "tickets", "xlsx", q="井盖")][1:] == ["井盖破了"]
    assert "居民A" not in str(rows)  # who reported is not in it


def test_each_list_has_its_readers_and_knows_no_more_than_they(
    house: House, community: Visitor
) -> None:
    people = taken(community, "people", sort="holders")
    names = {row[0] for row in people[1:]}
    assert "3号楼楼长" in names and "和平社区工作者" not in names
    areas = taken(community, "areas")
    assert "幸福里小区" in str(areas) and "和平家园" not in str(areas)
    with house.database.reading() as session:
        outside = area_named(session, "和平家园").id
    assert taken(community, "areas", area=outside)[1:] == []
    assert taken(community, "people", area=outside)[1:] == []
    assert community.post("/console/exports/access_log").status_code == 404
    assert community.post("/console/exports/nothing").status_code == 404
    leader = house.signed_in("grid_leader")
    assert "导出 Excel" not in leader.get("/console/people").text
    assert leader.post("/console/exports/people").status_code == 404
    admin = house.signed_in("admin")
    admin.confirm()
    assert admin.post("/console/exports/tickets").status_code == 404
    log = taken(admin, "access_log")
    assert [row[2:5] for row in log[1:]] == [
        ["导出清单", "人员", "0"],
        ["导出清单", "区域", "0"],
        ["导出清单", "区域", str(len(areas) - 1)],
        ["导出清单", "人员", str(len(people) - 1)],
    ]
    shown = admin.get("/console/access-log?what=list&who=幸福社区工作者").text
    assert "导出人员清单" in shown
    assert "没有这样的记录" in admin.get("/console/access-log?to=2020-01-01").text


@pytest.mark.parametrize("role", ["property_staff", "grid_worker", "department_liaison"])
def test_reporter_protection_holds_in_the_sheet(house: House, role: str) -> None:
    with house.database.writing() as session:
        for about in (None, *About):
            ticket(session, building(session), house.now, about=about)
    house.later(minutes=1)
    visitor = house.signed_in(role)
    rows = taken(visitor, "tickets")
    assert {int(row[0].lstrip("#")) for row in rows[1:]} == listed(visitor)


@pytest.fixture
def with_job(
    house: House, community: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Visitor:
    """Two rows are a long list here, and the worker has the house's own folder."""
    kept: Any = Settings(secret_key="for-tests", data_dir=tmp_path)
    monkeypatch.setattr(page, "AT_ONCE", 2)
    monkeypatch.setattr(job, "settings", lambda: kept)
    object.__setattr__(house, "settings", kept)
    fresh = House(house.database, house.now, kept)
    visitor = fresh.visitor()
    visitor.sign_in("demo-community_staff-1")
    return visitor


def test_a_long_list_is_written_in_the_background_and_fetched_by_its_maker_for_a_day(
    with_job: Visitor,
) -> None:
    house = with_job.house
    answer = with_job.post("/console/exports/tickets", {"form": "xlsx", "query_group": "open"})
    assert answer.status_code == 302
    assert "正在写，0 / 3 行" in with_job.get("/console/exports").text
    assert with_job.get("/console/exports/1/file").status_code == 404
    assert Queue(house.database, lambda: house.now).drain() >= 1
    assert "下载 3 行" in with_job.get("/console/exports").text
    with with_job.get("/console/exports/1/file") as file:
        rows = list(load_workbook(io.BytesIO(file.data)).active.iter_rows(values_only=True))
    assert len(rows) == 4 and rows[0][0] == "编号"
    other = house.signed_in("community_staff", 2)
    assert other.get("/console/exports/1/file").status_code == 404
    assert "下载 3 行" not in other.get("/console/exports").text
    house.later(hours=24)
    with_job.sign_in("demo-community_staff-1")
    assert with_job.get("/console/exports/1/file").status_code == 404
    assert job.forget_exports(house.database, house.now) == "removed=1 dropped=0"
    assert list(job.folder().iterdir()) == []
    with house.database.reading() as session:
        assert session.scalars(select(Export.state)).one() == ExportState.GONE
        look = session.scalars(select(Access).where(Access.what == Looked.LIST)).one()
        assert (look.listing, look.amount) == ("tickets", 3)


def test_more_than_three_long_lists_at_a_time_wait(with_job: Visitor) -> None:
    for _ in range(3):
        assert with_job.post("/console/exports/tickets").status_code == 302
    answer = with_job.post("/console/exports/tickets")
    assert answer.status_code == 422 and "3 张清单正在写" in answer.text


def test_a_list_of_several_pages_has_each_row_once(
    house: House, community: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("tickets", "people", "areas", "access_log"):
        listings.find(module)
        monkeypatch.setattr(f"jobs.listings.{module}.PAGE", 2)
    with house.database.reading() as session:
        who = demo_person(session, "community_staff")
    for name, least in (("tickets", 3), ("people", 20), ("areas", 10)):
        rows = list(listings.all_rows(house.database, name, who, {}, house.now))
        found = listings.find(name)
        assert found is not None
        with house.database.reading() as session:
            assert found.count(session, who, {}, house.now, 10_000) == len(rows) >= least
        if name == "tickets":
            assert len({row[0] for row in rows}) == len(rows)
