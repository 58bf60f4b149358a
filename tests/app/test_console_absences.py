"""Leave in the console: for oneself and for whom one is in charge of, by the verb of the chat."""

from sqlalchemy import select

from models.posts import Absence
from tests.app.visitor import House
from tests.factories import post_of


def test_a_leader_enters_and_ends_the_leave_of_a_worker_with_a_substitute(house: House) -> None:
    with house.database.reading() as session:
        worker = post_of(session, "grid_worker").id
        stand_in = post_of(session, "grid_worker", 3).id
        foreign = post_of(session, "grid_worker", 4).id
    visitor = house.signed_in("community_staff")
    assert "幸福第一网格网格员" in visitor.get("/console/absences").text
    address = f"/console/posts/{worker}/absence"
    assert "幸福第三网格网格员" in visitor.get(address).text
    form = {"first": "2026-03-05", "last": "2026-03-04", "substitute": str(stand_in)}
    refused = visitor.post(address, form)
    assert refused.status_code == 422 and "请假日期不对" in refused.text
    assert 'value="2026-03-04"' in refused.text
    form["last"] = "2026-03-06"
    assert visitor.post(address, form).status_code == 302
    assert visitor.post(address, form).status_code == 422  # those days are taken
    with house.database.reading() as session:
        kept = session.scalars(select(Absence).where(Absence.post_id == worker)).one()
        assert kept.substitute_id == stand_in
    assert "2026-03-06" in visitor.get("/console/absences").text
    other = house.signed_in("property_staff")
    assert other.get(address).status_code == 404
    assert other.post(f"/console/absences/{kept.id}/end").status_code == 404
    assert visitor.get(f"/console/posts/{foreign}/absence").status_code == 404
    assert visitor.post(f"/console/absences/{kept.id}/end").status_code == 302
    assert "2026-03-06" not in visitor.get("/console/absences").text
