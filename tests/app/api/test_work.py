"""Tasks and calls of those who work: taken, given back, handed on, finished, answered."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from models.people import Identity
from models.posts import Post
from models.whistles import calling
from models.whistles.table import WhistleCall
from tests import factories
from tests.app.api.conftest import House
from tests.app.api.test_nouns import known

LIGHT = {"words": "3号楼楼道灯坏了，晚上看不见"}


def test_a_task_is_taken_handed_on_and_finished_by_who_has_it(house: House) -> None:
    resident, worker = (known(house, f"demo-{who}-1") for who in ("resident", "property_staff"))
    ticket_id = resident.post("/tickets", LIGHT)["ticket"]["id"]
    path = f"/tasks/{ticket_id}"
    [task] = worker.get("/tasks")["items"]
    assert (task["ticket_id"], task["part"], task["answer"]) == (ticket_id, "owner", "asked")
    assert "reporter" not in str(task)
    assert worker.get(path)["can"] == ["accept", "send_back"]
    assert worker.post(f"{path}/acceptance")["state"]["key"] == "accepted"
    assert worker.post(f"{path}/start")["state"]["key"] == "in_progress"
    worker.post(f"{path}/declining", status=403)
    [first, *_] = worker.get(f"{path}/colleagues")["items"]
    worker.post(f"{path}/transfer", {"post_id": 10**6, "reason": "不归我"}, 404)
    handed = {"post_id": first["post_id"], "reason": "需要别人来办"}
    assert worker.post(f"{path}/transfer", handed)["state"]["key"] == "dispatched"
    assert worker.get("/tasks")["items"] == []
    worker.get(path, 404)
    with house.store.reading() as session:
        post = session.get_one(Post, first["post_id"])
        owner = session.scalars(select(Identity).where(Identity.person_id == post.person_id)).one()
    other = known(house, owner.openid)
    done = other.post(f"{path}/result", {"result": "灯管换好了", "outcome": "fixed"})
    assert done["state"]["key"] == "resolved"
    assert resident.get(f"/tickets/{ticket_id}")["result"] == "灯管换好了"


def test_tasks_come_page_by_page_as_they_stand_and_the_last_of_many_can_be_opened(
    house: House,
) -> None:
    with house.store.writing() as session:
        where, now = factories.building(session), house.hand.at
        lit = partial(factories.ticket, session, where, now, category="facility")
        made = [lit() for _ in range(5)]
        last, first = made[0], made[3]
        last.resolve_due_at += timedelta(days=1)
        first.resolve_due_at -= timedelta(days=1)
        expected = [first.id, made[1].id, made[2].id, made[4].id, last.id]
    worker = known(house, "demo-property_staff-1")
    page = worker.get("/tasks?limit=2")
    with house.store.writing() as session:  # stands before the cursor: shifts nothing behind it
        added = factories.ticket(session, factories.building(session), now, category="facility")
        added.resolve_due_at = now
    found = page["items"]
    while page["next"]:
        page = worker.get(f"/tasks?limit=2&cursor={page['next']}")
        found += page["items"]
    assert [one["ticket_id"] for one in found] == expected
    cursor = worker.get("/tasks?limit=1")["next"]
    assert worker.get(f"/messages?cursor={cursor}", 422)["type"].endswith("#cursor_unfit")
    assert house.phone("demo-resident-1").get(f"/tasks?cursor={cursor}")["items"] == []


def test_a_return_says_why_and_what_is_anothers_is_not_there(house: House) -> None:
    resident, worker = (known(house, f"demo-{who}-1") for who in ("resident", "property_staff"))
    path = f"/tasks/{resident.post('/tickets', LIGHT)['ticket']['id']}"
    worker.post(f"{path}/return", {}, 422)
    for step in ("acceptance", "start", "declining"):
        resident.post(f"{path}/{step}", status=404)
    resident.post(f"{path}/return", {"reason": "试试"}, 404)
    resident.post(f"{path}/result", {"result": "试试"}, 404)
    resident.post(f"{path}/transfer", {"post_id": 1, "reason": "试试"}, 404)
    resident.get(f"{path}/colleagues", 404)
    assert worker.post(f"{path}/return", {"reason": "不是我们小区的灯"})["state"]["key"]
    worker.get(path, 404)


def test_a_department_checks_in_and_tells_its_result(house: House) -> None:
    with house.store.writing() as session:
        place = factories.building(session)
        ticket = factories.ticket(session, place)
        by = factories.demo_person(session, "community_staff")
        calling.sound(session, ticket, ["fire"], by=by, at=house.hand.at)
        number = ticket.id
    with house.store.reading() as session:
        called = session.scalars(select(WhistleCall.person_id)).one()
        who = session.scalars(select(Identity.openid).where(Identity.person_id == called)).one()
    liaison = known(house, who)
    resident = known(house, "demo-resident-2")
    [call] = liaison.get("/calls")["items"]
    assert (call["ticket_id"], call["state"]) == (number, "called")
    path = f"/calls/{call['id']}"
    resident.post(f"{path}/check-in", status=404)
    assert liaison.post(f"{path}/check-in")["state"] == "checked_in"
    assert liaison.post(f"{path}/result", {"words": "现场已清理"})["state"] == "answered"
    liaison.post(f"{path}/return", {"words": "不归我们"}, 404)
