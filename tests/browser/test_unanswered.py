"""What nobody understood, at the desk and on the phone: a word is taught, a question answered."""

import pytest
from playwright.sync_api import Page, expect

from app.house import LOOK_SECONDS
from tests.app.test_console_unanswered import talked
from tests.browser.conftest import Served, sign_in
from tests.browser.test_console import check_comfort

pytestmark = pytest.mark.browser


def test_one_question_is_answered_and_one_word_taught(page: Page, served: Served) -> None:
    talked(served.house)
    sign_in(page, served, "community_staff")
    page.goto(f"{served.url}/console/unanswered")
    check_comfort(page)
    expect(page.locator("li.entry")).to_have_count(3)
    page.get_by_role("link", name="乒乓球室").click()
    check_comfort(page)
    page.get_by_text("写一条答案").click()
    page.get_by_label("答案", exact=True).fill("每天9点到21点，在党群服务中心二楼")
    page.get_by_role("button", name="看看能不能答上").click()
    expect(page.get_by_text("能答上", exact=True)).to_have_count(1)
    check_comfort(page)
    page.get_by_role("button", name="存下答案").click()
    expect(page.get_by_role("status")).to_contain_text("答案存好了")
    expect(page.locator("li.entry")).to_have_count(2)
    page.get_by_role("link", name="咕噜业").click()
    page.get_by_text("教一个词").click()
    page.get_by_label("词", exact=True).fill("咕噜业")
    page.get_by_label("算哪一类").select_option(label="噪音·设备低频")
    check_comfort(page)
    page.get_by_role("button", name="看看教了会怎样").click()
    expect(page.get_by_role("heading", name="没听懂的这几句会听成什么")).to_be_visible()
    check_comfort(page)
    page.get_by_label("为什么改").fill("居民都这么叫")
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_role("status")).to_contain_text("已经发布")
    check_comfort(page)
    page.goto(f"{served.url}/console/unanswered/settled")
    check_comfort(page)
    expect(page.locator("li.entry")).to_have_count(2)
    page.goto(f"{served.url}/console/lexicon?word=咕噜业")
    check_comfort(page)
    expect(page.get_by_text("教过的", exact=True)).to_be_visible()
    page.wait_for_timeout(LOOK_SECONDS * 1000)  # until each process has seen what was taught
    page.get_by_label("居民会怎么说").fill("咕噜业又在响")
    page.get_by_role("button", name="试试").click()
    expect(page.get_by_text("噪音·设备低频").first).to_be_visible()
    check_comfort(page)
