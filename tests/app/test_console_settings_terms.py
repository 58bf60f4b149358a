"""Time limits in the console: typed as people say them, and what moves is told before and after."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from app.console.settings_terms import read, said
from config.policy import load
from jobs import calendar  # noqa: F401 - the task that counts deadlines anew
from jobs.queue import Queue
from models import sla, work_calendars
from models.events import Event
from models.sla import Limit
from models.tickets import recomputing
from models.tickets.table import Ticket
from models.work_calendars import UNDER_WAY
from tests import factories
from tests.app.visitor import House, Visitor
from tests.factories import area_named, building

EDIT = "/console/settings/edit?of=sla"


def typed(visitor: Visitor, path: str = EDIT, **changes: str) -> dict[str, str]:
    """What the browser would send from the form, with some fields typed anew."""
    page = visitor.get(path).text
    fields = dict(re.findall(r'<input name="([a-z_.]+)" value="([^"]*)"', page))
    assert len(fields) == 21 * 7
    return {"of": "sla", "after": "0", **fields, **changes}


@pytest.fixture
def staff(house: House) -> Visitor:
    return house.signed_in("subdistrict_staff")


def dues(house: House) -> dict[int, tuple[object, object]]:
    with house.database.reading() as session:
        rows = session.scalars(select(Ticket)).all()
        return {one.id: (one.accept_due_at, one.resolve_due_at) for one in rows}


def test_other_limits_show_what_moves_and_move_exactly_that(house: House, staff: Visitor) -> None:
    with house.database.writing() as session:
        noise = [
            factories.ticket(session, building(session), category="noise").id for _ in range(2)
        ]
        factories.ticket(session, building(session), category="parking")
        about = factories.ticket(session, building(session), category="noise", about="community").id
    before = dues(house)
    form = typed(staff, **{"noise.normal.resolve": "６ 小时", "noise.normal.accept": "1小时"})
    second = staff.post("/console/settings/look", form).text
    listed = {int(one) for one in re.findall(r'data-ticket="(\d+)"', second)}
    told = re.search(r'期限会变的有 <span class="number">(\d+)</span>', second)
    assert told is not None and int(told[1]) == len(listed) and set(noise) <= listed
    assert "办结 2天" in second and "办结 6小时" in second
    assert dues(house) == before
    made = staff.post("/console/settings/publish", {**form, "reason": "街道会议定的"})
    assert made.status_code == 302
    assert dues(house) == before, "the writer is not held up"
    assert Queue(house.database, lambda: house.now + UNDER_WAY).drain() == 1
    after = dues(house)
    assert {one for one in before if before[one] != after[one]} == {*noise, about}
    with house.database.reading() as session:
        one = session.get_one(Ticket, noise[0])
        limits = {"accept_minutes": 60, "resolve_minutes": 360, "resolve_days": 0}
        terms = sla.ServiceTerms(load("sla"), (), [{"noise": {"normal": limits}}])
        due = terms.deadlines("noise", one.urgency, one.opened_at)
        assert after[noise[0]] == (due.accept_due_at, due.resolve_due_at)
        events = session.scalars(select(Event).where(Event.verb == recomputing.MOVED)).all()
    assert {one.subject_id for one in events} == {*noise, about}
    assert all(one.detail["policy"] == 1 for one in events)


def test_what_would_move_is_counted_whoever_sees_it_and_never_tells_of_a_complaint(
    house: House,
) -> None:
    with house.database.writing() as session:
        place = area_named(session, "幸福社区").id
        for about in (None, None, "community"):
            factories.ticket(session, building(session), category="noise", about=about)
    said = {}
    for role, where in (("community_staff", {"area": str(place)}), ("admin", {})):
        staff = house.signed_in(role)
        if role == "admin":
            staff.confirm()
        path = f"{EDIT}&area={where.get('area', '')}"
        form = typed(staff, path, **where, **{"noise.normal.resolve": "6小时"})
        page = staff.post("/console/settings/look", form).text
        told = re.search(r'期限会变的(至少)?有 <span class="number">(\d+)</span>', page)
        assert told is not None
        said[role] = told[1], int(told[2]), page.count("data-ticket=")
    assert said == {"community_staff": ("至少", 2, 2), "admin": (None, 3, 0)}


def test_what_is_no_time_or_contradicts_is_refused_with_its_place(staff: Visitor) -> None:
    wrong = {
        "noise.normal.resolve": "半天",
        "parking.urgent.accept": "0天",
        "default.normal.accept": "",
        "pets.normal.accept": "999天",
    }
    refused = staff.post("/console/settings/look", typed(staff, **wrong))
    assert refused.status_code == 422 and "请改好这 4 处" in refused.text
    for words in ("噪音 一般 办结：没看懂“半天”", "停车 紧急 接单", "不能空着", "宠物 一般 接单"):
        assert words in refused.text
    assert 'value="半天"' in refused.text
    form = typed(staff, **{"noise.normal.accept": "9天"})
    contradicting = staff.post("/console/settings/publish", {**form, "reason": "试"})
    assert contradicting.status_code == 422
    assert "噪音：接单的时间不能比办结的长" in contradicting.text


def test_a_community_has_its_own_limits_and_those_around_it_stay(house: House) -> None:
    visitor = house.signed_in("community_staff")
    with house.database.reading() as session:
        here = area_named(session, "幸福社区").id
        elsewhere = area_named(session, "和平社区").id
        root = area_named(session, "和顺街道").id
    path = f"{EDIT}&area={here}"
    form = typed(visitor, path, **{"noise.normal.resolve": "1天"}) | {"area": str(here)}
    assert {value for name, value in form.items() if name.count(".") == 2} == {"", "1天"}
    made = visitor.post("/console/settings/publish", {**form, "reason": "这里要快"})
    assert made.status_code == 302
    days = {here: 1, elsewhere: load("sla")["terms"]["noise"]["normal"]["resolve_days"]}
    with house.database.reading() as session:
        for area_id, expected in days.items():
            term = work_calendars.terms_at(session, area_id).term("noise", sla.Urgency.NORMAL)
            assert term.resolve.amount == expected
        assert work_calendars.terms_at(session, root).differing(sla.shipped()) == []
    for area_id in (elsewhere, root):
        assert visitor.get(f"{EDIT}&area={area_id}").status_code == 404
    whole = {**typed(visitor, **{"noise.normal.resolve": "1天"}), "reason": "大家都快"}
    assert visitor.post("/console/settings/publish", whole).status_code == 403


def test_limits_that_later_files_contradict_stop_no_report(house: House) -> None:
    rows = {"terms": {"noise": {"normal": {"accept_minutes": 99999}}}}
    with house.database.writing() as session:
        work_calendars.policies.publish(session, "sla", rows, after=0, by=None, at=house.now)
    with house.database.writing() as session:
        one = factories.ticket(session, building(session), category="noise")
        assert one.resolve_due_at - one.opened_at > timedelta(hours=1)


@given(some.integers(1, 60 * 24 * 365), some.sampled_from(sla.UNITS))
def test_a_limit_is_read_as_it_was_said(amount: int, unit: str) -> None:
    limit = Limit(min(amount, 365) if unit == "days" else amount, unit)
    assert read(said(limit)) == limit
