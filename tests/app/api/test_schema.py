"""Whatever is sent, the interface answers as its document says: schemathesis tries it."""

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import Status, from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app.api import application
from app.api.application import NOUNS
from app.api.documents import PREFIX
from tests.app.api.conftest import House
from tests.app.api.furnished import RESIDENT, WORKER, Things, furnish, signed_in

CASES = int(os.environ.get("LINLI_API_CASES", "1"))  # of each call and of each chain of calls
WORK = {"tasks", "calls", "homes"}  # tried as staff, the rest as a resident
LEAVING = "o-leaves"  # whoever has all destroyed; the others stay
# No schema can say which codes the platform gave, which numbers there are and what state they
# are in: what fits its schema may well be refused. That each example is taken is a test of its own.
# What schemathesis sends without a token it can not send to an application in the same process;
# the walk in test_access does that.
CHECKS = {name: {"enabled": False} for name in ("positive_data_acceptance", "ignored_auth")}

# The home that one has said is for who serves the building to confirm: for oneself it is not there.
FOR_OTHERS = [
    {
        "include-operation-id": "verify_home",
        "checks": {"ensure_resource_availability": {"enabled": False}},
    }
]


@pytest.mark.parametrize(
    ("who", "nouns"),
    [(RESIDENT, set(NOUNS) - WORK), (WORKER, WORK)],
    ids=["resident", "staff"],
)
def test_every_answer_is_one_that_the_document_tells_of(
    unlimited: object, house: House, picture: bytes, who: str, nouns: set[str]
) -> None:
    things = furnish(house, picture)
    mounted = DispatcherMiddleware(NotFound(), {PREFIX: house.http.application})
    config = schemathesis.Config.from_dict(_config(things))
    schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", mounted, config=config)
    _sign_in_each(schema, house, things, who)
    made = 0
    wrong: list[str] = []
    for event in from_schema(schema.include(tag=sorted(nouns))).execute():
        if isinstance(event, ScenarioFinished):
            made += len(event.recorder.interactions)
            wrong += _failures(event)
        elif isinstance(event, NonFatalError | FatalError):
            wrong.append(str(event))
    assert wrong == []
    assert made > 100 * len(nouns)


def _config(things: Things) -> dict[str, Any]:
    known = {
        "ticket_id": things.ticket_id,
        "home_id": things.home_id,
        "notice_id": things.notice_id,
        "area_id": things.area_id,
        "call_id": things.call_id,
        "photo": things.photo,
        "purpose": "home",
    }
    return {
        "dictionaries": {name: {"values": [value]} for name, value in known.items()},
        "parameters": {f"path.{name}": {"dictionary": name, "probability": 0.7} for name in known},
        "generation": {"max-examples": CASES, "deterministic": CASES < 10},
        "phases": {"stateful": {"generation": {"max-examples": 4 * CASES}}},
        "checks": CHECKS,
        "operations": FOR_OTHERS,
    }


def _sign_in_each(schema: Any, house: House, things: Things, who: str) -> None:
    """Under a key of its own: a second use of the one in the document would only be refused."""

    @schema.auth(refresh_interval=None)
    class Token:
        def get(self, case: Any, context: Any) -> str:
            if "hotline" in case.operation.tags:
                return things.key
            openid = LEAVING if case.operation.label.endswith("/erasure") else who
            return str(signed_in(house, openid).tokens["access_token"])

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {data}"
            if application.KEY.fullmatch(str(case.headers.get("Idempotency-Key"))):
                case.headers["Idempotency-Key"] = f"of-this-{uuid.uuid4()}"


def _failures(event: ScenarioFinished) -> Iterator[str]:
    for checks in event.recorder.checks.values():
        for one in checks:
            if one.status is Status.FAILURE:
                told = one.failure_info
                yield f"{event.label}: {told.failure.title} {told.failure.message}"
                yield told.code_sample
