"""Office hours and days off of an area, typed at a desk: what counts, moves, is refused."""

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from app.console.settings_calendar import _days_said, _marked, _runs_said, _years
from jobs import calendar  # noqa: F401 - the task that counts deadlines anew
from jobs.queue import Queue
from models import policies, work_calendars
from models.tickets.table import Ticket
from models.work_calendars import POLICY, UNDER_WAY
from tests import factories
from tests.app.visitor import House
from tests.factories import area_named, building

FORM = {
    "hours": "９：００-12:00 14:00-17:00",
    "seasons": "6月1日到9月30日 08:00-12:00 15:00-18:00",
    "rest": "2026年3月4日 到 2026年3月5日",
    "work": "2026年3月7日",
    "years": "2028年放假：1月1日到1月3日、2月5日\n2028年上班：2月12日",
}


def dues(house: House) -> dict[int, object]:
    with house.database.reading() as session:
        return {one.id: one.resolve_due_at for one in session.scalars(select(Ticket))}


def test_a_calendar_is_typed_looked_at_and_followed_by_open_deadlines(either_house: House) -> None:
    house = either_house
    with house.database.writing() as session:
        place, other = (area_named(session, one).id for one in ("幸福社区", "和平社区"))
        inside = factories.ticket(session, building(session)).id
        factories.ticket(session, building(session, 1, "和平家园"))
    staff = house.signed_in("community_staff")
    page = staff.get("/console/settings/edit?of=calendar").text
    assert "幸福社区" in page and "全部地方" not in page
    assert staff.get(f"/console/settings/edit?of=calendar&area={other}").status_code == 404
    form = {"of": POLICY, "area": place, "after": "0", **FORM}
    second = staff.post("/console/settings/look", form).text
    told = re.search(r'期限会变的至少有 <span class="number">(\d+)</span>', second)
    assert told is not None and told[1] == "1" and f'data-ticket="{inside}"' in second
    assert "放假：2026年3月4日到2026年3月5日" in second
    before = dues(house)
    published = staff.post("/console/settings/publish", {**form, "reason": "社区活动日"})
    assert published.status_code == 302 and dues(house) == before
    assert Queue(house.database, lambda: house.now + UNDER_WAY).drain() == 1
    after = dues(house)
    assert {one for one in before if before[one] != after[one]} == {inside}
    with house.database.reading() as session:
        kept = policies.current(session, POLICY, place)
        assert kept is not None
        assert kept.body["office_hours"]["spans"] == ["09:00-12:00", "14:00-17:00"]
        found = work_calendars.terms_at(session, place).calendar
        assert not found.is_workday(date(2026, 3, 5)) and found.is_workday(date(2026, 3, 7))
        assert found.is_known(2028) and found.is_workday(date(2028, 2, 12))
    page = staff.get(published.location).text
    assert "2028年放假：1月1日到1月3日 2月5日" in page and "6月1日到9月30日 08:00-12:00" in page
    back = {"of": POLICY, "area": place, "version": "0", "after": "1", "reason": "写错了"}
    assert staff.post("/console/settings/revert", back).status_code == 302
    Queue(house.database, lambda: house.now + 2 * UNDER_WAY).drain()
    assert dues(house) == before


def test_what_makes_no_calendar_is_refused_with_what_was_typed(house: House) -> None:
    staff = house.signed_in("community_staff")
    with house.database.reading() as session:
        place = area_named(session, "幸福社区").id
    wrong = {
        "hours": ("13:00-12:00", "上班时间没看懂“13:00-12:00”"),
        "seasons": ("夏天 08:00-12:00", "换季没看懂“夏天"),
        "rest": ("3月8日", "日子没看懂“3月8日”"),
        "work": ("2026年3月4日", "同一天又放假又上班"),
        "years": ("2028年上班：2月12日", "一年至少有一行放假"),
    }
    for field, (typed, words) in wrong.items():
        form = {"of": POLICY, "area": place, "after": "0", **FORM, field: typed}
        page = staff.post("/console/settings/look", form)
        assert page.status_code == 422 and words in page.text and typed in page.text, field


@given(some.sets(some.dates(date(2028, 1, 1), date(2028, 12, 31)), min_size=1, max_size=60))
def test_days_that_were_read_are_written_and_read_again(days: set[date]) -> None:
    listed = sorted(day.isoformat() for day in days)
    faults: list[object] = []
    read = _years([f"2028年放假：{_days_said(listed)}"], faults)
    assert not faults and read == {"2028": {"rest": listed}}
    assert _marked(_runs_said(listed), faults) == listed and not faults
