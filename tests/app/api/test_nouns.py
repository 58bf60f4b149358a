"""Homes, notices, directory, messages and privacy, as the screens of a mini-program ask them."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import consents, union
from models.accounts import MINI
from models.notices import actions, lists
from models.notices.table import Notice
from models.outbox import Delivery, OutboxMessage
from models.people import Identity
from tests import factories
from tests.app.api.conftest import House, Phone

LIGHT = {"words": "楼道灯坏了，晚上看不见"}


def test_a_home_is_said_confirmed_chosen_and_left(house: House) -> None:
    newcomer, head = house.phone("newcomer"), known(house, "demo-building_head-1")
    with house.store.reading() as session:
        building, other = (factories.building(session, number).id for number in (3, 2))
    home = newcomer.post("/homes", {"area_id": building, "room": " 2-501 "})
    assert (home["state"], home["room"], home["is_usual"]) == ("claimed", "2-501", True)
    assert newcomer.get("/privacy")["consents"][0] | {"at": None} == {
        "purpose": "home",
        "standing": "given",
        "at": None,
    }
    newcomer.put(f"/homes/{home['id']}/verification", {"lives_here": True}, 404)
    assert [one["id"] for one in head.get("/homes/to-verify")["items"]] == [home["id"]]
    path = f"/homes/{home['id']}/verification"
    assert head.put(path, {"lives_here": True})["state"] == "verified"
    [served] = newcomer.get("/building-heads")["items"]
    assert served["has_head"]
    assert [one["phone"] for one in served["people"] if one["role"] == "building_head"] == [None]

    second = newcomer.post("/homes", {"area_id": other})
    assert newcomer.put(f"/homes/{second['id']}/usual")["is_usual"]
    head.put(f"/homes/{second['id']}/usual", status=404)
    head.ask("DELETE", f"/homes/{second['id']}", 404)
    newcomer.ask("DELETE", f"/homes/{second['id']}", 204)
    newcomer.ask("DELETE", f"/homes/{second['id']}", 409)
    assert [one["id"] for one in newcomer.get("/homes")["items"]] == [home["id"]]
    newcomer.post("/homes", {"area_id": 1}, 404)


def test_notices_are_paged_read_once_and_objected_to(house: House) -> None:
    resident = known(house, "demo-resident-1")
    with house.store.writing() as session:
        numbers = [published(session, house, f"收支公示{count}") for count in range(3)]
    first = resident.get("/notices?limit=2")
    rest = resident.get(f"/notices?limit=2&cursor={first['next']}")
    found = [one["id"] for one in (*first["items"], *rest["items"])]
    assert (found, rest["next"]) == (numbers[::-1], None)
    path = f"/notices/{numbers[0]}"
    assert "138****0000" in resident.get(path)["body"]
    for _ in range(2):
        resident.put(f"{path}/reading", status=204)
    with house.store.reading() as session:
        assert lists.read_counts(session, numbers[:1]) == {numbers[0]: 1}
    said = resident.post(f"{path}/objections", {"words": "用途没有写清楚"})
    assert said["answer"] is None
    assert [one["id"] for one in resident.get(path)["objections"]] == [said["id"]]
    stranger = house.phone("somebody-from-elsewhere")
    assert stranger.get("/notices")["items"] == []
    stranger.get(path, 404)
    stranger.put(f"{path}/reading", status=404)
    stranger.post(f"{path}/objections", {"words": "我也不同意"}, 404)
    house.hand.later(days=30)
    resident.sign_in()
    assert resident.post(f"{path}/objections", {"words": "太晚了"}, 409)["type"].endswith("late")


def test_the_directory_answers_in_words_and_by_kind(house: House) -> None:
    resident = known(house, "demo-resident-1")
    there = resident.get("/directory")
    kind = there["kinds"][0]
    of_kind = resident.get(f"/directory?kind={kind['key']}")["items"]
    assert of_kind
    assert {one["kind"] for one in of_kind} == {kind["name"]}
    [first, *_] = resident.get("/directory?words=哪里能给电动车充电")["items"]
    assert "充电" in first["title"] + first["text"] + first["kind"]
    assert resident.get("/directory?words=什么时候放烟花")["items"] == []


def test_messages_come_page_by_page_and_what_was_seen_has_arrived(house: House) -> None:
    resident = known(house, "demo-resident-1")
    worker = known(house, "demo-property_staff-1")
    for _ in range(3):
        resident.post("/tickets", LIGHT)
    found = worker.get("/messages?limit=1")
    told = found["items"]
    while found["next"]:
        found = worker.get(f"/messages?limit=1&cursor={found['next']}")
        told += found["items"]
    assert [one["id"] for one in told] == sorted({one["id"] for one in told}, reverse=True)
    with house.store.writing() as session:
        session.execute(update(OutboxMessage).values(state=Delivery.HELD))
    assert all(one["is_new"] for one in worker.get("/messages")["items"])
    worker.put("/messages/seen", {"up_to": told[0]["id"]}, 204)
    assert not any(one["is_new"] for one in worker.get("/messages")["items"])


def test_what_is_kept_is_shown_taken_along_and_destroyed(house: House) -> None:
    resident = known(house, "demo-resident-1")
    ticket = resident.post("/tickets", LIGHT)["ticket"]["id"]
    consents = {"care": "given", "home": "given"}
    for purpose in consents:
        told = resident.put(f"/privacy/consents/{purpose}")
        assert purpose in {one["purpose"] for one in told["consents"] if one["standing"] == "given"}
    resident.ask("DELETE", "/privacy/consents/home", 200)
    assert resident.get("/homes")["items"] == []
    resident.put("/privacy/consents/anything", status=404)
    copy = resident.get("/privacy/copy")
    assert LIGHT["words"] in str(copy["kept"])
    resident.put("/privacy/erasure", {"is_sure": False}, 422)
    resident.put("/privacy/erasure", {"is_sure": True}, 204)
    resident.get("/me", 401)
    again = house.phone("demo-resident-1")
    assert again.get("/tickets")["items"] == []
    again.get(f"/tickets/{ticket}", 404)


def known(house: House, openid: str) -> Phone:
    """Who chats already: the platform was asked for their union id."""
    house.wechat.view(openid, "/")
    told = house.office.client.user_info("main", openid)
    with house.store.writing() as session:
        who = session.scalars(select(Identity).where(Identity.openid == openid)).one()
        union.learn(session, who.id, told["unionid"], house.hand.at)
    return house.phone(openid)


def published(session: Session, house: House, title: str) -> int:
    author, other = (factories.demo_person(session, "community_staff", one) for one in (1, 2))
    house.hand.later(seconds=1)
    at = house.hand.at
    notice: Notice = actions.draft(
        session,
        kind="income_expense",
        title=title,
        body="公共收益 12000 元，询问请打 13800000000。",
        area_id=factories.area_named(session, factories.ESTATE).id,
        by=author,
        at=at,
    )
    actions.review(session, notice, by=other, at=at)
    actions.schedule(session, notice, publish_at=at, by=other, at=at)
    actions.publish(session, notice, at=at)
    session.flush()
    return notice.id


def test_leave_for_messages_is_counted_as_the_platform_pushes_it(house: House) -> None:
    phone = house.phone("demo-resident-1")
    asked = phone.get("/subscriptions")["items"]
    assert {one["remaining"] for one in asked} == {0}
    with house.store.writing() as session:
        who = session.scalars(select(Identity).where(Identity.account == MINI)).one()
        consents.grant(session, who.id, asked[0]["template_id"], 2)
    left = {one["template_id"]: one["remaining"] for one in phone.get("/subscriptions")["items"]}
    assert left[asked[0]["template_id"]] == 2
