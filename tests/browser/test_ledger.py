"""What did not arrive, at the desk and on the phone: sent once more, or told by phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from models import job_runs
from models.outbox import Delivery
from tests.app.test_console_ledger import kept
from tests.browser.conftest import Served, sign_in
from tests.browser.test_console import check_comfort
from tests.factories import building, demo_person, ticket

ONE_ROW = 64  # of the menu, in pixels

pytestmark = pytest.mark.browser


@pytest.fixture
def troubled(served: Served) -> None:
    """A matter whose reporter and whose building head heard nothing; and jobs that ran late."""
    now = served.house.now
    with served.house.database.writing() as session:
        one = ticket(session, building(session), now)
        head = demo_person(session, "building_head")
        kept(session, head, Delivery.HELD, now, "leave_over", reason="no channel may bring it now")
        kept(session, head, Delivery.FAILED, now, "task_new", one, errcode=40013, attempts=3)
        reporter = one.reporter_id
        kept(session, reporter, Delivery.IN_DOUBT, now, about=one, reason="lease expired")
        kept(session, reporter, Delivery.FAILED, now, about=one, errcode=43004, channel="template")
        job_runs.meet(session, ["sweep", "annual_report"], now)


def test_a_message_is_sent_once_more_and_whom_nothing_reached_is_told_by_phone(
    page: Page, served: Served, troubled: None
) -> None:
    sign_in(page, served, "community_staff")
    page.goto(f"{served.url}/console/messages")
    check_comfort(page)
    assert page.locator("header .bar").evaluate("bar => bar.offsetHeight") <= ONE_ROW
    failed = page.locator("li.entry", has_text="IP 白名单")
    failed.get_by_role("button", name="再发一次").click()
    expect(page.get_by_role("status")).to_contain_text("已经排上")
    expect(page.locator("li.entry")).to_have_count(3)
    page.get_by_role("link", name="电话名单").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("电话名单")
    check_comfort(page)
    expect(page.locator("li.entry")).to_have_count(2)
    page.locator("li.entry", has_text="报事的居民").get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("已经记下")
    expect(page.locator("li.entry")).to_have_count(1)
    served.house.later(minutes=10)
    page.goto(f"{served.url}/console/jobs")
    check_comfort(page)
    expect(page.locator("li.entry").first).to_contain_text("没按时运行")
    page.get_by_role("link", name="整理旧记录").click()
    expect(page).to_have_url(re.compile("/jobs/retention$"))
    check_comfort(page)
