"""A night's operation, a hazard and an old problem: planned, counted and told in Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.operations import finding, planning
from models.operations.flow import Reply
from models.operations.table import Operation
from tests.app.test_console_legacy import act, opened
from tests.browser.conftest import Served, go_to, sign_in
from tests.browser.test_console import check_comfort
from tests.factories import demo_person
from tests.models.test_hazards import found

pytestmark = pytest.mark.browser


def told_on_site(served: Served) -> None:
    """What came in by chat meanwhile."""
    now = served.house.now
    with served.house.database.writing() as session:
        operation = session.scalars(select(Operation)).one()
        fire = demo_person(session, "department_liaison", 2)
        planning.reply(session, operation, Reply.COMING, by=fire, at=now)
        wires = finding.Count("wire_removed", "飞线", 3, "处", building="3号楼")
        heap = finding.Count("corridor_cleared", "堆物", 1, "处", is_settled=False)
        finding.add(session, operation, [wires], text="3号楼拆除飞线3处", by=fire, at=now)
        finding.add(session, operation, [heap], text="楼道堆物，住户不在家", by=fire, at=now)


def arrived(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)
    check_comfort(page)


def test_field_work_at_the_desk_and_on_the_phone(page: Page, served: Served) -> None:
    sign_in(page, served)
    go_to(page, "整治")
    arrived(page, "专项整治")
    page.get_by_role("link", name="安排整治").click()
    arrived(page, "安排整治")
    page.get_by_label("整治什么").fill("飞线夜查")
    page.get_by_label("在哪里").select_option(label="　幸福里小区")
    page.get_by_label("什么时候").fill("2026-03-03T20:00")
    page.get_by_label("消防").check()
    page.get_by_label("楼长").check()
    page.get_by_role("button", name="定下来").click()
    expect(page.get_by_role("status")).to_contain_text("请的人会收到邀请")
    page.get_by_role("button", name="现在开始").click()
    expect(page.get_by_role("status")).to_contain_text("已开始")
    page.locator("summary", has_text="再请人").click()
    page.get_by_label("公安").check()
    check_comfort(page)
    page.get_by_role("button", name="通知他们").click()
    expect(page.get_by_role("button", name="撤销：又请了人")).to_be_visible()
    told_on_site(served)
    page.reload()
    expect(page.locator(".sums")).to_contain_text("拆除飞线")
    page.get_by_role("button", name="开工单").click()
    expect(page.get_by_role("link", name="工单 #1")).to_be_visible()
    page.locator("summary", has_text="结束，写结果").click()
    expect(page.get_by_label("内容")).to_have_value(re.compile("共拆除飞线3处"))
    check_comfort(page)
    page.get_by_role("button", name="结束，请人审核").click()
    expect(page.get_by_role("heading", name="飞线夜查结果")).to_be_visible()
    with served.house.database.writing() as session:
        found(session)
    go_to(page, "隐患")
    arrived(page, "隐患台账")
    page.get_by_role("link", name="3号楼楼道堆物").click()
    arrived(page, "消防隐患")
    page.locator("summary", has_text="当场解决了").click()
    check_comfort(page)
    page.get_by_role("button", name="当场解决了").click()
    expect(page.get_by_role("status")).to_contain_text("当场解决")
    staff = served.house.signed_in("community_staff", 2)
    act(staff, opened(served.house, staff, text="外墙渗水"), "plan", words="分三步更换管道")
    go_to(page, "一事一策")
    arrived(page, "历史遗留问题")
    page.get_by_role("link", name="3号楼渗漏").click()
    arrived(page, "3号楼渗漏")
    page.locator("summary", has_text="记进展").click()
    check_comfort(page)
    page.get_by_label("有什么进展").fill("勘察单位已经进场")
    page.get_by_role("button", name="记进展").click()
    expect(page.get_by_role("status")).to_contain_text("进展已记")
