"""Whatever is sent, the interface answers as its document says: schemathesis tries it."""

import os
import uuid
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
import schemathesis
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, run_state_machine_as_test
from schemathesis.engine import Status, from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.stateful.state_machine import (
    DEFAULT_STATE_MACHINE_SETTINGS,
    StepInput,
)
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app.api import application
from app.api.application import NOUNS
from app.api.documents import LINKS, PREFIX
from config.categories import LAST_RESORT
from config.policy import load
from tests.app.api.conftest import House
from tests.app.api.furnished import RESIDENT, WORDS, WORKER, Things, furnish, signed_in

CASES = int(os.environ.get("LINLI_API_CASES", "1"))  # of each call and of each chain of calls
WORK = {"tasks", "calls", "homes"}  # tried as staff, the rest as a resident
LEAVING = "o-leaves"  # whoever has all destroyed; the others stay
# No schema can say which codes the platform gave, which numbers there are and what state they
# are in: what fits its schema may well be refused. That each example is taken is a test of its own.
# What schemathesis sends without a token it can not send to an application in the same process;
# the walk in test_access does that.
CHECKS = {name: {"enabled": False} for name in ("positive_data_acceptance", "ignored_auth")}
# Each call by itself has a test of its own, and guesses at links lead to what is anybody's else.
BY_LINKS: dict[str, Any] = {
    "stateful": {"generation": {"mode": "positive"}, "inference": {"algorithms": []}}
}
CHAINS = settings(
    DEFAULT_STATE_MACHINE_SETTINGS,
    max_examples=4 * CASES,
    stateful_step_count=8,
    derandomize=CASES < 10,
)
OF_A_REPORT = next(targets for name, _, _, targets in LINKS if name == "report")

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
    schema = _schema(house, things, who, {"stateful": {"enabled": False}})
    found = list(_tried(schema.include(tag=sorted(nouns))))
    assert list(chain.from_iterable(map(_failures, found))) == []
    assert sum(len(one.interactions) for one in found) > 100 * len(nouns)


def test_what_is_made_is_found_and_changed_and_ended_by_the_links_of_the_document(
    unlimited: object, house: House, picture: bytes
) -> None:
    schema = _schema(house, furnish(house, picture), RESIDENT, BY_LINKS)
    answered: dict[str, set[int]] = {}
    token = signed_in(house, RESIDENT).tokens["access_token"]
    run_state_machine_as_test(_chains(schema, token, answered), settings=CHAINS)
    done = {name for name, statuses in answered.items() if min(statuses) < 300}
    assert len(done & set(OF_A_REPORT)) > len(OF_A_REPORT) / 2, answered
    assert CASES < 10 or done >= set(OF_A_REPORT), answered


def _chains(schema: Any, token: str, answered: dict[str, set[int]]) -> type[RuleBasedStateMachine]:
    """Each begins with a report, and goes on by the links; schemathesis checks each answer."""
    report = schema["/tickets"]["POST"]

    class Chains(schema.as_state_machine()):  # type: ignore[misc]
        @initialize(target=Bundle("catch_all"))
        def report(self) -> Any:
            own = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"begun-{uuid.uuid4()}"}
            case = report.Case(body=load("api")["examples"]["report"], headers=own)
            self.recorder.record_case(case=case)
            self.control.record_step(StepInput.initial(case), self.recorder)
            return self.step(StepInput.initial(case))

        def after_call(self, response: Any, case: Any) -> None:
            super().after_call(response, case)
            if self.recorder.cases[case.id].parent_id:
                name = case.operation.definition.raw["operationId"]
                answered.setdefault(name, set()).add(response.status_code)

    return Chains


def _schema(house: House, things: Things, who: str, phases: dict[str, Any]) -> Any:
    mounted = DispatcherMiddleware(NotFound(), {PREFIX: house.http.application})
    config = schemathesis.Config.from_dict(_config(things) | {"phases": phases})
    schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", mounted, config=config)
    _sign_in_each(schema, house, things, who)
    return schema


def _tried(schema: Any) -> Iterator[ScenarioRecorder]:
    for event in from_schema(schema).execute():
        assert not isinstance(event, NonFatalError | FatalError), str(event)
        if isinstance(event, ScenarioFinished):
            yield event.recorder


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
    within = {
        "area_id": things.area_id,
        "category": "facility",
        "photos[*]": things.photo,
        "post_id": things.post_id,
        "subcategory": LAST_RESORT,
        "words": WORDS,
    }
    bound = [(f"path.{name}", name) for name in known] + [(f"body.{one}", one) for one in within]
    return {
        "dictionaries": {name: {"values": [value]} for name, value in (known | within).items()},
        "parameters": {one: {"dictionary": name, "probability": 0.7} for one, name in bound},
        "generation": {"max-examples": CASES, "deterministic": CASES < 10},
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


def _failures(recorder: ScenarioRecorder) -> Iterator[str]:
    for checks in recorder.checks.values():
        for one in checks:
            if one.status is Status.FAILURE:
                told = one.failure_info
                yield f"{recorder.label}: {told.failure.title} {told.failure.message}"
                yield told.code_sample
