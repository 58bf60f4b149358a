"""Times of the jobs in the console: set in a form, shown as the next runs, refused as nonsense."""

import html
import re

import pytest

from jobs.schedule import load_schedule
from jobs.timetable import timetable
from models import job_runs
from tests.app.visitor import House, Visitor

EDIT = "/console/settings/edit?of=schedule"


@pytest.fixture
def staff(house: House) -> Visitor:
    return house.signed_in("subdistrict_staff")


def typed(visitor: Visitor, **changes: str) -> dict[str, str]:
    """What the browser would send from the form, with some fields typed anew."""
    page = visitor.get(EDIT).text
    fields = dict(re.findall(r'<input name="([a-z0-9_.]+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select name="([a-z0-9_.]+)">(.*?)</select>', page):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        fields[name] = (chosen[1] or chosen[2]) if chosen else ""
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    return {"of": "schedule", "after": "0", **fields, **changed}


def test_a_digest_is_set_to_another_hour_and_a_report_switched_off(
    house: House, staff: Visitor
) -> None:
    with house.database.writing() as session:
        job_runs.meet(session, load_schedule(), house.now)
    form = typed(staff, morning_digest__time="7:30", monthly_report__state="off")
    assert "<ins>" not in staff.post("/console/settings/look", typed(staff)).text
    second = html.unescape(staff.post("/console/settings/look", form).text)
    assert "社区早报：每天 08:00" in second and "社区早报：每天 07:30" in second
    assert second.count("07:30</li>") + second.count("07:30 <span") == 5
    assert "月研判：停用" in second and second.count("放假") == 2
    made = staff.post("/console/settings/publish", {**form, "reason": "早一点看"})
    assert made.status_code == 302
    with house.database.reading() as session:
        jobs = timetable(session)
        assert jobs["morning_digest"].cron == "30 7 * * *"
        assert jobs["monthly_report"].is_off and not jobs["weekly_report"].is_off
    assert "已停用" in staff.get("/console/jobs").text
    assert "现在停用" in staff.get("/console/jobs/monthly_report").text
    assert 'value="07:30"' in staff.get(EDIT).text


def test_nonsense_and_a_wrong_order_are_refused_with_all_that_was_typed(staff: Visitor) -> None:
    wrong = {
        "morning_digest__time": "八点",
        "weekly_report__weekday": "someday",
        "monthly_report__day": "31",
        "publish_notices__minutes": "0",
        "close_notices__state": "off",
    }
    refused = staff.post("/console/settings/look", typed(staff, **wrong))
    assert refused.status_code == 422 and "请改好这 5 处" in refused.text
    for words in ("没看懂“八点”", "请选星期几", "“31”不行", "“0”不行", "这一项不能停用"):
        assert words in refused.text
    assert 'value="八点"' in refused.text
    swapped = typed(staff, roll_up_metrics__time="08:30")
    refused = staff.post("/console/settings/publish", {**swapped, "reason": "试"})
    assert refused.status_code == 422
    assert "社区早报：要晚于“汇总每日指标”（08:30）" in refused.text
    kept = staff.post("/console/settings/look", typed(staff, ticket_clock__minutes="30")).text
    assert "没有改动" in kept, "the clock of the tickets is no field of the form"
