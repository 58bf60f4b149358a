"""A sheet with errors in Chromium: told row by row, mended, brought in, and seen on the map."""

from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, go_to, sign_in
from tests.browser.fitting import sticks_out, too_small

pytestmark = pytest.mark.browser

HEADINGS = ("小区", "网格", "楼号", "户数")
GOOD = ("阳光花园", "幸福第三网格", "21号楼", 40)
BAD = ("阳光花园", "幸福第三网格", "楼后面", "很多")


def saved(path: Path, *rows: tuple[object, ...]) -> Path:
    book = Workbook()
    for row in (HEADINGS, *rows):
        book.active.append(row)
    book.save(path)
    return path


def bring(page: Page, path: Path) -> None:
    page.get_by_label("导入什么").select_option("buildings")
    page.get_by_label("文件").set_input_files(path)
    page.get_by_role("button", name="检查").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("导入楼栋")


def fits(page: Page) -> None:
    assert not sticks_out(page)
    assert too_small(page) == []


def test_a_sheet_is_mended_and_brought_in(page: Page, served: Served, tmp_path: Path) -> None:
    sign_in(page, served)
    go_to(page, "区域")
    fits(page)
    page.get_by_role("link", name="从 Excel 导入").click()
    fits(page)
    bring(page, saved(tmp_path / "楼栋.xlsx", GOOD, BAD))
    rows = page.locator("table.sheet").first.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("3楼号只写编号，例如 3 或 3号楼。")
    expect(page.get_by_role("button", name="确定导入")).to_have_count(0)
    fits(page)
    page.get_by_role("link", name="改好后重新上传").click()
    bring(page, saved(tmp_path / "楼栋改.xlsx", GOOD))
    page.get_by_role("button", name="确定导入 1 行").click()
    expect(page.get_by_role("status")).to_contain_text("已导入：新增 1 行")
    for path in ("people", "people/1", "absences", "exports"):
        page.goto(f"{served.url}/console/{path}")
        fits(page)
    go_to(page, "楼栋图")
    fits(page)
    page.get_by_role("link", name="21号楼 0 件").click()
    expect(page.locator("main")).to_contain_text("没有符合条件的工单")
