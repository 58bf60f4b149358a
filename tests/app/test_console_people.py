"""People, posts and accounts: who finds whom, what is shown, who gives and ends which posts."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bots import rendering
from models.access_log import Access, Looked
from models.events import Event
from models.homes import Home, HomeState
from models.notices.table import PersonTag
from models.outbox import OutboxMessage
from models.people import Person
from models.posts import Post, Role
from models.roster import invitations, phones, posts
from models.roster.posts import Term
from models.staff_accounts import StaffAccount
from tests.app.test_console_queue import queries_of
from tests.app.visitor import PASSWORD, House, Visitor
from tests.factories import area_named, building, demo_person, person, post, ticket


@pytest.fixture
def community(house: House) -> Visitor:
    return house.signed_in("community_staff")


def named(house: House, name: str) -> int:
    with house.database.reading() as session:
        return session.scalars(select(Person.id).where(Person.name == name)).one()


def found(visitor: Visitor, **query: object) -> set[str]:
    text = visitor.get("/console/people", query_string=query).text
    return set(re.findall(r'class="what" href="[^"]+">([^<]+)</a>', text))


def test_people_are_found_by_name_phone_and_place_within_ones_areas(
    house: House, community: Visitor
) -> None:
    with house.database.writing() as session:
        phones.keep(session.get_one(Person, demo_person(session, "resident")), "13800000001")
        third = building(session).id
    assert found(community, q="居民A") == {"居民A"}
    assert found(community, q="１３８ 0000 0001") == {"居民A"}
    assert found(community, q="1380000") == set()  # a part of a number finds nobody
    assert {"居民A", "居民B", "3号楼楼长"} <= found(community, area=third)
    assert found(community, sort="claims") == {"居民C"}
    assert found(community, q="居民J") == found(community, q="和平家园物业") == set()
    text = community.get("/console/people?q=居民A").text
    assert "138****0001" in text and "13800000001" not in text


def test_who_keeps_accounts_finds_staff_and_no_residents(house: House) -> None:
    admin = house.signed_in("admin")
    admin.confirm()
    assert found(admin, q="幸福社区工作者") == {"幸福社区工作者"}
    assert found(admin, q="居民A") == set()
    assert admin.get(f"/console/people/{named(house, '居民A')}").status_code == 404


def test_a_look_at_a_phone_is_written_down_and_outsiders_get_nothing(
    house: House, community: Visitor
) -> None:
    with house.database.writing() as session:
        who = demo_person(session, "resident")
        phones.keep(session.get_one(Person, who), "13800000001")
    assert "13800000001" not in community.get(f"/console/people/{who}").text
    assert "13800000001" in community.post(f"/console/people/{who}/phone").text
    outsider = house.signed_in("community_staff", 3)
    assert outsider.post(f"/console/people/{who}/phone").status_code == 404
    assert outsider.get(f"/console/people/{who}").status_code == 404
    with house.database.reading() as session:
        look = session.scalars(select(Access)).one()
        assert (look.subject_id, look.what) == (who, Looked.CONTACT)


def test_what_somebody_reported_is_shown_logged_and_never_what_they_hid(
    house: House, community: Visitor
) -> None:
    with house.database.writing() as session:
        who = demo_person(session, "resident")
        open_one = ticket(session, building(session), house.now, text="路灯不亮").id
        hidden = ticket(session, building(session), house.now, hides_reporter=True).id
        other = ticket(session, building(session, 1, "和平家园"), house.now).id
    shown = community.post(f"/console/people/{who}/matters").text
    assert f"/console/tickets/{open_one}" in shown
    assert f"/console/tickets/{hidden}" not in shown and f"/console/tickets/{other}" not in shown
    with house.database.reading() as session:
        assert session.scalars(select(Access.what)).all() == [Looked.MATTERS]


def test_a_claimed_home_is_verified_by_who_may(house: House, community: Visitor) -> None:
    who = named(house, "居民C")
    with house.database.reading() as session:
        home = session.scalars(select(Home).where(Home.person_id == who)).one().id
    assert "住在这里" in community.get(f"/console/people/{who}").text
    street = house.signed_in("subdistrict_staff")
    assert "住在这里" not in street.get(f"/console/people/{who}").text
    assert street.post(f"/console/homes/{home}/answer", {"answer": "yes"}).status_code == 403
    assert community.post(f"/console/homes/{home}/answer", {"answer": "yes"}).status_code == 302
    again = community.post(f"/console/homes/{home}/answer", {"answer": "no"})
    assert again.status_code == 409
    with house.database.reading() as session:
        assert session.get_one(Home, home).state == HomeState.VERIFIED


def test_a_building_gets_its_head_and_loses_them_on_a_day(house: House, community: Visitor) -> None:
    with house.database.reading() as session:
        area = building(session, 8).id
    form = {"person": "新楼长", "phone": "139-0000-0002", "role": "building_head"}
    assert community.post(f"/console/areas/{area}/posts", form).status_code == 302
    assert community.post(f"/console/areas/{area}/posts", form).status_code == 409
    who = named(house, "新楼长")
    with house.database.reading() as session:
        given = session.scalars(select(Post).where(Post.person_id == who)).one()
        assert (given.role, given.since) == (Role.BUILDING_HEAD, house.now)
    early = community.post(f"/console/posts/{given.id}/end", {"until": "很快"})
    assert early.status_code == 422 and "请写成 2026-03-01" in early.text
    assert (
        community.post(f"/console/posts/{given.id}/end", {"until": "2026-03-09"}).status_code == 302
    )
    with house.database.reading() as session:
        assert session.get_one(Post, given.id).until.isoformat() == "2026-03-09T16:00:00+00:00"
        verbs = session.scalars(select(Event.verb).order_by(Event.id)).all()
        assert verbs[-3:] == ["person_entered", "post_given", "post_ended"]


def test_nobody_gives_what_is_above_them_nor_anything_to_themselves(
    house: House, community: Visitor
) -> None:
    with house.database.reading() as session:
        area = area_named(session, "幸福社区").id
        me, other = (
            demo_person(session, "community_staff"),
            demo_person(session, "community_staff", 2),
        )
        foreign = demo_person(session, "community_staff", 3)
    for role in ("community_staff", "admin", "duty_desk", "subdistrict_staff"):
        form = {"area": str(area), "role": role}
        assert community.post(f"/console/people/{other}/posts", form).status_code == 403
    own = community.post(f"/console/people/{me}/posts", {"area": str(area), "role": "patrol"})
    assert own.status_code == 403
    form = {"area": str(area), "role": "patrol"}
    assert community.post(f"/console/people/{foreign}/posts", form).status_code == 404
    assert community.post(f"/console/people/{other}/posts", form).status_code == 302
    wrong = community.post(f"/console/people/{other}/posts", form | {"role": "building_head"})
    assert wrong.status_code == 422 and "不能设在这一级" in wrong.text


def test_an_invitation_opens_an_account_once_for_its_person_alone(house: House) -> None:
    street = house.signed_in("subdistrict_staff")
    who = named(house, "幸福社区工作者")
    text = street.post(f"/console/people/{who}/invite").text
    link = re.search(r"<code>https?://[^/<]+(/console/invited/[^<]+)</code>", text)
    assert link is not None
    guest = house.visitor()
    assert "幸福社区工作者" in guest.get(link[1]).text
    form = {"name": "gongzuozhe", "password": PASSWORD, "again": PASSWORD + "x"}
    assert guest.post(link[1], form).status_code == 422
    assert guest.post(link[1], form | {"again": PASSWORD}).status_code == 302
    assert "今天" in guest.get("/console/").text
    assert house.visitor().get(link[1]).status_code == 404
    with house.database.reading() as session:
        account = session.scalars(select(StaffAccount).where(StaffAccount.person_id == who)).one()
        assert account.name == "gongzuozhe"
        told = session.scalars(select(OutboxMessage).where(OutboxMessage.person_id == who)).one()
        assert told.template == "account_invited"
        assert rendering.render(told.template, told.context).startswith("街道平安办邀请您")


def test_an_invitation_ends_with_a_newer_one_in_time_and_with_the_post(house: House) -> None:
    with house.database.writing() as session:
        by, who = demo_person(session, "subdistrict_staff"), demo_person(session, "community_staff")
        old = invitations.invite(session, who, by=by, at=house.now)
        house.later(minutes=1)
        new = invitations.invite(session, who, by=by, at=house.now)
    visitor = house.visitor()
    assert visitor.get(f"/console/invited/{old}").status_code == 404
    assert visitor.get(f"/console/invited/{new}").status_code == 200
    house.later(days=3)
    assert visitor.get(f"/console/invited/{new}").status_code == 404


def test_only_who_gives_the_post_invites_and_resets(house: House, community: Visitor) -> None:
    with house.database.reading() as session:
        leader = demo_person(session, "grid_leader")
        street = demo_person(session, "subdistrict_staff")
        mate = demo_person(session, "community_staff", 2)
    assert community.post(f"/console/people/{leader}/invite").status_code == 200
    assert community.post(f"/console/people/{mate}/invite").status_code == 403
    assert community.post(f"/console/people/{street}/invite").status_code == 404
    assert community.post(f"/console/people/{leader}/second-factor").status_code == 404


def test_a_term_in_the_past_or_the_future_begins_at_its_own_midnight(house: House) -> None:
    with house.database.writing() as session:
        who = person(session, "居民X", house.now).id
        area = area_named(session, "幸福第一网格")
        by = demo_person(session, "community_staff")
        term = Term(Role.PATROL, date(2026, 4, 1), date(2026, 4, 30))
        given = posts.give(session, who, area, term, by=by, at=house.now)
        assert given.since.isoformat() == "2026-04-01T00:00:00+08:00"
        assert given.until is not None
        assert given.until - given.since == timedelta(days=30)


def test_the_pages_of_people_take_few_queries(house: House, community: Visitor) -> None:
    with house.database.writing() as session:
        who = person(session, "居民Y", house.now).id
        for name in ("幸福第一网格", "幸福第二网格", "幸福第三网格"):
            post(session, Role.PATROL, area_named(session, name), who)
    for path in ("/console/people", f"/console/people/{who}"):
        community.get(path)
        assert queries_of(house.database, lambda path=path: community.get(path)) <= 12, path


def test_groups_that_notices_are_meant_for_are_set_on_the_person_and_seen_in_the_list(
    house: House, community: Visitor
) -> None:
    who = named(house, "居民A")
    path = f"/console/people/{who}/tags"
    assert community.post(path, {"tag": ["owner", "party_member"]}).status_code == 302
    assert community.post(path, {"tag": ["owner", "courier"]}).status_code == 302
    text = community.get("/console/people?q=居民A").text
    assert "业主" in text and "骑手、快递员" in text and "在职党员" not in text
    assert 'value="courier" checked' in community.get(f"/console/people/{who}").text
    assert community.post(path, {"tag": ["nobody"]}).status_code == 404
    outsider = house.signed_in("community_staff", 3)
    assert outsider.post(path, {"tag": []}).status_code == 404
    with house.database.reading() as session:
        borne = select(PersonTag.tag).where(PersonTag.person_id == who)
        assert set(session.scalars(borne)) == {"owner", "courier"}
