"""A sentence edited in the console: refused, put right, looked at, said in chat, taken back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bots import wording
from bots.rendering import WORDING
from tests.browser.conftest import Served, go_to, sign_in
from tests.browser.test_console import check_comfort
from tests.chat import Town

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def as_shipped() -> Iterator[None]:
    yield
    WORDING.use({})


def said_in_chat(served: Served, resident: int) -> str:
    """As a web process would answer now."""
    with served.house.database.reading() as session:
        wording.follow(session)
    town = Town(served.house.database, served.house.now)
    return str(town.person(f"demo-resident-{resident}").say("3号楼楼道的灯坏了两天了，晚上看不见"))


def test_a_sentence_is_edited_with_a_second_look_said_in_chat_and_taken_back(
    page: Page, served: Served
) -> None:
    assert "已受理 #" in said_in_chat(served, 1)
    sign_in(page, served, "subdistrict_staff")
    go_to(page, "设置")
    check_comfort(page)
    page.get_by_role("link", name="消息模板").click()
    check_comfort(page)
    page.get_by_label("找一句话").fill("已受理")
    page.keyboard.press("Enter")
    page.locator('a[href$="of=wording/ticket_received"]').click()
    check_comfort(page)
    text = page.get_by_label("原文").input_value()
    wrong = text.replace("已受理 #{{ ticket_id }}", "收到了，编号 #{{ ticket_idd }}")
    page.get_by_label("原文").fill(wrong)
    page.get_by_role("button", name="看看改了会怎样").click()
    expect(page.get_by_role("alert")).to_contain_text("ticket_idd")
    expect(page.get_by_role("alert")).to_contain_text("是不是 ticket_id")
    expect(page.get_by_label("原文")).to_have_value(wrong)
    check_comfort(page)
    page.get_by_label("原文").fill(wrong.replace("ticket_idd", "ticket_id"))
    page.get_by_role("button", name="看看改了会怎样").click()
    expect(page.locator(".bubble").nth(1)).to_contain_text("收到了，编号 #")
    check_comfort(page)
    page.get_by_label("为什么改").fill("老人家说“受理”听不懂")
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_role("status")).to_contain_text("第 1 版已经发布")
    assert "收到了，编号 #" in said_in_chat(served, 2)
    page.get_by_role("link", name="出厂设置").click()
    check_comfort(page)
    page.get_by_label("为什么改").fill("还是用原来的")
    page.get_by_role("button", name="退回到出厂设置").click()
    expect(page.get_by_role("status")).to_contain_text("第 2 版已经发布")
    assert "已受理 #" in said_in_chat(served, 3)


@pytest.mark.parametrize("of", ["schedule", "sla"])
def test_the_long_forms_are_comfortable_to_fill_in(page: Page, served: Served, of: str) -> None:
    sign_in(page, served, "subdistrict_staff")
    page.goto(f"{served.url}/console/settings/edit?of={of}")
    check_comfort(page)
    changed = {"schedule": "morning_digest.time", "sla": "default.normal.accept"}[of]
    page.locator(f'[name="{changed}"]').fill({"schedule": "07:30", "sla": "1小时"}[of])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="改了什么")).to_be_visible()
    check_comfort(page)
    page.get_by_role("button", name="接着改").click()
    expect(page.locator(f'[name="{changed}"]')).to_have_value(
        {"schedule": "07:30", "sla": "1小时"}[of]
    )
