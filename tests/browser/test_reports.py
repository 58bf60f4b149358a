"""A digest and a monthly report in Chromium: from a number to its list; what to keep, to print."""

import io
from datetime import date, timedelta
from random import Random

import pypdfium2 as pdfium
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from jobs.digests import morning_digest
from models.metrics.periods import Period
from models.reports import making
from models.reports.table import Edition
from tests.browser.conftest import Served, go_to, sign_in
from tests.browser.fitting import sticks_out, too_small
from tests.factories import MORNING, area_named
from tests.matters import scatter

pytestmark = pytest.mark.browser

FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))
DRAWN = "[...document.querySelectorAll('[data-chart] canvas')].filter(c => c.width > 100).length"


@pytest.fixture
def reported(served: Served) -> Served:
    with served.house.database.writing() as session:
        made = scatter(session, Random(20260303), 90, MORNING - timedelta(days=1))
        told = [one.id for one in made if one.about is None][:12]
        topics = [{"word": "充电桩", "tickets": told, "before": 3}]
        community = area_named(session, "幸福社区").id
        making.keep(session, Edition.MONTHLY, community, FEBRUARY, topics, MORNING)
    morning_digest(served.house.database, MORNING)
    return served


def test_the_digest_of_the_morning_down_to_a_ticket(page: Page, reported: Served) -> None:
    sign_in(page, reported)
    go_to(page, "日报")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("幸福社区早报")
    assert not sticks_out(page)
    figure = page.locator("a.figure").first
    said = figure.locator(".number").inner_text()
    figure.click()
    expect(page.locator("main strong.number")).to_have_text(said)
    assert page.locator("ol.rows > li").count() == min(int(said), 50)
    assert not sticks_out(page)
    page.get_by_role("link", name="回到日报").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("日报")


def test_a_report_its_charts_a_list_behind_a_number_and_the_workbook(
    page: Page, reported: Served
) -> None:
    sign_in(page, reported)
    go_to(page, "报告")
    page.get_by_role("link", name="月研判").first.click()
    page.get_by_role("link", name="幸福社区月研判").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("幸福社区月研判")
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    assert page.evaluate(DRAWN) == page.locator("[data-chart]").count() > 2
    assert not sticks_out(page)
    assert too_small(page) == []
    with page.expect_download() as coming:
        page.get_by_role("link", name="下载 Excel").click()
    book = load_workbook(io.BytesIO(coming.value.path().read_bytes()))
    assert coming.value.suggested_filename == "幸福社区月研判 2026-02-01.xlsx"
    assert "总的情况" in book.sheetnames
    with page.expect_download() as coming:
        page.get_by_role("link", name="下载 PDF").click()
    with pdfium.PdfDocument(coming.value.path()) as paper:
        assert "幸福社区月研判" in paper[0].get_textpage().get_text_range()
    number = page.locator("section.part a.number").first
    said = number.inner_text()
    number.click()
    expect(page.locator("main strong.number")).to_have_text(said)
