"""Projects, supervision and mediation in the sheets of the week, month and quarter."""

from datetime import date

from models.mediations import keeping
from models.mediations.keeping import Party, Record
from models.metrics.periods import Period
from models.reports import making
from models.reports.table import Edition
from models.supervisions import asking, sides
from models.supervisions.asking import Wanted
from models.tickets.table import About
from tests.app.visitor import House
from tests.factories import area_named, building, demo_person, ticket
from tests.models.test_projects import made

WEEK = Period(date(2026, 3, 2), date(2026, 3, 8))


def test_what_is_due_or_late_stands_in_the_sheet_and_the_accused_find_no_trace(
    house: House,
) -> None:
    with house.database.writing() as session:
        street = demo_person(session, "subdistrict_staff")
        made(session, title="雨污分流", due_on=date(2026, 3, 4))
        for about in (None, About.COMMUNITY):
            one = ticket(session, building(session), house.now, about=about)
            choices = sides.choices(session, [one], street, house.now)
            [worker] = [held for held in choices if held.role == "grid_worker"]
            wanted = Wanted(worker, "进度慢了", date(2026, 3, 5))
            asking.ask(session, [one], wanted, by=street, at=house.now)
        estate, community = (area_named(session, name).id for name in ("幸福里小区", "幸福社区"))
        parties = [Party("住户甲"), Party("住户乙")]
        record = Record(house.now, "调解室", "空调滴水", "", parties)
        keeping.keep(session, estate, record, by=street, at=house.now)
        made_at = house.now
        report = making.keep(session, Edition.WEEKLY, community, WEEK, [], made_at).id
        wide = area_named(session, "和顺街道").id
        above = making.keep(session, Edition.WEEKLY, wide, WEEK, [], made_at).id
    house.later(days=5)
    read = house.signed_in("community_staff").get(f"/console/reports/{report}").text
    assert "雨污分流" in read and "2026-03-04（过期）" in read
    assert read.count("2026-03-05") == 1, "the one about the community itself is not there"
    assert "调解件数" in read and "空调滴水" not in read and "住户甲" not in read
    whole = house.signed_in("subdistrict_staff").get(f"/console/reports/{above}").text
    assert whole.count("2026-03-05") == 2 and "进度慢了" not in whole
