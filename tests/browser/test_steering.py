"""A superior asks, a project goes public, a quarrel is settled: on a phone."""

import pytest
from playwright.sync_api import Page, expect

from app.pages.blueprint import make_pages
from tests.app.visitor import PASSWORD
from tests.browser.conftest import PHONE, Served, go_to
from tests.browser.fitting import sticks_out
from tests.factories import building, ticket

on_a_phone = pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])


def signed_in(page: Page, served: Served, role: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{served.url}/console/sign-in")
    page.get_by_label("账号").fill(served.house.account(role))
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


@on_a_phone
def test_a_ticket_is_supervised_and_becomes_part_of_a_project(page: Page, served: Served) -> None:
    served.house.app.register_blueprint(make_pages(served.house.database, lambda: served.house.now))
    with served.house.database.writing() as session:
        number = ticket(session, building(session), served.house.now).id
    signed_in(page, served, "subdistrict_staff")
    page.goto(f"{served.url}/console/tickets/{number}")
    page.get_by_role("link", name="督办这件").click()
    page.get_by_label("请谁答复").select_option(label="网格员 幸福第一网格网格员")
    page.get_by_label("要求").fill("三天内说说怎么办")
    page.get_by_role("button", name="发出督办").click()
    expect(page.get_by_text("三天内说说怎么办")).to_be_visible()

    page.goto(f"{served.url}/console/projects/new?ticket={number}")
    page.get_by_label("名称").fill("3号楼隔音改造")
    page.get_by_label("要办成什么").fill("六月底前做完楼板隔音")
    page.get_by_label("谁负责").select_option(index=1)
    page.get_by_label("哪天前完成").fill("2026-06-30")
    page.get_by_role("button", name="立项").click()
    page.get_by_role("button", name="开始办").click()
    page.locator("summary", has_text="加节点").click()
    page.locator("details[open] input[name=day]").fill("2026-03-20")
    page.get_by_label("办到哪一步").fill("完成测量")
    page.get_by_role("button", name="加节点").click()
    expect(page.get_by_text("完成测量")).to_be_visible()
    page.goto(f"{served.url}/p/projects")
    page.get_by_role("link", name="3号楼隔音改造").click()
    expect(page.get_by_text("完成测量")).to_be_visible()

    signed_in(page, served, "grid_worker")
    go_to(page, "督办")
    page.get_by_role("link", name="三天内说说怎么办").click()
    page.get_by_label("办得怎么样").fill("周五上门测量")
    page.get_by_role("button", name="答复").click()
    expect(page.get_by_text("周五上门测量")).to_be_visible()


@on_a_phone
def test_a_mediation_is_kept_and_its_agreement_printed(page: Page, served: Served) -> None:
    signed_in(page, served, "community_staff")
    go_to(page, "调解")
    page.get_by_role("link", name="记一次调解").click()
    page.get_by_label("哪里的事").select_option(label="幸福里小区")
    page.get_by_label("什么事").fill("空调外机滴水")
    for place, name in ((1, "住户甲"), (2, "住户乙")):
        page.get_by_label(f"第 {place} 方姓名").fill(name)
    page.get_by_label("达成的协议").fill("本周内移装外机，费用各一半")
    page.get_by_role("button", name="保存").click()
    page.get_by_label("哪天回访").fill("2026-03-10")
    page.get_by_role("button", name="安排回访").click()
    page.locator("summary", has_text="写结果").click()
    page.locator("select[name=outcome]").select_option(label="达成协议")
    page.get_by_role("button", name="保存").last.click()
    page.get_by_role("link", name="打印协议书").click()
    expect(page.get_by_role("heading", name="调解协议书")).to_be_visible()
    assert not sticks_out(page)
