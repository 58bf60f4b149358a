"""The page of the three rates in Chromium: from a number to its list, on phone and desk."""

from datetime import timedelta
from random import Random

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, go_to, sign_in
from tests.browser.fitting import sticks_out, too_small
from tests.factories import MORNING
from tests.matters import scatter

pytestmark = pytest.mark.browser


@pytest.fixture
def scattered(served: Served) -> Served:
    with served.house.database.writing() as session:
        scatter(session, Random(20260303), 90, MORNING - timedelta(days=1))
    return served


def test_from_a_number_to_its_list_and_back(page: Page, scattered: Served) -> None:
    sign_in(page, scattered)
    go_to(page, "三率")
    expect(page.get_by_role("heading", level=1)).to_have_text("幸福社区三率")
    page.get_by_role("link", name="本季").click()
    page.get_by_role("link", name="类别").click()
    number = page.locator("dl.counts a.number").first
    said = number.inner_text()
    assert not sticks_out(page)
    assert too_small(page) == []
    number.click()
    expect(page.locator("main strong.number")).to_have_text(said)
    assert page.locator("ul.matters > li").count() == min(int(said), 50)
    assert not sticks_out(page)
    page.get_by_role("link", name="回到三率").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("幸福社区三率")
    expect(page.get_by_role("link", name="本季")).to_have_attribute("aria-current", "true")


def test_into_a_building_and_over_days_of_ones_own(page: Page, scattered: Served) -> None:
    sign_in(page, scattered)
    page.goto(f"{scattered.url}/console/figures?period=year&by=building")
    page.locator("table.parts tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("号楼三率")
    page.get_by_label("从").fill("2026-02-01")
    page.get_by_label("到").fill("2026-02-10")
    page.get_by_role("button", name="看这几天").click()
    expect(page.locator("main")).to_contain_text("2026年2月1日至2026年2月10日")
    page.emulate_media(media="print")
    assert page.locator("main form.days").is_hidden()
    assert page.locator("ul.rates").is_visible()
