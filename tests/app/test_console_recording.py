"""Intake on behalf: the same ticket as in chat, who entered it, and the slip with its address."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.following import ticket_of, token_of
from app.pages.blueprint import make_pages
from models.events import Event
from models.people import Person
from models.tickets.table import About, Note, Ticket
from tests.app.visitor import House, Visitor
from tests.factories import area_named, building

SAID = {"words": "楼道灯坏了三天了", "channel": "phone", "name": "来电居民", "phone": "13800000021"}


@pytest.fixture
def community(house: House) -> Visitor:
    return house.signed_in("community_staff")


def recorded(house: House, visitor: Visitor, **form: str) -> Ticket:
    with house.database.reading() as session:
        estate = area_named(session, "幸福里小区").id
    answer = visitor.post("/console/record", {**SAID, "area": str(estate), **form})
    assert answer.status_code == 302, answer.text
    with house.database.reading() as session:
        return session.get_one(Ticket, int(answer.location.rpartition("/")[2]))


def test_a_call_becomes_a_ticket_with_its_owner_wish_and_who_entered_it(
    house: House, community: Visitor
) -> None:
    ticket = recorded(house, community, building="3", wish="晚上七点后回电")
    with house.database.reading() as session:
        assert (ticket.category, ticket.area_id) == ("facility", building(session).id)
        assert ticket.owner_id is not None
        reporter = session.get_one(Person, ticket.reporter_id)
        assert (reporter.name, reporter.phone) == ("来电居民", "13800000021")
        assert session.scalars(select(Note.text)).one() == "晚上七点后回电"
        event = session.scalars(select(Event).where(Event.verb == "ticket_recorded")).one()
        assert event.detail == {"channel": "phone"}
    assert "代录（电话）" in community.get(f"/console/tickets/{ticket.id}").text


def test_the_button_pressed_twice_is_one_ticket_and_a_second_call_is_the_same_person(
    house: House, community: Visitor
) -> None:
    first = recorded(house, community)
    assert recorded(house, community).id == first.id
    house.later(minutes=3)
    second = recorded(house, community, name="另一个称呼")
    assert second.id != first.id and second.reporter_id == first.reporter_id


def test_a_place_in_the_words_counts_where_none_was_chosen(
    house: House, community: Visitor
) -> None:
    ticket = recorded(house, community, area="", words="阳光花园2号楼电梯坏了")
    with house.database.reading() as session:
        assert ticket.area_id == building(session, 2, "阳光花园").id


def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    house: House, community: Visitor
) -> None:
    with house.database.reading() as session:
        outside, inside = area_named(session, "和平家园").id, area_named(session, "幸福里小区").id
    for form, words in (
        ({"words": " "}, "请写上是什么事"),
        ({"channel": "pigeon"}, "请选是怎么来的"),
        ({"phone": "12"}, "电话号码不对"),
        ({"area": str(outside)}, "请选您负责范围里的地方"),
        ({"area": str(inside), "building": "99"}, "没有找到这栋楼"),
    ):
        answer = community.post("/console/record", {**SAID, **form})
        assert answer.status_code == 422 and words in answer.text
        assert 'value="来电居民"' in answer.text
    with house.database.reading() as session:
        assert session.scalars(select(Ticket)).all() == []


def test_the_slip_is_its_makers_and_leads_to_a_page_without_words(
    house: House, community: Visitor
) -> None:
    ticket = recorded(house, community, building="3")
    text = community.get(f"/console/slips/{ticket.id}").text
    assert ticket.number in text and "楼道灯坏了三天了" in text and "data:image/svg+xml" in text
    other = house.signed_in("community_staff", 2)
    assert other.get(f"/console/slips/{ticket.id}").status_code == 404
    assert community.get("/console/slips/99999").status_code == 404
    app = Flask("pages-under-test", static_folder=None)
    app.secret_key = house.settings.secret_key
    app.register_blueprint(make_pages(house.database, lambda: house.now))
    client = app.test_client()
    page = client.get(f"/p/follow/{token_of(ticket.id, house.settings.secret_key)}")
    assert page.status_code == 200 and ticket.number in page.text
    assert not re.search("楼道灯|幸福里|来电居民", page.text)
    assert client.get("/p/follow/bent").status_code == 404
    assert ticket_of(token_of(7, "a"), "b") is None


def test_what_accuses_the_desk_itself_is_kept_from_it_after_it_was_entered(
    house: House, community: Visitor
) -> None:
    ticket = recorded(house, community, words="社区工作人员态度恶劣，推诿不管")
    assert ticket.about == About.COMMUNITY and ticket.hides_reporter
    slip = community.get(f"/console/slips/{ticket.id}").text
    assert ticket.number in slip and "data:image" not in slip and "由上一级办理" in slip
    assert community.get(f"/console/tickets/{ticket.id}").status_code == 404
