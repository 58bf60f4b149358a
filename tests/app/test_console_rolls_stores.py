"""The rolls, imports, exports and intake on behalf on SQLite and on PostgreSQL alike."""

from sqlalchemy import select

from models.places import Area
from tests.app.test_console_exports import taken
from tests.app.test_console_imports import GOOD, brought, excel
from tests.app.visitor import House
from tests.factories import building, demo_person, post_of

PAGES = (
    *("areas", "map", "people", "people?q=居民A&sort=residents", "people?role=building_head"),
    *("imports", "exports", "record", "absences"),
)


def test_every_page_opens_and_every_step_is_kept_on_either_store(either_house: House) -> None:
    house = either_house
    visitor = house.signed_in("community_staff")
    for path in PAGES:
        assert visitor.get(f"/console/{path}").status_code == 200, path
    sheet = brought(visitor, excel(GOOD))
    assert "确定导入 1 行" in visitor.get(sheet.location).text
    assert visitor.post(sheet.location + "/apply").status_code == 302
    said = {"words": "阳光花园21号楼电梯坏了", "channel": "desk", "phone": "13800000044"}
    slip = visitor.post("/console/record", said)
    assert visitor.get(slip.location).status_code == 200
    with house.database.reading() as session:
        new = building(session, 21, "阳光花园").id
        worker = post_of(session, "grid_worker").id
        resident = demo_person(session, "resident")
    head = {"person": "21号楼楼长", "phone": "13800000045", "role": "building_head"}
    assert visitor.post(f"/console/areas/{new}/posts", head).status_code == 302
    assert visitor.get(f"/console/posts/{worker}/absence").status_code == 200
    assert visitor.post(f"/console/people/{resident}/phone").status_code == 200
    assert visitor.post(f"/console/people/{resident}/matters").status_code == 200
    for listing in ("tickets", "people", "areas"):
        assert len(taken(visitor, listing)) > 1
    admin = house.signed_in("admin")
    admin.confirm()
    assert "导出人员清单" in admin.get("/console/access-log?what=list&who=幸福").text
    assert len(taken(admin, "access_log")) == 6
    with house.database.reading() as session:
        renamed = session.scalars(select(Area).where(Area.id == new)).one()
    form = {"name": "二十一号楼", "number": "21", "households": "41"}
    assert visitor.post(f"/console/areas/{renamed.id}", form).status_code == 302
