"""The page for the notice board: whole, masked, with a code that leads to its public page."""

from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy.orm import Session

from app.paper import fonts
from app.posters import poster, printed
from models.base import Database
from models.notices import actions
from models.notices.actions import Reach
from models.notices.table import Channel, Notice
from tests import factories
from tests.app.test_paper import printing
from tests.app.visitor import House

NOW = factories.MORNING
BODY = "收入 12000 元，结余 4000 元。\n联系 13800138000，座机 0531-8000000。"


def drafted(session: Session, body: str = BODY, *, reach: Reach | None = None) -> Notice:
    return actions.draft(
        session,
        kind="income_expense",
        title="一季度收支",
        body=body,
        area_id=factories.area_named(session, factories.ESTATE).id,
        by=factories.demo_person(session, "community_staff"),
        at=NOW,
        reach=reach or Reach(),
    )


def published(session: Session, notice: Notice) -> Notice:
    second = factories.demo_person(session, "community_staff", 2)
    actions.review(session, notice, by=second, at=NOW)
    actions.schedule(session, notice, publish_at=NOW, by=second, at=NOW)
    actions.publish(session, notice, at=NOW)
    return notice


def read(made: bytes) -> tuple[list[str], list[str]]:
    """The text of every page, and the codes on the first."""
    document = pypdfium2.PdfDocument(made)
    texts = [one.get_textpage().get_text_range() for one in document]
    codes = [one.text for one in zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())]
    document.close()
    return texts, codes


def test_it_tells_all_and_leads_to_its_page(database: Database) -> None:
    printing()
    factories.town(database)
    with database.writing() as session:
        notice = published(session, drafted(session))
        drawn, number = poster(session, notice, NOW), notice.id
        later = poster(session, notice, NOW + timedelta(days=30))
    assert drawn.facts["takes_objections"] and not later.facts["takes_objections"]
    [text], codes = read(printed(drawn))
    for part in ("一季度收支", "结余 4000 元", "138****8000", "0531-8000000", "幸福里小区"):
        assert part in text, part
    assert "13800138000" not in text
    assert "公示期：2026年3月3日（周二）至3月10日（周二）09:00" in text and f"异议 {number}" in text
    assert codes == [f"http://127.0.0.1:8000/p/notices/{number}"]


def test_a_long_text_goes_over_several_pages_and_loses_nothing(database: Database) -> None:
    printing()
    factories.town(database)
    rows = [f"第{number}项支出 {number * 17} 元，用于楼道维修。" for number in range(90)]
    with database.writing() as session:
        notice = drafted(session, "\n".join(rows), reach=Reach(channels=[Channel.POSTER]))
        drawn = poster(session, notice, NOW)
    texts, codes = read(printed(drawn))
    assert len(texts) > 1 and all("样张" in text for text in texts)
    assert all(row in "".join(texts) for row in rows)
    assert f"共 {len(texts)} 页" in texts[0]
    assert codes == [], "without a page there is nothing to scan"


def test_the_console_prints_it_and_says_so_where_there_is_no_font(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    printing()
    with house.database.writing() as session:
        number = drafted(session).id
        hidden = drafted(session, reach=Reach(channels=[Channel.PAGE])).id
    visitor = house.signed_in("community_staff")
    answer = visitor.get(f"/console/notices/{number}/poster.pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert visitor.get(f"/console/notices/{hidden}/poster.pdf").status_code == 404
    monkeypatch.setattr(fonts, "load", lambda _: {"font": []})
    refused = visitor.get(f"/console/notices/{number}/poster.pdf")
    assert refused.status_code == 422 and "没有中文字体" in refused.text
