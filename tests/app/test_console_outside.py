"""外部系统 in the console: registered, given keys and an address, seen failing, sent to again."""

import re

from sqlalchemy import select

from models import outside_systems
from models.outside_systems import OutsideSystem
from models.webhooks import sending
from models.webhooks.table import Webhook, WebhookEndpoint, WebhookState
from tests.app.visitor import House, Visitor
from tests.factories import area_named, building, ticket
from tests.statements import counted

PAGE = "/console/outside"


def keeper(house: House) -> Visitor:
    admin = house.signed_in("admin")
    admin.confirm()
    return admin


def registered(house: House, admin: Visitor, **more: object) -> tuple[str, str]:
    """The address of its page, and its key."""
    with house.database.reading() as session:
        where = area_named(session, "和顺街道").id
    form = {"name": "区城管平台", "area": str(where), "role": "department_liaison"}
    answer = admin.post(PAGE, form | {"powers": ["file", "read"], "per_minute": "60"} | more)
    assert answer.status_code == 200
    found = re.search(r"<code>([\w-]{43})</code>", answer.text)
    assert found
    with house.database.reading() as session:
        system = session.scalars(select(OutsideSystem).order_by(OutsideSystem.id.desc())).first()
    assert system is not None
    return f"{PAGE}/{system.id}", found[1]


def test_a_key_is_on_the_page_once_and_a_second_one_replaces_it(house: House) -> None:
    admin = keeper(house)
    page, key = registered(house, admin)
    assert key not in admin.get(page).text and key not in admin.get(PAGE).text
    assert "替居民报事、查看工单" in admin.get(page).text
    second = admin.post(page, {"act": "new_key"})
    assert "只显示这一次" in second.text and key[-4:] in second.text
    assert admin.post(page, {"act": "new_key"}).status_code == 200
    assert admin.post(page, {"act": "new_key"}).status_code == 422
    [first, *_] = re.findall(r'name="key" value="(\d+)"', second.text)
    assert admin.post(page, {"act": "end_key", "key": first}).status_code == 302
    with house.database.reading() as session:
        assert outside_systems.holder_of(session, key, house.now) is None
    assert admin.post(page, {"act": "end_key", "key": first}).status_code == 404
    assert admin.post(page, {"act": "dance"}).status_code == 404
    assert admin.post(page, {"act": "end"}).status_code == 302
    assert admin.get(page).status_code == 404
    assert "停用" in admin.get(PAGE).text


def test_what_is_wrong_with_a_form_is_said_and_what_was_written_stays(house: House) -> None:
    admin = keeper(house)
    form = {"name": "", "area": "", "role": "admin", "per_minute": "x"}
    assert "请选范围" in admin.post(PAGE, form).text
    with house.database.reading() as session:
        form["area"] = str(area_named(session, "和顺街道").id)
        small = str(building(session, 3).id)
    assert "请写名字" in admin.post(PAGE, form).text
    refused = admin.post(PAGE, form | {"name": "平台"})
    assert refused.status_code == 422
    assert 'value="平台"' in refused.text and "请选是谁的系统" in refused.text
    fit = form | {"name": "平台", "role": "property_staff"}
    assert "每分钟次数" in admin.post(PAGE, fit | {"per_minute": "0"}).text
    assert "请选范围" in admin.post(PAGE, fit | {"area": small}).text
    with house.database.reading() as session:
        assert session.scalars(select(OutsideSystem)).all() == []


def test_an_address_is_set_what_was_sent_is_listed_and_sent_again(house: House) -> None:
    admin = keeper(house)
    page, _ = registered(house, admin)
    assert "地址不对" in admin.post(page, {"act": "address", "address": "ftp://x"}).text
    assert admin.post(page, {"act": "secret"}).status_code == 404
    first = admin.post(page, {"act": "address", "address": "https://example.org/linli"})
    assert "whsec_" in first.text
    moved = admin.post(page, {"act": "address", "address": "https://example.org/"})
    assert moved.status_code == 302
    assert "whsec_" not in admin.get(page).text
    assert "whsec_" in admin.post(page, {"act": "secret"}).text
    with house.database.writing() as session:
        for _ in range(20):
            ticket(session, building(session, 3), house.now)
        for one in sending.claim(session, house.now, 9):
            sending.gone(session, one, "410", house.now)
    shown = admin.get(page).text
    assert "对方说不要了" in shown and "没发出去 40" in shown and "全部 40" in shown
    assert shown.count("<code>ticket.") == 30
    further = re.search(r'rel="next" href="([^"]+)"', shown)
    assert further
    assert admin.get(further[1].replace("&amp;", "&")).text.count("<code>ticket.") == 10
    assert admin.post(page, {"act": "restart"}).status_code == 302
    [number, *_] = re.findall(r"/console/outside/sent/(\d+)", shown)
    assert admin.post(f"{PAGE}/sent/{number}").status_code == 302
    assert admin.post(f"{PAGE}/sent/{number}").status_code == 409
    assert "等着发 1" in admin.get(page).text
    with house.database.reading() as session:
        assert session.get_one(Webhook, int(number)).state == WebhookState.QUEUED
        assert session.scalars(select(WebhookEndpoint.stopped_at)).one() is None
    with counted(house.database) as said:
        admin.get(page)
    assert len(said) <= 12
