"""Publicity at a desk: written, reviewed by somebody else, published, objected to, archived."""

import re

import pytest
from sqlalchemy import event, select

from app.console import notices
from app.console.access import PUBLICITY
from jobs.notices import close_notices, publicity_calendar, publish_notices
from jobs.queue import Queue
from models.notices import actions, objections
from models.notices.rights import serves
from models.notices.table import Notice, NoticeState, Objection
from models.on_duty import holders_at
from models.posts import Role
from models.publicity.table import PublicityDue
from tests.app.test_console_exports import taken
from tests.app.visitor import House, Visitor
from tests.factories import ESTATE, area_named, demo_person

BODY = "收入 12000 元，支出 8000 元。\n联系 13800138000。"
FIRST_DAY = 29  # from the demo's morning to the first of April


def form(house: House, **more: object) -> dict[str, object]:
    with house.database.reading() as session:
        area = area_named(session, ESTATE).id
    return {
        "kind": "income_expense",
        "area": str(area),
        "title": "一季度收支",
        "body": BODY,
        "audiences": ["everybody"],
        "channels": ["push", "page", "poster"],
        "do": "ask",
        **more,
    }


def act(visitor: Visitor, number: int, action: str, **more: str) -> int:
    return visitor.post(f"/console/notices/{number}/act", {"action": action, **more}).status_code


def written(house: House, visitor: Visitor, **more: object) -> int:
    answer = visitor.post("/console/notices/new", form(house, **more))
    assert answer.status_code == 302, answer.text
    found = re.search(r"/notices/(\d+)", answer.location)
    assert found is not None
    return int(found[1])


def out(house: House, author: Visitor, second: Visitor, **more: object) -> int:
    number = written(house, author, **more)
    assert act(second, number, "review") == act(second, number, "schedule") == 302
    publish_notices(house.database, house.now)
    Queue(house.database, lambda: house.now).drain()
    return number


def state(house: House, number: int) -> NoticeState:
    with house.database.reading() as session:
        return session.get_one(Notice, number).state


def objected(house: House, number: int, text: str = "少算了一个月") -> int:
    with house.database.writing() as session:
        return objections.object_to(
            session,
            session.get_one(Notice, number),
            text,
            by=demo_person(session, "resident"),
            at=house.now,
            account="main",
        ).id


