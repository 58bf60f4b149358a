"""Public pages: what everybody may read, masked, without an account, a cookie or a script."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.pages.blueprint import make_pages
from models.base import Database
from models.notices import actions, objections
from models.notices.table import Notice, NoticeAudience
from tests import factories

NOW = factories.MORNING


@pytest.fixture
def town(store: Database) -> Database:
    """On both stores."""
    factories.town(store)
    return store


@pytest.fixture
def page(town: Database) -> Iterator[FlaskClient]:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(make_pages(town, lambda: NOW))
    with app.test_client() as client:
        yield client


def drafted(town: Database, **more: str) -> int:
    with town.writing() as session:
        words = {"title": "一季度收支", "body": "结余 4000 元。\n联系13800138000，3-2-301。"} | more
        notice = actions.draft(
            session,
            kind="income_expense",
            title=words["title"],
            body=words["body"],
            area_id=factories.area_named(session, factories.ESTATE).id,
            by=factories.demo_person(session, "community_staff"),
            at=NOW,
        )
        return notice.id


def publish(town: Database, number: int) -> None:
    with town.writing() as session:
        notice = session.get_one(Notice, number)
        second = factories.demo_person(session, "community_staff", 2)
        actions.review(session, notice, by=second, at=NOW)
        actions.schedule(session, notice, publish_at=NOW, by=second, at=NOW)
        actions.publish(session, notice, at=NOW)


def corrected(town: Database, number: int) -> int:
    with town.writing() as session:
        by = factories.demo_person(session, "community_staff")
        notice = session.get_one(Notice, number)
        correction = actions.correct(
            session, notice, title="一季度收支", body="结余 4100 元。", by=by, at=NOW
        )
        number = correction.id
    publish(town, number)
    return number


def test_a_published_notice_is_read_by_anybody_and_tells_nobodys_number(
    town: Database, page: FlaskClient
) -> None:
    number = drafted(town)
    publish(town, number)
    shown = page.get(f"/p/notices/{number}")
    assert shown.status_code == 200
    assert "结余 4000 元" in shown.text and "幸福里小区" in shown.text
    assert "138****8000" in shown.text and "13800138000" not in shown.text
    assert "3-2-301" not in shown.text
    assert f"异议 {number}" in shown.text
    assert "社区工作者" not in shown.text, "who wrote it is not named"


def test_what_is_not_out_is_as_if_it_were_not_there(town: Database, page: FlaskClient) -> None:
    number = drafted(town)
    hidden, absent = page.get(f"/p/notices/{number}"), page.get("/p/notices/999")
    assert (hidden.status_code, hidden.text) == (404, absent.text)
    assert "没有这一页" in hidden.text


def test_a_corrected_version_leads_to_the_one_that_counts(
    town: Database, page: FlaskClient
) -> None:
    first = drafted(town)
    publish(town, first)
    second = corrected(town, first)
    old, new = page.get(f"/p/notices/{first}").text, page.get(f"/p/notices/{second}").text
    assert "这一版已经更正" in old and f"/p/notices/{second}" in old and "结余 4000" in old
    assert "这一版已经更正" not in new and "结余 4100" in new and "第 1 版" in new


def test_a_title_is_text_and_nothing_else(town: Database, page: FlaskClient) -> None:
    number = drafted(town, title="<script>alert(1)</script>", body="<img src=x>")
    publish(town, number)
    shown = page.get(f"/p/notices/{number}").text
    assert "<script>" not in shown and "&lt;script&gt;" in shown and "<img" not in shown


@pytest.mark.parametrize("path", ["/p/notices/999", "/p/nothing/here", "/p/notices/abc"])
def test_every_page_keeps_scripts_frames_and_cookies_out(page: FlaskClient, path: str) -> None:
    shown = page.get(path)
    assert shown.status_code == 404 and "没有这一页" in shown.text
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in shown.headers
    assert "<script" not in shown.text and "style=" not in shown.text


def test_a_shared_link_shows_a_card_without_anybodys_number(
    town: Database, page: FlaskClient
) -> None:
    number = drafted(town)
    publish(town, number)
    head = page.get(f"/p/notices/{number}").text.split("</head>")[0]
    assert '<meta property="og:title" content="一季度收支">' in head
    assert "结余 4000 元" in head and "138****8000" in head and "13800138000" not in head
    assert f'<meta property="og:url" content="http://127.0.0.1:8000/p/notices/{number}">' in head
    picture = re.search(r'og:image" content="http://127.0.0.1:8000([^"]+)"', head)
    assert picture is not None
    with page.get(picture[1]) as shown:
        assert shown.mimetype == "image/png"


def test_the_list_of_an_area_holds_what_is_out_for_residents_and_nothing_else(
    town: Database, page: FlaskClient
) -> None:
    first, draft, heads, silent = (
        drafted(town, title=title) for title in ("一季度收支", "草稿", "楼长会", "只在公众号看")
    )
    with town.writing() as session:
        session.execute(
            update(NoticeAudience)
            .where(NoticeAudience.notice_id == heads)
            .values(audience="building_heads")
        )
        session.get_one(Notice, silent).channels = ["push"]
        inside, elsewhere = (
            factories.area_named(session, name).id for name in ("幸福里小区", "和平家园")
        )
        community = factories.area_named(session, "幸福社区").id
    for number in (first, heads, silent):
        publish(town, number)
    second = corrected(town, first)
    for area in (inside, community):
        shown = page.get(f"/p/notices?area={area}").text
        assert f'href="/p/notices/{second}"' in shown and "第 2 版" in shown
        assert all(f'href="/p/notices/{one}"' not in shown for one in (first, draft, heads, silent))
    assert "还没有公示" in page.get(f"/p/notices?area={elsewhere}").text
    assert page.get("/p/notices?area=99999").status_code == 404
    assert page.get(f"/p/notices/{silent}").status_code == 404, "it has no page"
    assert page.get(f"/p/notices/{heads}").status_code == 200, "who has the link may read"


def test_objections_are_counted_and_never_quoted(town: Database, page: FlaskClient) -> None:
    number = drafted(town)
    publish(town, number)
    with town.writing() as session:
        found = session.get_one(Notice, number)
        who = factories.demo_person(session, "resident")
        objections.object_to(session, found, "少算了一个月", by=who, at=NOW, account="main")
    shown = page.get(f"/p/notices/{number}").text
    assert "收到 1 条不同意见，已答复 0 条" in shown and "少算了" not in shown
