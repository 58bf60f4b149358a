"""The switch of reading from outside: looked at twice, kept as a version, true for all inside."""

from models.open311 import lists
from tests import factories
from tests.app.visitor import House
from tests.factories import area_named, building


def test_a_community_switches_reading_off_for_itself_and_on_again(house: House) -> None:
    with house.database.writing() as session:
        place, other = (area_named(session, one).id for one in ("幸福社区", "和平社区"))
        factories.ticket(session, building(session), category="facility")
        factories.ticket(session, building(session, 1, "和平家园"), category="facility")
    staff = house.signed_in("community_staff")
    form = {"of": "open311", "area": place, "after": "0", "reading": "off"}
    assert "能查公开的工单" in staff.get(f"/console/settings/edit?of=open311&area={place}").text
    assert staff.get(f"/console/settings/edit?of=open311&area={other}").status_code == 404
    second = staff.post("/console/settings/look", form).text
    assert "查不到任何工单" in second and '<strong class="number">1</strong>' in second
    assert "请选" in staff.post("/console/settings/look", form | {"reading": "maybe"}).text
    said = form | {"reason": "居民议事会决定"}
    assert staff.post("/console/settings/publish", said).status_code == 302
    with house.database.reading() as session:
        counts = [lists.count(session, one, factories.MORNING) for one in (place, other)]
        assert counts == [0, 1]
    again = said | {"after": "1", "reading": "on"}
    assert staff.post("/console/settings/publish", again).status_code == 302
    with house.database.reading() as session:
        assert lists.count(session, place, factories.MORNING) == 1
