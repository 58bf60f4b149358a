"""What both READMEs tell a department's developer is what is sent, and their check is right."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jobs.channels import outside
from models import outside_systems
from models.base import Database
from models.outside_systems import Power
from models.webhooks import endpoints, sending
from models.webhooks.sending import Claimed
from tests.factories import MORNING, area_named, building, demo_person, ticket, town

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
SAID = "楼上半夜装修，请打13812345678"


def block(readme: str, language: str) -> str:
    text = (ROOT / readme).read_text("utf-8")
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return found


def second_told(database: Database) -> tuple[Claimed, str]:
    """Of an ordinary matter, with the secret that signs it."""
    town(database)
    with database.writing() as session:
        by = {"by": demo_person(session, "admin"), "at": MORNING}
        where = area_named(session, "和顺街道").id
        system, _ = outside_systems.register(session, "城管平台", where, [Power.READ], **by)
        secret = endpoints.set_address(session, system.id, "https://example.org/", **by)
        ticket(session, building(session, 3), text=SAID)
        [first] = sending.claim(session, MORNING, 9)
        sending.sent(session, first, "204", MORNING)
        [second] = sending.claim(session, MORNING, 9)
    assert secret is not None
    return second, secret


def without_ids(body: dict[str, Any]) -> dict[str, Any]:
    data = {**body["data"], "sequence": 0}
    return {**body, "data": data | {"ticket": {**data["ticket"], "id": 0, "area_id": 0}}}


def test_the_example_is_what_is_sent(database: Database) -> None:
    told, _ = second_told(database)
    for readme in READMES:
        assert without_ids(json.loads(block(readme, "json"))) == without_ids(told.body)


@pytest.mark.parametrize("readme", READMES)
def test_the_check_takes_what_we_sign_and_nothing_else(database: Database, readme: str) -> None:
    told, secret = second_told(database)
    body = outside.encoded(told.body)
    headers = outside.headers(told.secrets, told.message_id, MORNING, body)
    given: dict[str, Any] = {}
    exec(block(readme, "python"), given)
    check, now = given["is_from_linli"], MORNING.timestamp()
    assert check(secret, headers, body, now)
    assert not check(secret, headers, body + b" ", now)
    assert not check(secret, headers | {"webhook-id": "msg_other"}, body, now)
    assert not check("whsec_" + "A" * 44, headers, body, now)
    assert not check(secret, headers, body, now + 301)
    former = {**headers, "webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    assert check(secret, former, body, now)
