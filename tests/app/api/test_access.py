"""Calls × persons: one table to read, and not one leak."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.api.application import load_routes
from app.api.routes import ROUTES, Gate
from models.outbox import Delivery, OutboxMessage
from tests.app.api.answers import agree, shown
from tests.app.api.conftest import House, Phone
from tests.app.api.furnished import (
    ACCUSING,
    ELSEWHERE,
    HEAD,
    NEIGHBOUR,
    NEWCOMER,
    RESIDENT,
    STAFF,
    WORDS,
    WORKER,
    Things,
    furnish,
    signed_in,
)
from tests.copies import SqliteCopy

load_routes()

# What a person reads: who may call what. A call that is missing here fails the walk below.
TABLE = {
    "anybody": {"sign_in", "renew"},
    "an outside system by its key": {"bring_orders", "hotline_results", "acknowledge_results"},
    "everybody signed in, of what is theirs": {
        *("sign_out", "who_am_i", "give_phone", "list_homes", "claim_home", "list_homes_to_verify"),
        *("list_building_heads", "list_tickets", "report", "send_photo", "list_tasks"),
        *("list_calls", "list_notices", "search_directory", "list_messages", "see_messages"),
        *("show_privacy", "give_consent", "withdraw_consent", "copy_own_data", "erase_me"),
        *("list_categories", "suggest", "list_estates", "show_place", "list_subscriptions"),
    },
    "who reported the matter or joined it": {
        *("show_ticket", "show_timeline", "supplement", "urge", "withdraw", "reopen", "hide_name"),
        *("join", "split", "rate", "set_class", "set_place"),
    },
    "who sent the photo": {"show_photo"},
    "who is asked to work on it": {
        *("show_task", "accept_task", "start_task", "decline_task", "return_task"),
        *("list_colleagues", "transfer_task", "finish_task"),
    },
    "the department that is called": {"check_in", "answer_call", "return_call"},
    "who lives there": {"choose_home", "leave_home"},
    "who is asked to confirm the home": {"verify_home"},
    "who lives or serves there": {"show_notice", "read_notice", "object_to_notice"},
}
CALLS = {one.name: one for one in ROUTES}
WHY = {"reason": "不归我"}
PERSONS = {
    "resident": RESIDENT,
    "neighbour": NEIGHBOUR,
    "newcomer": NEWCOMER,
    "building head": HEAD,
    "property": WORKER,
    "community": STAFF,
    "elsewhere": ELSEWHERE,  # staff of another community
    "department": "",  # whom the call is on
}
ADMITTED = {
    "everybody signed in, of what is theirs": set(PERSONS),
    "who reported the matter or joined it": {"resident"},
    "who sent the photo": {"resident"},
    "who is asked to work on it": {"property", "building head"},
    "the department that is called": {"department"},
    "who lives there": {"newcomer"},
    "who is asked to confirm the home": {"building head"},
    "who lives or serves there": set(PERSONS) - {"elsewhere"},
}
# What comes before a call whose example then works, and by whom it is sent.
BEFORE = {
    "start_task": [("property", "accept_task")],
    "rate": [("property", "accept_task"), ("property", "finish_task")],
    "reopen": [("property", "accept_task"), ("property", "finish_task")],
    "answer_call": [("department", "check_in")],
}
BY_HAND = {"give_phone", "send_photo"}
# Who has something to do or to find there.
BY = {
    "decline_task": "building head",
    "list_calls": "department",
    "list_homes": "newcomer",
    "list_homes_to_verify": "building head",
    "list_messages": "property",
    "list_tasks": "property",
}
NOBODYS = 987_654
_keys = count()


@dataclass(frozen=True)
class Walk:
    """One house as it was furnished, for call after call."""

    house: House
    things: Things
    kept: SqliteCopy

    def send(
        self, who: str, name: str, number: int | None = None, body: dict[str, Any] | None = None
    ) -> TestResponse:
        """What fits, so that only who asks decides."""
        route = CALLS[name]
        phone = signed_in(self.house, PERSONS[who] or self.things.liaison)
        more: dict[str, Any] = {"headers": {"Idempotency-Key": f"walk-{next(_keys):08}"}}
        if sent := body or self.things.example(route):
            more["json"] = sent
        return phone.send(route.method, self.things.filled_in(route, number), **more)

    def again(self) -> None:
        """As it was furnished."""
        self.kept.put_into(self.house.store)


@pytest.fixture
def walk(unlimited: object, house: House, picture: bytes) -> Walk:
    things = furnish(house, picture)
    return Walk(house, things, SqliteCopy(house.store))


def calls(who: str) -> Iterator[tuple[str, bool]]:
    """Each call of a resident's token, and whether it is theirs."""
    for group, admitted in ADMITTED.items():
        yield from ((name, who in admitted) for name in sorted(TABLE[group]))


def test_every_call_has_its_row_and_no_row_is_left_over() -> None:
    rows = [name for names in TABLE.values() for name in names]
    assert sorted(rows) == sorted(CALLS)
    gates = {"anybody": Gate.ANYBODY, "an outside system by its key": Gate.SYSTEM}
    for group, names in TABLE.items():
        assert {CALLS[name].gate for name in names} == {gates.get(group, Gate.RESIDENT)}, group


@pytest.mark.parametrize("who", list(PERSONS))
def test_each_opens_their_rows_and_finds_in_the_others_what_nobody_has(
    walk: Walk, who: str
) -> None:
    for name, is_theirs in calls(who):
        if name == "join" and is_theirs:
            continue  # of a pair: which one is taken up stands below
        answer = walk.send(who, name)
        if is_theirs:
            assert answer.status_code not in (401, 404, 500), name
            walk.again()
        else:
            nobodys = walk.send(who, name, NOBODYS)
            assert (answer.status_code, answer.text) == (404, nobodys.text), name


