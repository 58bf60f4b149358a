"""Who gets a class first, set in the console: the next complaint goes there and nowhere else."""

import re
from html import unescape

from sqlalchemy import select

from app.console.settings_dispatch import PICKS, FirstAsked
from config.categories import LEVEL_ONE
from models.policies import body_of
from models.posts import PAID, Post
from models.tickets.table import Ticket
from tests.app.visitor import House
from tests.chat import Town
from tests.factories import area_named, building, demo_person, ticket
from tests.statements import counted

EDIT, LOOK = "/console/settings/edit?of=dispatch", "/console/settings/look"
PUBLISH, REVERT = "/console/settings/publish", "/console/settings/revert"


def typed(area_id: int | None = None, **changes: str) -> dict[str, str]:
    """What the browser would send of a form that says nothing but these; __ is a dot."""
    where = {} if area_id is None else {"area": str(area_id)}
    fields = {f"{one}.{name}.1": "" for one in LEVEL_ONE for name in PICKS}
    changed = {name.replace("__", "."): word for name, word in changes.items()}
    return {"of": "dispatch", "after": "0", "reason": "大家商量的", **where, **fields, **changed}


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(page)).split())


def owner_of(house: House, openid: str, words: str) -> str:
    """Says it in chat; the role of who is asked."""
    reply = Town(house.database, house.now).person(openid).say(words)
    number = re.search(r"#(\d+)", reply)
    assert number is not None, reply
    with house.database.reading() as session:
        one = session.get_one(Ticket, int(number[1]))
        assert one.category == "parking"
        return str(session.get_one(Post, one.owner_post_id).role)


WORKER_FIRST = {
    "parking__owner__1": "grid_worker",
    "parking__owner__2": "grid_leader",
    "parking__helpers__1": "nobody",
    "parking__department__1": "fire",
}


def test_one_community_sends_parking_elsewhere_and_the_next_one_does_not(house: House) -> None:
    with house.database.writing() as session:
        kept = ticket(session, building(session), category="parking")
        here, there = area_named(session, "幸福社区").id, area_named(session, "和平社区").id
        worker = demo_person(session, "grid_worker")
        kept_id, kept_owner = kept.id, kept.owner_id
    clerk = house.signed_in("community_staff")
    clerk.get(EDIT)
    with counted(house.database) as said:
        page = clerk.get(f"{EDIT}&area={here}").text
    assert len(said) <= 12
    assert "跟外面一样：物业、网格员、网格长" in page
    with counted(house.database) as said:
        look = text_of(clerk.post(LOOK, typed(here, **WORKER_FIRST)).text)
    assert len(said) <= 26, "nor more for more classes or buildings, and most of it only once"
    assert "停车： 1 件在办" in look and "请楼长" in look
    assert "停车：先派给网格员，没有就网格长；部门消防" in look
    assert look.count("现在是物业") == 3
    assert owner_of(house, "demo-resident-1", "幸福里3号楼楼下有车乱停") == "property_staff"
    assert clerk.post(PUBLISH, typed(here, **WORKER_FIRST)).status_code == 302
    report = "幸福里3号楼前面僵尸车占着车位半年了"
    assert owner_of(house, "demo-resident-2", report) == "grid_worker"
    assert owner_of(house, "demo-resident-3", "春风苑2号楼楼下有车乱停") == "property_staff"
    with house.database.reading() as session:
        assert session.get_one(Ticket, kept_id).owner_id == kept_owner
        newest = session.scalars(select(Ticket).order_by(Ticket.id)).all()
        assert worker in {one.owner_id for one in newest}
        row = {"owner": ["grid_worker", "grid_leader"], "helpers": [], "department": "fire"}
        assert body_of(session, "dispatch", 1, here) == {"category": {"parking": row}}
    shown = clerk.get(f"{EDIT}&area={here}").text
    assert "这里自己定" in shown and '<option value="nobody" selected>' in shown
    assert clerk.get(f"{EDIT}&area={there}").status_code == 404
    assert clerk.post(PUBLISH, typed(**WORKER_FIRST)).status_code == 403
    back = {"of": "dispatch", "area": here, "version": 0, "after": 1, "reason": "还是物业先去"}
    assert clerk.post(REVERT, back).status_code == 302
    assert owner_of(house, "new-1", "幸福里3号楼有人私装地锁占公共车位") == "property_staff"


def test_the_house_keeps_only_what_the_file_does_not_say(house: House) -> None:
    staff = house.signed_in("subdistrict_staff")
    same = {"noise__owner__1": "grid_worker", "noise__owner__2": "grid_leader"}
    form = typed(**same, noise__department__1="housing")
    assert staff.post(PUBLISH, form).status_code == 302
    with house.database.reading() as session:
        assert body_of(session, "dispatch", 1) == {"category": {"noise": {"department": "housing"}}}
    late = staff.post(PUBLISH, form)
    assert late.status_code == 422 and "刚发布了第 1 版（大家商量的）" in late.text
    assert staff.post(PUBLISH, form | {"after": "1"}).status_code == 409
    assert (
        "先派给：网格员，没有就网格长。部门：住建"
        in staff.get("/console/settings/edit?of=categories").text
    )


def test_what_can_not_be_is_told_at_its_field_and_what_nobody_could_take_is_told_too(
    house: House,
) -> None:
    staff = house.signed_in("subdistrict_staff")
    wrong = {
        "parking__owner__1": "building_head",
        "noise__owner__1": "grid_worker",
        "noise__owner__2": "grid_worker",
        "pets__owner__2": "grid_leader",
        "leak__helpers__1": "nobody",
        "leak__helpers__2": "building_head",
        "greening__helpers__1": "grid_worker",
        "elevator__department__1": "circus",
        "property_service__owner__1": "property_staff",
    }
    refused = staff.post(LOOK, typed(**wrong))
    assert refused.status_code == 422 and "请改好这 7 处" in refused.text
    for words in (
        "停车：“楼长”不是有薪的岗位",
        "噪音：“网格员”选了两次",
        "宠物：第一个先派给谁还没选",
        "选了“不请人”，又选了“楼长”",
        "绿化：“网格员”不能请来一起看",
        "电梯：没有“circus”这个部门",
        "物业服务：多半是说物业的，按回避规定先给社区",
    ):
        assert words in refused.text
    assert 'name="noise.owner.2" aria-invalid="true"' in refused.text
    assert staff.post(PUBLISH, typed(**wrong)).status_code == 422
    page = staff.get(EDIT).text
    assert "property_service.owner.1" not in page and "property_service.department.1" in page
    liaison = typed(greening__owner__1="department_liaison", greening__department__1="gas")
    look = text_of(staff.post(LOOK, liaison).text)
    assert "绿化： 0 件在办" in look
    with house.database.writing() as session:
        for post in session.scalars(select(Post).where(Post.department == "gas")):
            post.until = house.now
    empty = text_of(staff.post(LOOK, liaison).text)
    assert "栋楼没有这几个岗位的人" in empty and "栋楼没有这几个岗位的人" not in look
    assert "这里没有人担任部门联络员，先给值班台。" in empty


def test_whatever_paid_posts_are_written_are_read_back() -> None:
    setting = object.__new__(FirstAsked)
    setting.area_id = 1
    for role in PAID:
        body = {"category": {"noise": {"owner": [role], "helpers": [], "department": "fire"}}}
        assert setting.body_in(None, setting.draft_of(body)) == body  # type: ignore[arg-type]
