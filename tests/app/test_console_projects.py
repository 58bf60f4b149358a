"""项目 at the desk and on its public page: from a ticket, told with photos, ended, exported."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from app.pages.blueprint import make_pages
from config.settings import Settings
from jobs import listings
from models.projects import lists, making
from models.projects.lists import Group, Wanted
from models.projects.table import Project
from models.tickets.table import About, Ticket
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor
from tests.chat import Town
from tests.factories import area_named, building, demo_person, post_of, ticket

TITLE, GOAL = "雨污分流", "汛前完成三栋楼的雨污分流，联系 13800138000"


@pytest.fixture
def matter(house: House) -> int:
    with house.database.writing() as session:
        return ticket(session, building(session), house.now).id


def made(house: House, visitor: Visitor, **form: object) -> object:
    with house.database.reading() as session:
        given = {
            "area": area_named(session, "幸福第一网格").id,
            "post": post_of(session, "grid_worker").id,
            "kind": "livelihood",
            "title": TITLE,
            "goal": GOAL,
            "day": "2026-06-30",
        }
    return visitor.post("/console/projects", given | form)


def act(visitor: Visitor, action: str, **form: object) -> object:
    return visitor.post("/console/projects/1", {"action": action, **form})


def page_of(visitor: Visitor) -> str:
    return visitor.get("/console/projects/1").text


def photo() -> tuple[io.BytesIO, str]:
    file = io.BytesIO()
    Image.new("RGB", (900, 600), "green").save(file, "JPEG")
    return io.BytesIO(file.getvalue()), "photo.jpg"


def public(house: House) -> Flask:
    app = Flask("public-under-test", static_folder=None)
    app.register_blueprint(
        make_pages(house.database, lambda: house.now + timedelta(days=30), house.settings)
    )
    return app


def public_id(house: House) -> str:
    with house.database.reading() as session:
        return session.get_one(Project, 1).public_id


def test_from_a_ticket_to_the_public_page_and_its_end(
    house: House, matter: int, tmp_path: Path
) -> None:
    house.settings = Settings(secret_key="for-tests", data_dir=tmp_path)
    house.__post_init__()
    street, worker = house.signed_in("subdistrict_staff"), house.signed_in("grid_worker")
    assert "由这件立项" in street.get(f"/console/tickets/{matter}").text
    with house.database.reading() as session:
        grid = area_named(session, "幸福第一网格").id
    form = street.get(f"/console/projects/new?ticket={matter}&area={grid}").text
    assert "网格员" in form and "楼长" not in form, "an unpaid neighbour answers for none"
    refused = made(house, street, title="")
    assert refused.status_code == 422 and GOAL in refused.text
    answer = made(house, street, ticket=matter)
    assert answer.location.endswith("/console/projects/1?done=make")
    assert TITLE in street.get(f"/console/tickets/{matter}").text
    assert f"#{matter}" in worker.get("/console/projects/1").text
    seen = public(house).test_client()
    address = f"/p/projects/{public_id(house)}"
    assert seen.get(address).status_code == 404, "planned alone, it is nobody's to read"
    assert act(worker, "schedule", words="完成勘察", day="2026-03-20").status_code == 302
    assert act(worker, "start_project").status_code == 302
    bad = act(worker, "note", words="进场", photo=(io.BytesIO(b"no picture"), "photo.jpg"))
    assert bad.status_code == 422 and "照片打不开" in bad.text
    words = "3号楼2单元501开挖，网格员王五 13800138000"
    assert act(worker, "note", words=words, photo=photo()).status_code == 302
    assert "/photos/" not in seen.get(address).text and "等另一个人看过" in page_of(worker)
    assert seen.get(f"{address}/photos/1").status_code == 404, "nobody has looked at it yet"
    assert act(worker, "publish", note="1").status_code == 403
    assert "可以公开" in page_of(street) and act(street, "publish", note="9").status_code == 404
    assert act(street, "publish", note="1").status_code == 302 and "可以公开" not in page_of(street)
    page = seen.get(address)
    assert page.status_code == 200 and TITLE in page.text and "完成勘察" in page.text
    assert "还没完成" in page.text, "what is late is said"
    assert "13800138000" not in page.text and "501" not in page.text
    assert f"#{matter}" not in page.text and "幸福第一网格网格员" not in page.text
    [shown] = re.findall(r'src="(/p/projects/[^"]+/photos/\d+)"', page.text)
    for client, path in ((seen, shown), (worker, "/console/projects/1/photos/1")):
        with client.get(path) as answer:
            assert answer.mimetype == "image/jpeg"
    assert seen.get(shown[:-1] + "999").status_code == 404
    assert act(worker, "reach", milestone="1", words="").status_code == 302
    assert act(worker, "stop", words="没钱").status_code == 403
    assert act(worker, "finish", words="三栋楼都通了").status_code == 302
    assert "三栋楼都通了" in seen.get(address).text and TITLE in seen.get("/p/projects").text


def test_whom_a_linked_matter_is_about_reads_neither_it_nor_that_there_is_one(
    house: House,
) -> None:
    street = house.signed_in("subdistrict_staff")
    made(house, street)
    with house.database.writing() as session:
        about = ticket(session, building(session), house.now, about=About.COMMUNITY)
        by = demo_person(session, "subdistrict_staff")
        making.link(session, session.get_one(Project, 1), about, by=by, at=house.now)
        number = about.id
    accused = house.signed_in("community_staff")
    page = accused.get("/console/projects/1").text
    assert f"#{number}" not in page and "并入的工单" not in page and "可以做的" not in page
    assert f"#{number}" in street.get("/console/projects/1").text
    assert act(accused, "stop", words="不办了").status_code == 403
    hidden = made(house, accused, ticket=number)
    assert hidden.status_code == 404
    outside = house.signed_in("property_staff")
    assert outside.get("/console/projects/1").status_code == 404
    assert outside.get("/console/projects/new").status_code == 403


def test_counts_are_lists_the_sheet_is_masked_and_pages_take_few_queries(
    house: House, matter: int
) -> None:
    street = house.signed_in("subdistrict_staff")
    for kind in ("livelihood", "monthly", "monthly"):
        made(house, street, kind=kind)
    act(street, "start_project")
    with house.database.reading() as session:
        who = demo_person(session, "subdistrict_staff")
        counts = lists.counts(session, who, Wanted(), house.now)
    for group in Group:
        page = street.get(f"/console/projects?group={group}").text
        assert page.count('class="row brief') == counts[group]
    assert street.get("/console/projects?kind=monthly").text.count('class="row brief') == 2
    sheet = list(listings.all_rows(house.database, "projects", who, {}, house.now))
    assert len(sheet) == 3 and "138****8000" in str(sheet) and "13800138000" not in str(sheet)
    assert len(sheet[0]) == len(listings.headings("projects"))
    for path in ("", "/1", f"/new?ticket={matter}"):
        address = f"/console/projects{path}"
        assert queries_of(house.database, lambda: street.get(address)) <= 12, path  # noqa: B023


def test_the_owner_tells_progress_in_chat(house: House, matter: int) -> None:
    street = house.signed_in("subdistrict_staff")
    made(house, street, ticket=matter)
    town = Town(house.database, house.now)
    worker, resident = town.person("demo-grid_worker-1"), town.person("demo-resident-1")
    assert "请您负责“雨污分流”" in worker.received()[-1]
    assert "并入“雨污分流”" in resident.received()[-1]
    assert "现在是“还没开始”" in worker.say("项目 1 进场了")
    act(street, "start_project")
    assert "开始办了" in resident.received()[-1]
    assert "项目 1 雨污分流，正在办" in worker.say("项目")
    assert "另一个人看过就公开" in worker.say("项目 1 施工队已进场")
    second = town.person("demo-community_staff-1")
    assert "1 可以公开" in second.received()[-1] and "已公开" in second.say("1")
    seen = public(house).test_client().get(f"/p/projects/{public_id(house)}").text
    assert "施工队已进场" in seen
    assert "没有找到" in town.person("demo-property_staff-1").say("项目 1 我来说")
    with house.database.reading() as session:
        assert session.get_one(Ticket, matter).is_open, "the ticket keeps its own loop"
