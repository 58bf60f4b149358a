"""How long old rows stay, set in the console: within the law, and with a word of warning."""

import html
import re

import pytest

from models import retention
from tests.app.visitor import House, Visitor

EDIT = "/console/settings/edit?of=retention"


@pytest.fixture
def admin(house: House) -> Visitor:
    visitor = house.signed_in("admin")
    visitor.confirm()
    return visitor


def typed(visitor: Visitor, **changes: str) -> dict[str, str]:
    fields = dict(re.findall(r'<input name="(\w+)" value="(\d+)"', visitor.get(EDIT).text))
    return {"of": "retention", "after": "0", **fields, **changes}


def test_an_administrator_sets_the_days_and_hears_what_will_not_come_back(
    house: House, admin: Visitor
) -> None:
    form = typed(admin, messages="３６５", looks="2000")
    second = html.unescape(admin.post("/console/settings/look", form).text)
    assert "发过的消息：留 365 天，到期移到归档库，本人还查得到" in second
    assert "改回来也找不回" in second and "<li>发过的消息（" in second
    assert "<li>谁看过谁的资料" not in second, "that is kept longer"
    made = admin.post("/console/settings/publish", {**form, "reason": "省空间"})
    assert made.status_code == 302
    with house.database.reading() as session:
        days = retention.days(session)
    assert (days["messages"], days["looks"], days["events"]) == (365, 2000, 800)
    assert 'name="messages" value="365"' in admin.get(EDIT).text
    assert "旧记录留多久" in admin.get("/console/settings").text


def test_days_that_the_law_does_not_allow_are_refused_with_what_was_typed(
    house: House, admin: Visitor
) -> None:
    form = typed(admin, looks="30", pushes="半年", tasks="", runs="99999")
    refused = admin.post("/console/settings/publish", {**form, "reason": "试"})
    page = html.unescape(refused.text)
    assert refused.status_code == 422 and "请改好这 4 处" in page
    assert "谁看过谁的资料：“30”不行，请写 1096 到 3660 的整数" in page
    assert "收到消息的登记：“半年”不行" in page and "做完的后台任务：不能空着" in page
    assert 'value="半年"' in page
    with house.database.reading() as session:
        assert retention.days(session)["looks"] == 1100


def test_a_community_reads_how_long_and_changes_nothing(house: House) -> None:
    visitor = house.signed_in("community_staff")
    page = visitor.get(EDIT).text
    assert "这一项不归您改" in page and "早已归档的工单的经过" in page
    form = {**typed(visitor, messages="365"), "reason": "试"}
    assert visitor.post("/console/settings/publish", form).status_code == 403


def test_an_old_version_keeps_to_the_limits_of_today() -> None:
    kept = retention.days_in({"days": {"looks": 10, "messages": 99_999, "gone": 3}})
    assert (kept["looks"], kept["messages"]) == (1096, 1830) and "gone" not in kept