def test_a_key_of_a_system_opens_nothing_of_residents_nor_their_token_its_doors(walk: Walk) -> None:
    house, things = walk.house, walk.things
    system = Phone(house, "", {"access_token": things.key})
    resident = signed_in(house, RESIDENT)
    for one in CALLS.values():
        if one.name not in TABLE["anybody"]:
            is_systems = one.name in TABLE["an outside system by its key"]
            wrong, body = (resident if is_systems else system), things.example(one)
            sent = {"json": body} if body else {}
            answer = wrong.send(one.method, things.filled_in(one), **sent)
            assert answer.status_code == 401, one.name


def test_every_example_of_the_document_works_and_is_answered_as_its_page_shows(
    walk: Walk, picture: bytes
) -> None:
    """Codes are such as the platform has just given, and the picture is one."""
    found: dict[str, Any] = {}
    for group, admitted in ADMITTED.items():
        for name in sorted(TABLE[group] - BY_HAND):
            who = BY.get(name) or max(admitted)
            for other, earlier in BEFORE.get(name, ()):
                assert walk.send(other, earlier).status_code == CALLS[earlier].status
            answer = walk.send(who, name)
            assert answer.status_code == CALLS[name].status, (name, who, answer.text)
            found[name] = shown(answer)
            walk.again()
    agree(found | _answers_by_hand(walk.house, picture))


def _answers_by_hand(house: House, picture: bytes) -> dict[str, Any]:
    phone, code = Phone(house, RESIDENT), {"code": house.wechat.login_code(RESIDENT)}
    key = {"Idempotency-Key": "by-hand-1"}
    found = {"sign_in": phone.send("POST", "/sessions", json=code)}
    phone.tokens = found["sign_in"].get_json()
    renewing = {"refresh_token": phone.tokens["refresh_token"]}
    found["renew"] = phone.send("POST", "/sessions/renewal", json=renewing)
    phone.tokens = found["renew"].get_json()
    number = {"code": house.wechat.phone_code(RESIDENT, "13800001234")}
    found["give_phone"] = phone.send("PUT", "/me/phone", json=number)
    form = {"photo": (BytesIO(picture), "photo.jpg")}
    found["send_photo"] = phone.send("POST", "/photos", data=form, headers=key)
    assert {name: one.status_code for name, one in found.items()} == {
        name: CALLS[name].status for name in found
    }
    return {name: shown(one) for name, one in found.items()}


def test_the_accused_find_the_same_as_under_a_number_that_nobody_has(walk: Walk) -> None:
    number = walk.things.accusing_id
    for name, one in CALLS.items():
        if "<int:ticket_id>" in one.rule:
            for who in set(PERSONS) - {"resident"}:
                answer = walk.send(who, name, number)
                if who == "property" or one.noun == "tickets":
                    nobodys = walk.send(who, name, NOBODYS)
                    assert (answer.status_code, answer.text) == (404, nobodys.text), (name, who)
    for name in ("list_tasks", "list_tickets", "list_messages", "list_calls", "copy_own_data"):
        assert ACCUSING not in walk.send("property", name).text, name
    assert ACCUSING in walk.send("resident", "list_tickets").text


def test_numbers_within_what_is_sent_open_nothing_of_anothers(walk: Walk) -> None:
    things = walk.things
    with_photo = {"words": WORDS, "photos": [things.photo]}
    nobodys_photo = {"words": WORDS, "photos": [f"{NOBODYS:032}"]}
    for who, name, body, nobodys, status in (
        ("neighbour", "report", with_photo, nobodys_photo, 422),
        ("resident", "join", {"ticket_id": things.accusing_id}, {"ticket_id": NOBODYS}, 404),
        ("property", "transfer_task", {"post_id": 1} | WHY, {"post_id": NOBODYS} | WHY, 404),
    ):
        found = [walk.send(who, name, body=one) for one in (body, nobodys)]
        assert {one.status_code for one in found} == {status}, name
        assert found[0].text == found[1].text
    with walk.house.store.writing() as session:
        session.execute(update(OutboxMessage).values(state=Delivery.HELD))
    told = walk.send("property", "list_messages").get_json()["items"]
    assert any(one["is_new"] for one in told)
    walk.send("neighbour", "see_messages", body={"up_to": told[0]["id"] + 50})
    assert walk.send("property", "list_messages").get_json()["items"] == told


def test_keys_tags_and_cursors_of_one_open_nothing_to_another(walk: Walk) -> None:
    house, path = walk.house, f"/tickets/{walk.things.ticket_id}"
    owner, other = signed_in(house, RESIDENT), signed_in(house, NEIGHBOUR)
    owner.post(f"{path}/supplements", {"words": "今天更暗了"}, key="of-this-form")
    other.post(f"{path}/supplements", {"words": "今天更暗了"}, 404, key="of-this-form")
    photo = f"/photos/{walk.things.photo}"
    for each in (path, f"{path}/timeline", photo):
        tag = {"If-None-Match": owner.send("GET", each).headers["ETag"]}
        assert owner.send("GET", each, headers=tag).status_code == 304
        assert other.send("GET", each, headers=tag).status_code == 404
    with house.store.writing() as session:
        session.execute(update(OutboxMessage).values(state=Delivery.HELD))
    worker = signed_in(house, WORKER)
    for who, each in ((owner, "/tickets"), (worker, "/messages")):
        cursor = who.get(f"{each}?limit=1")["next"]
        assert cursor
        theirs = {one["id"] for one in other.get(each)["items"]}
        assert {one["id"] for one in other.get(f"{each}?cursor={cursor}")["items"]} <= theirs
