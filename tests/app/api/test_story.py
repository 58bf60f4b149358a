"""A matter from the first tap to its rating, as a mini-program has it."""

from io import BytesIO
from pathlib import Path

from PIL import Image
from sqlalchemy import select

from models import union
from models.people import Identity, Person
from models.ticket_flow import Action, Outcome
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket
from tests.app.api.conftest import House

LIFT = "3号楼电梯坏了，按了没反应"


def test_from_signing_in_to_the_rating(house: House, picture: bytes) -> None:
    _known_in_chat(house, "demo-resident-1")
    phone = house.phone("demo-resident-1")
    assert phone.get("/me")["home"]["place"].endswith("3号楼")
    likely = phone.ask("POST", "/suggestions", 200, json={"words": LIFT})
    assert likely["category"] == "elevator"
    assert any("电梯" in one["word"] and one["weight"] > 0 for one in likely["words"])

    form = {"photo": (BytesIO(picture), "lift.jpg")}
    photo = phone.post("/photos", data=form)["photo"]
    filed = phone.post("/tickets", {"words": LIFT, "photos": [photo]})
    ticket = filed["ticket"]
    assert (ticket["category"], ticket["is_mine"], ticket["photos"]) == ("elevator", True, [photo])
    assert ticket["owner"]["role"]["name"]
    assert any("电梯" in one for one in filed["words"])
    address = f"/tickets/{ticket['id']}"
    [kept] = (house.office.settings.data_dir / "media").glob("*/*[0-9a-f].jpg")
    assert "a camera" not in _exif(kept)

    more = phone.post(f"{address}/supplements", {"words": "按钮也坏了"})
    assert more == {"ticket_id": ticket["id"], "is_apart": False}
    phone.post(f"{address}/urges")
    assert phone.post(f"{address}/urges", status=409)["type"].endswith("#already_done")
    assert phone.put(f"{address}/class", {"category": "facility"})["category"] == "facility"
    assert "withdraw" in phone.get(address)["can"]

    _resolve(house, ticket["id"])
    assert set(phone.get(address)["can"]) == {"rate", "reopen"}
    rated = phone.post(f"{address}/rating", {"is_solved": True, "stars": 5})
    assert (rated["is_reopened"], rated["ticket"]["stars"]) == (False, 5)
    late = phone.post(f"{address}/supplements", {"words": "又坏了"}, status=409)
    assert late["type"].endswith("#too_late")
    steps = phone.get(f"{address}/timeline")["items"]
    assert [one["words"] for one in steps if one["words"]] == ["按钮也坏了"]
    assert [one["state"]["key"] for one in steps if one["state"]][-1] == "archived"


def test_an_unhappy_resident_has_it_taken_up_again_or_takes_it_back(house: House) -> None:
    phone = house.phone("demo-resident-1")
    place = phone.get("/places")["items"][0]
    building = phone.get(f"/places/{place['id']}")["items"][0]
    first = phone.post("/tickets", {"words": "楼道灯坏了", "area_id": building["id"]})["ticket"]
    assert first["place"] == phone.get(f"/places/{building['id']}")["full_name"]
    _resolve(house, first["id"])
    opened = phone.post(f"/tickets/{first['id']}/reopening")
    assert opened["state"]["key"] == "dispatched"
    assert phone.post(f"/tickets/{first['id']}/withdrawal")["state"]["key"] == "withdrawn"
    assert phone.get("/tickets")["items"] == []
    lost = phone.post("/tickets", {"words": "垃圾桶满了没人收，很臭"})["ticket"]
    assert lost["place"] is None
    found = phone.put(f"/tickets/{lost['id']}/place", {"area_id": building["id"]})
    assert found["place"] == first["place"]
    phone.put(f"/tickets/{lost['id']}/hidden-name")
    with house.store.reading() as session:
        assert session.get_one(Ticket, lost["id"]).hides_reporter


def test_two_matters_told_at_once_go_on_apart_as_they_were_offered(house: House) -> None:
    phone, other = house.phone("demo-resident-1"), house.phone("demo-resident-2")
    filed = phone.post("/tickets", {"words": "3号楼楼道灯坏了，垃圾也没人收"})
    number, parts = filed["ticket"]["id"], filed["parts"]
    assert parts == ["3号楼楼道灯坏了", "垃圾也没人收"]
    path = f"/tickets/{number}/splitting"
    other.post(path, {"parts": parts}, 404)
    phone.post(path, {"parts": [parts[0], "别的事"]}, 409)
    apart = phone.post(path, {"parts": parts}, key="of-this-tap")["items"]
    assert {one["words"] for one in apart} == set(parts)
    assert number in {one["id"] for one in apart}
    assert phone.post(path, {"parts": parts}, key="of-this-tap")["items"] == apart
    phone.post(path, {"parts": parts}, 409)
    assert len(phone.get("/tickets")["items"]) == 2


def test_a_neighbours_matter_is_offered_joined_and_seen_without_its_words(house: House) -> None:
    for openid in ("demo-resident-1", "demo-resident-2"):
        _known_in_chat(house, openid)
    one, other = house.phone("demo-resident-1"), house.phone("demo-resident-2")
    first = one.post("/tickets", {"words": LIFT})["ticket"]
    filed = other.post("/tickets", {"words": LIFT})
    assert filed["twin"]["ticket_id"] == first["id"]
    mine = filed["ticket"]["id"]
    joined = other.post(f"/tickets/{mine}/joining", {"ticket_id": first["id"]})
    assert joined["merged_into"] == first["id"]
    seen = other.get(f"/tickets/{first['id']}")
    assert (seen["is_mine"], seen["words"], seen["photos"], seen["spot"]) == (False, None, [], None)
    assert other.put(f"/tickets/{first['id']}/class", {"category": "noise"}, status=403)
    assert [line["id"] for line in other.get("/tickets")["items"]] == [mine, first["id"]]


def _known_in_chat(house: House, openid: str) -> None:
    """The platform was asked for the union id of who chats."""
    house.wechat.view(openid, "/")
    known = house.office.client.user_info("main", openid)
    with house.store.writing() as session:
        who = session.scalars(select(Identity).where(Identity.openid == openid)).one()
        union.learn(session, who.id, known["unionid"], house.hand.at)
        assert session.get_one(Person, who.person_id).union_id


def _resolve(house: House, ticket_id: int) -> None:
    with house.store.writing() as session:
        ticket = session.get_one(Ticket, ticket_id)
        assert ticket.owner_id is not None
        by, at = Actor(ticket.owner_id), house.hand.at
        apply(session, ticket, Action.ACCEPT, by=by, at=at)
        given = {"reason": "换好了", "outcome": Outcome.FIXED}
        apply(session, ticket, Action.RESOLVE, by=by, at=at, **given)


def _exif(path: Path) -> str:
    with Image.open(path) as opened:
        return str(dict(opened.getexif()))
