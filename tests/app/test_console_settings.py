"""Settings in the console: looked at twice, kept as versions, nothing typed is ever lost."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from bots import wording
from models.events import Event
from models.policies import Policy
from tests.app.test_console_queue import queries_of
from tests.app.visitor import House, Visitor

OF = "wording/courtesy"
SHIPPED = "不客气。有事随时说；回复“进度”看我的工单。"
MINE = "不客气，邻里之间应该的。回复“进度”看我的工单。"


@pytest.fixture
def staff(house: House) -> Visitor:
    return house.signed_in("subdistrict_staff")


def look(visitor: Visitor, text: str, after: int = 0, **more: Any) -> TestResponse:
    return visitor.post("/console/settings/look", {"of": OF, "after": after, "text": text, **more})


def publish(visitor: Visitor, text: str, after: int = 0, reason: str = "更亲切") -> TestResponse:
    form = {"of": OF, "after": after, "text": text, "reason": reason}
    return visitor.post("/console/settings/publish", form)


def versions(house: House) -> list[tuple[int, Any, str | None]]:
    with house.database.reading() as session:
        rows = session.scalars(select(Policy).order_by(Policy.revision))
        return [(one.version, one.body.get("text"), one.reason) for one in rows]


def test_a_change_is_looked_at_published_with_its_reason_and_taken_back(
    house: House, staff: Visitor
) -> None:
    page = staff.get("/console/settings").text
    assert "消息模板" in page and "还没有改过" in page
    assert SHIPPED in staff.get(f"/console/settings/edit?of={OF}").text
    second = look(staff, MINE)
    assert second.status_code == 200
    assert f"<del>{SHIPPED}</del>" in second.text and f"<ins>{MINE}</ins>" in second.text
    assert versions(house) == []
    unsaid = publish(staff, MINE, reason=" ")
    assert unsaid.status_code == 422 and "为什么改" in unsaid.text and MINE in unsaid.text
    assert publish(staff, MINE).location.endswith("done=1")
    assert versions(house) == [(1, MINE, "更亲切")]
    page = staff.get(f"/console/settings/edit?of={OF}").text
    assert MINE in page and "更亲切" in page and "第 1 版" in page
    assert publish(staff, MINE + "再见。", after=1).status_code == 302
    told = staff.get(f"/console/settings/version?of={OF}&version=1").text
    assert "这一版改了什么" in told and "退回去会怎样变" in told and f"<ins>{MINE}</ins>" in told
    back = {"of": OF, "version": 0, "after": 2, "reason": "先不改"}
    assert staff.post("/console/settings/revert", back).status_code == 302
    assert versions(house)[2] == (3, None, "先不改")
    assert "退回到出厂设置" in staff.get(f"/console/settings/edit?of={OF}").text
    with house.database.reading() as session:
        kept = session.scalars(select(Event).where(Event.verb == "policy_changed")).all()
    assert [one.detail["version"] for one in kept] == [1, 2, 3]
    assert all(one.actor_id for one in kept)


def test_who_comes_second_is_told_sees_both_texts_and_has_lost_nothing(
    house: House, staff: Visitor
) -> None:
    other = house.signed_in("admin")
    other.confirm()
    assert publish(other, "不用谢。", reason="短一点").status_code == 302
    late = publish(staff, MINE)
    assert late.status_code == 422
    assert MINE in late.text and "不用谢。" in late.text and "短一点" in late.text
    assert 'name="after" value="1"' in late.text
    second = look(staff, MINE, after=1)
    assert "<del>不用谢。</del>" in second.text
    assert publish(staff, MINE, after=1).status_code == 302
    same = publish(staff, MINE, after=2)
    assert same.status_code == 409 and "没有要发布的" in same.text and MINE in same.text
    assert [version for version, _, _ in versions(house)] == [1, 2]
    back = {"of": OF, "version": 0, "after": 1, "reason": "先不改"}
    stale = staff.post("/console/settings/revert", back)
    assert stale.status_code == 422 and "发布了第 2 版" in stale.text
    assert staff.post("/console/settings/revert", {**back, "after": 2}).status_code == 302


def test_who_may_not_change_it_reads_it_and_is_refused(house: House) -> None:
    reader = house.signed_in("community_staff")
    page = reader.get(f"/console/settings/edit?of={OF}").text
    assert "只能看" in page and "看看改了会怎样" not in page
    assert publish(reader, MINE).status_code == 403
    assert versions(house) == []
    for of in ("wording/no_such", "wording/../../etc", "nothing", "lexicon_", ""):
        assert reader.get(f"/console/settings/edit?of={of}").status_code == 404
    assert reader.get(f"/console/settings/edit?of={OF}&area=1").status_code == 404
    assert reader.get(f"/console/settings/version?of={OF}&version=7").status_code == 404


def test_the_pages_of_settings_ask_little_of_the_store(house: House, staff: Visitor) -> None:
    publish(staff, MINE)
    for path in ("", f"/edit?of={OF}", f"/version?of={OF}&version=1"):
        assert queries_of(house.database, lambda at=path: staff.get(f"/console/settings{at}")) <= 12


def test_going_back_to_the_form_keeps_every_character(staff: Visitor) -> None:
    text = "\n第一行\r\n  第二行 <b>&amp;\n\n"
    again = look(staff, text, what="edit").text
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", again, re.DOTALL)
    assert found is not None and found[1].startswith("\n第一行\n  第二行 &lt;b&gt;")


def test_a_sentence_is_found_shown_as_people_get_it_and_refused_with_the_place_of_the_fault(
    house: House, staff: Visitor
) -> None:
    assert "还没有改过" in staff.get("/console/settings/wording").text
    found = staff.get("/console/settings/wording?q=已受理").text
    assert "edit?of=wording/ticket_received" in found and "〔工单编号〕" in found
    of = "wording/ticket_received"
    page = staff.get(f"/console/settings/edit?of={of}").text
    assert "最晚几时办结" in page
    text = wording.text_as_shipped("ticket_received")
    bad = text.replace("{{ ticket_id }}", "{{ ticket_idd }}").replace("已受理", "收到了", 1)
    refused = look(staff, bad, of=of)
    assert refused.status_code == 422 and "收到了 #{{ ticket_idd }}" in refused.text
    assert "第 4 行" in refused.text and "是不是 <code>ticket_id</code>" in refused.text
    good = look(staff, text.replace("已受理", "收到了", 1), of=of).text
    assert "收到了 #1348" in good and "已受理 #1348" in good and "先保安全" in good
    made = staff.post(
        "/console/settings/publish",
        {"of": of, "after": 0, "text": text.replace("已受理", "收到了", 1), "reason": "口语"},
    )
    assert made.status_code == 302
    assert "收到了" in staff.get("/console/settings/wording").text
