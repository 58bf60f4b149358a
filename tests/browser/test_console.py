"""A day at the console in a real browser: signing in, the queue, a class set right, a chat."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from models.ticket_flow import State
from models.tickets.table import Ticket
from tests.browser.conftest import PHONE, Served, go_to, sign_in
from tests.chat import Town
from tests.factories import building, ticket

TOO_SMALL = """
[...document.querySelectorAll('main button, main a, main input:not([type=hidden]), main select, \
main textarea, main summary, nav a')]
  .filter(e => e.offsetParent && !e.closest('.skip') && !e.closest('p, li > a, dd'))
  .map(e => [e.outerHTML.slice(0, 90), e.closest('label') || e])
  .map(([html, e]) => [html, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 44).map(([html]) => html)
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def busy(served: Served) -> list[int]:
    """A report from chat, and some beside it: late, due today, later."""
    town = Town(served.house.database, served.house.now)
    town.person("demo-resident-1").say("3号楼三楼楼道有人拉飞线给电瓶车充电，晚上充一整夜")
    with served.house.database.writing() as session:
        reported = session.scalars(select(Ticket.id)).one()
        made = [
            ticket(session, building(session, number), served.house.now, text=text)
            for number, text in (
                (1, "楼上天天半夜打牌"),
                (2, "装修队周末也开工"),
                (5, "狗叫得睡不着"),
            )
        ]
        made[0].resolve_due_at = served.house.now - timedelta(hours=3)
        made[1].resolve_due_at = served.house.now + timedelta(hours=3)
        return [reported, *(one.id for one in made)]


def width_of(page: Page) -> int:
    page.wait_for_load_state()
    return int(page.evaluate("document.documentElement.scrollWidth"))


def check_comfort(page: Page) -> None:
    """Nothing sticks out, and on a phone every target takes a thumb."""
    assert page.viewport_size is not None
    assert width_of(page) == page.viewport_size["width"], page.url
    if page.viewport_size == PHONE:
        assert page.evaluate(TOO_SMALL) == [], page.url


def test_a_wrong_password_is_said_at_the_field_and_the_right_one_opens_the_day(
    page: Page, served: Served, busy: list[int]
) -> None:
    name = served.house.account("community_staff")
    page.goto(f"{served.url}/console/tickets")
    check_comfort(page)
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill("not the password")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("账号或密码不对")
    expect(page.get_by_label("密码")).to_be_focused()
    page.get_by_label("密码").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("工单")
    go_to(page, "今天")
    check_comfort(page)
    expect(page.get_by_role("link", name="1 超期")).to_be_visible()


def test_the_queue_is_narrowed_kept_and_worked_on_together(
    page: Page, served: Served, busy: list[int]
) -> None:
    sign_in(page, served)
    go_to(page, "工单")
    check_comfort(page)
    expect(page.locator(".row")).to_have_count(4)
    page.locator("summary", has_text="筛选").click()
    check_comfort(page)
    page.get_by_label("编号或文字").fill("装修")
    page.get_by_label("编号或文字").press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    page.locator("summary", has_text="筛选").click()
    page.get_by_label("把这组条件存为常用").fill("装修")
    page.get_by_role("button", name="存下").click()
    expect(page.locator(".chip")).to_have_text("装修")
    page.get_by_role("link", name="全部在办").click()
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("link", name="看全部").click()
    page.locator("summary", has_text="对勾选的一起办").click()
    page.get_by_label("全选本页").check()
    expect(page.locator("input[name=ids]:checked")).to_have_count(4)
    page.get_by_label("怎么办").select_option("suspend")
    page.get_by_label("挂起几天").fill("2")
    page.get_by_label("原因").fill("等物业一起看")
    page.get_by_role("button", name="办理").click()
    expect(page.get_by_role("status")).to_contain_text("4 件办好了")
    check_comfort(page)
    page.get_by_role("link", name="回到列表").click()
    page.get_by_role("link", name="挂起").click()
    expect(page.locator(".row")).to_have_count(4)


def test_a_wrong_class_is_set_right(page: Page, served: Served, busy: list[int]) -> None:
    sign_in(page, served)
    page.goto(f"{served.url}/console/tickets/{busy[0]}")
    check_comfort(page)
    expect(page.locator(".evidence")).to_contain_text("飞线")
    page.get_by_text("分错了，改类").click()
    page.get_by_label("应该是").select_option("fire_safety.other")
    page.get_by_role("button", name="改类", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已改类")
    expect(page.locator(".timeline")).to_contain_text("改类：电动车充电")


def test_a_chat_is_taken_over_and_what_the_resident_says_appears(
    page: Page, served: Served, busy: list[int]
) -> None:
    sign_in(page, served)
    page.goto(f"{served.url}/console/tickets/{busy[0]}")
    page.get_by_role("button", name="接管聊天，直接和居民说").click()
    page.get_by_label("回居民").fill("您好，我是社区的，充电的是哪一户？")
    page.get_by_role("button", name="发给居民").click()
    expect(page.locator(".talk")).to_contain_text("充电的是哪一户")
    resident = Town(served.house.database, served.house.now).person("demo-resident-1")
    assert any("充电的是哪一户" in message for message in resident.received())
    resident.say("301")
    expect(page.locator(".talk")).to_contain_text("301")
    check_comfort(page)
    page.get_by_role("button", name="交还聊天").click()
    expect(page.get_by_role("button", name="接管聊天，直接和居民说")).to_be_visible()


def test_a_task_is_finished_by_keyboard_alone(page: Page, served: Served, busy: list[int]) -> None:
    sign_in(page, served, "grid_worker")
    page.goto(f"{served.url}/console/tickets/{busy[0]}")
    for name in ("接单", "开始处理"):
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text(name)
    page.locator("summary", has_text="办结").focus()
    page.keyboard.press("Enter")
    page.get_by_label("怎么处理的").fill("已拆除飞线，并和住户谈过")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".head")).to_contain_text("已办结")
    with served.house.database.reading() as session:
        assert session.get_one(Ticket, busy[0]).state == State.RESOLVED


def test_everything_works_without_scripts(
    browser: Browser, served: Served, busy: list[int]
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, served)
    go_to(page, "工单")
    page.locator(f'input[name=ids][value="{busy[1]}"]').check()
    page.locator("summary", has_text="对勾选的一起办").click()
    page.get_by_label("怎么办").select_option("escalate")
    page.get_by_label("原因").fill("网格解决不了")
    page.get_by_role("button", name="办理").click()
    expect(page.get_by_role("status")).to_contain_text("1 件办好了")
    page.goto(f"{served.url}/console/tickets/{busy[0]}")
    page.get_by_role("button", name="接管聊天，直接和居民说").click()
    expect(page.get_by_label("回居民")).to_be_visible()
    page.locator(".who summary").click()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("邻里工作台")
    context.close()