def test_from_the_draft_to_the_archive_with_an_objection_on_the_way(
    either_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = either_house
    author, second = (house.signed_in("community_staff", count) for count in (1, 2))
    number = written(house, author)
    own = author.get(f"/console/notices/{number}").text
    assert "复核通过" not in own and "写的人不能复核自己写的" in own
    assert act(author, number, "review") == 403 and state(house, number) == NoticeState.DRAFT
    assert f"/console/notices/{number}" in second.get("/console/notices?state=to_review").text
    assert act(second, number, "send_back") == 422, "a reason is asked for"
    assert act(second, number, "send_back", reason="请写上票据在哪里看") == 302
    assert "请写上票据在哪里看" in author.get(f"/console/notices/{number}").text
    changed = form(house, body=BODY + "\n票据在物业中心。")
    assert author.post(f"/console/notices/{number}/text", changed).status_code == 302
    assert act(second, number, "review") == 302
    past = {"publish_at": "2026-03-01T09:00"}
    assert act(second, number, "schedule", **past) == 422
    assert act(second, number, "schedule", publish_at="2026-03-03T15:30") == 302
    assert "3月3日（周二）15:30" in author.get(f"/console/notices/{number}").text
    house.later(hours=7)
    author = house.signed_in("community_staff")
    publish_notices(house.database, house.now)
    Queue(house.database, lambda: house.now).drain()
    objection = objected(house, number)
    shown = author.get(f"/console/notices/{number}").text
    assert "少算了一个月" in shown and "居民A" not in shown
    answered = author.post(
        f"/console/notices/{number}/objections/{objection}", {"answer": "已核对，补记 300 元"}
    )
    assert answered.status_code == 302
    house.later(days=8)
    close_notices(house.database, house.now)
    archived = house.signed_in("community_staff", 2).get(f"/console/notices/{number}").text
    assert '第 <span class="number">1</span> 份' in archived
    checked = house.signed_in("community_staff").get("/console/notices/archive").text
    assert '全部 <strong class="number">1</strong> 份核对无误' in checked
    monkeypatch.setattr(notices, "CHECKED_LINKS", 0)
    assert (
        "核对全部 1 份" in house.signed_in("community_staff").get("/console/notices/archive").text
    )


def test_what_was_typed_stays_when_something_is_missing(house: House) -> None:
    author = house.signed_in("community_staff")
    for change, words in (
        ({"title": " "}, "请写标题"),
        ({"body": ""}, "请写内容"),
        ({"area": ""}, "请选公示到哪里"),
        ({"audiences": []}, "至少选一类"),
        ({"title": "长" * 81}, "不超过 80 个字"),
    ):
        answer = author.post("/console/notices/new", form(house, **change))
        assert answer.status_code == 422 and words in answer.text, change
        if "body" not in change:
            assert "支出 8000 元" in answer.text
    with house.database.reading() as session:
        assert session.scalars(select(Notice)).all() == []


def test_a_preview_shows_what_residents_see_and_keeps_nothing(house: House) -> None:
    author = house.signed_in("community_staff")
    shown = author.post("/console/notices/new", form(house, do="preview"))
    assert shown.status_code == 200
    preview = (
        shown.text.split("<form", 1)[0]
        + shown.text.split("预览（还没有保存）")[1].split("<form")[0]
    )
    assert "138****8000" in preview and "公示期到 3月10日" in preview
    assert BODY.replace("\n", "\r\n") in shown.text or BODY in shown.text
    with house.database.reading() as session:
        assert session.scalars(select(Notice)).all() == []


def test_every_count_is_the_length_of_its_list(house: House) -> None:
    author, second = (house.signed_in("community_staff", count) for count in (1, 2))
    company = house.signed_in("property_staff")
    written(house, author)
    written(house, second, kind="policy", title="政策")
    number = written(house, company)
    act(author, number, "review")
    objected(house, out(house, author, second))
    act(author, written(house, author), "withdraw")
    for visitor in (author, second, company, house.signed_in("subdistrict_staff")):
        page = visitor.get("/console/notices").text
        tabs = re.findall(r'state=(\w+)"[^>]*>[^<]+<span class="number">(\d+)</span>', page)
        assert len(tabs) > 3
        for group, count in tabs:
            listed = visitor.get(f"/console/notices?state={group}").text
            assert len(re.findall(r'<li class="row brief">', listed)) == int(count), group
    assert 'state=objected"' not in company.get("/console/notices").text
    narrowed = author.get("/console/notices?kind=policy&q=政策").text
    assert narrowed.count('<li class="row brief">') == 1


def test_who_serves_another_place_finds_nothing_here(house: House) -> None:
    author, second = (house.signed_in("community_staff", count) for count in (1, 2))
    number = out(house, author, second)
    objection = objected(house, number)
    stranger = house.signed_in("community_staff", 3)
    gone = stranger.get("/console/notices/99999")
    for path in ("", "/text", "/poster.pdf"):
        assert stranger.get(f"/console/notices/{number}{path}").status_code == 404
    shown = stranger.get(f"/console/notices/{number}")
    plain = [re.sub(r"[\w.-]{60,}", "", one.text) for one in (shown, gone)]
    assert plain[0] == plain[1]
    for path, sent in (
        ("act", {"action": "withdraw"}),
        (f"objections/{objection}", {"answer": "不对"}),
        ("text", form(house)),
    ):
        assert stranger.post(f"/console/notices/{number}/{path}", sent).status_code == 404
    assert f"/notices/{number}" not in stranger.get("/console/notices").text


def test_a_company_never_reads_what_was_objected_to_its_accounts(house: House) -> None:
    author = house.signed_in("community_staff")
    company = house.signed_in("property_staff")
    number = out(house, company, author)
    objection = objected(house, number)
    shown = company.get(f"/console/notices/{number}").text
    assert "一季度收支" in shown and "少算了一个月" not in shown
    path = f"/console/notices/{number}/objections/{objection}"
    assert company.post(path, {"answer": "没问题"}).status_code == 404
    with house.database.reading() as session:
        assert session.get_one(Objection, objection).answered_at is None
    assert "少算了一个月" in author.get(f"/console/notices/{number}").text


def test_a_correction_is_a_version_of_its_own_and_the_old_one_stays(house: House) -> None:
    author, second = (house.signed_in("community_staff", count) for count in (1, 2))
    number = out(house, author, second)
    assert "旧的一版仍可查看" in author.get(f"/console/notices/{number}/text").text
    answer = author.post(f"/console/notices/{number}/text", form(house, body="结余 4100 元"))
    newer = int(re.findall(r"/notices/(\d+)", answer.location)[0])
    assert newer != number and state(house, newer) == NoticeState.DRAFT
    old = author.get(f"/console/notices/{number}").text
    assert "支出 8000 元" in old and f"/console/notices/{newer}" in old
    assert author.get(f"/console/notices/{number}/text").status_code == 403, "one at a time"


def test_the_calendar_proposes_and_its_draft_is_begun_from_the_page(house: House) -> None:
    house.later(days=FIRST_DAY)
    publicity_calendar(house.database, house.now)
    company = house.signed_in("property_staff")
    shown = company.get("/console/publicity").text
    assert "幸福里小区 2026年第一季度" in shown and "必须公示" in shown
    assert "和平家园" not in shown
    with house.database.reading() as session:
        due = session.scalars(
            select(PublicityDue).where(
                PublicityDue.entry == "property_accounts",
                PublicityDue.area_id == area_named(session, ESTATE).id,
            )
        ).one()
    assert company.post(f"/console/publicity/{due.id}", {"action": "drop"}).status_code == 403
    begun = company.post(f"/console/publicity/{due.id}", {"action": "begin"})
    assert begun.status_code == 302 and begun.location.endswith("/text")
    assert "维修资金" in company.get(begun.location).text
    stranger = house.signed_in("property_staff", 2)
    assert stranger.post(f"/console/publicity/{due.id}", {"action": "begin"}).status_code == 404
    house.later(days=40)
    author = house.signed_in("community_staff")
    assert "项过期没有发布" in author.get("/console/notices").text
    assert "已过期" in author.get("/console/publicity").text


def test_pages_ask_the_store_little_however_much_there_is(house: House) -> None:
    author, second = (house.signed_in("community_staff", count) for count in (1, 2))
    number = out(house, author, second)
    for _ in range(6):
        objected(house, number)
        written(house, author)
    house.later(days=FIRST_DAY)
    publicity_calendar(house.database, house.now)
    author = house.signed_in("community_staff")
    asked: list[str] = []
    event.listen(
        house.database.reader, "before_cursor_execute", lambda *args: asked.append(args[2])
    )
    author.get("/console/account")
    shell = len(asked)
    for path in ("", f"/{number}", "/new", "/archive"):
        asked.clear()
        assert author.get(f"/console/notices{path}").status_code == 200
        assert len(asked) <= shell + 12, (path, len(asked), shell)
    asked.clear()
    assert author.get("/console/publicity").status_code == 200
    assert len(asked) <= shell + 12


@pytest.mark.parametrize("role", ["grid_worker", "grid_leader", "committee_member"])
def test_who_writes_no_notices_has_no_such_page(house: House, role: str) -> None:
    visitor = house.signed_in(role)
    assert visitor.get("/console/notices").status_code == 403
    assert 'href="/console/notices"' not in visitor.get("/console/").text


def test_no_role_sees_a_notice_of_a_place_it_does_not_serve(house: House) -> None:
    """By another rule than the lists': who serves each place, asked one by one."""
    made: dict[int, tuple[int, str]] = {}
    with house.database.writing() as session:
        for name in (ESTATE, "阳光花园", "和平家园", "幸福社区", "和顺街道"):
            area = area_named(session, name)
            [author] = [
                one.person_id
                for one in holders_at(session, area.id, house.now)
                if one.role == "subdistrict_staff"
            ][:1]
            for kind in ("policy", "operation_result"):
                given = {"title": name, "body": "内容", "area_id": area.id, "by": author}
                notice = actions.draft(session, kind=kind, at=house.now, **given)
                made[notice.id] = (area.id, kind)
    for role in sorted(PUBLICITY - {Role.ADMIN}):
        visitor = house.signed_in(role)
        with house.database.reading() as session:
            who = demo_person(session, role)
            expected = {
                number
                for number, (area_id, kind) in made.items()
                if any(
                    serves(session, area_id, who, posts, house.now, kind)
                    for posts in ("authors", "reviewers", "answering")
                )
            }
        listed = visitor.get("/console/notices").text
        assert {int(one) for one in re.findall(r"/console/notices/(\d+)", listed)} == expected, role
        for number in made:
            shown = visitor.get(f"/console/notices/{number}").status_code
            assert shown == (200 if number in expected else 404), (role, number)


def test_the_list_is_taken_away_as_it_stands_on_the_page(house: House) -> None:
    author, second = (house.signed_in("community_staff", count) for count in (1, 2))
    objected(house, out(house, author, second, title="收支 13800138000"))
    written(house, author, kind="policy", title="=1+1")
    rows = taken(author, "notices")
    assert rows[0][:4] == ["编号", "种类", "区域", "标题"]
    assert [row[3] for row in rows[1:]] == ["'=1+1", "收支 138****8000"]
    assert rows[2][5] == "公示中" and rows[2][-1] == "1" and int(rows[2][-2]) > 10
    assert [row[5] for row in taken(author, "notices", state="draft")[1:]] == ["草稿"]
    assert len(taken(house.signed_in("community_staff", 3), "notices")) == 1
