"""Drives a sandbox over HTTP: what tests, the demo and the benches hold in their hands."""

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

POLL_SECONDS = 0.05
PATIENCE_SECONDS = 60


class NothingCame(Exception):
    """What was waited for did not arrive in time."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one push: HTTP status, the reply as the person reads it, every attempt."""

    push_id: int
    status: int
    result: str
    reply: dict[str, Any] | None
    reply_text: str
    attempts: list[dict[str, Any]]


class SandboxClient:
    """One sandbox. Safe to share between threads that do not mind sharing connections."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine must not stand in between

    def say(self, openid: str, text: str, menu_id: str = "") -> Delivered:
        return self._act(openid, "say", text=text, menu_id=menu_id)

    def photo(self, openid: str, content: bytes) -> Delivered:
        return self._act(openid, "photo", content=base64.b64encode(content).decode())

    def voice(self, openid: str, recognition: str | None = None) -> Delivered:
        return self._act(openid, "voice", recognition=recognition)

    def location(
        self, openid: str, latitude: float, longitude: float, label: str = ""
    ) -> Delivered:
        return self._act(openid, "location", latitude=latitude, longitude=longitude, label=label)

    def link(self, openid: str, title: str, url: str, description: str = "") -> Delivered:
        return self._act(openid, "link", title=title, url=url, description=description)

    def click(self, openid: str, key: str) -> Delivered:
        return self._act(openid, "click", key=key)

    def view(self, openid: str, url: str) -> Delivered:
        return self._act(openid, "view", url=url)

    def subscribe(self, openid: str, scene: str | None = None) -> Delivered:
        return self._act(openid, "subscribe", scene=scene)

    def unsubscribe(self, openid: str) -> Delivered:
        return self._act(openid, "unsubscribe")

    def scan(self, openid: str, scene: str) -> Delivered:
        return self._act(openid, "scan", scene=scene)

    def consent(self, openid: str, answers: Mapping[str, str], number: int = 1) -> Delivered:
        """Answers a subscription popup: template id → accept or reject."""
        return self._act(openid, "consent", answers=answers, number=number)

    def turn_off(self, openid: str, template_id: str) -> Delivered:
        """Refuses a template for good in the account's settings."""
        return self._act(openid, "turn-off", template_id=template_id)

    def visit_mini_program(self, openid: str) -> None:
        self._post(f"/sandbox/people/{openid}/visit-mini-program", {})

    def enter_mini_service(self, openid: str, session_from: str = "") -> Delivered | None:
        """Opens the mini-program's customer service; None where it has no push address."""
        return self._act_in_mini_program(openid, "enter-mini-service", session_from=session_from)

    def say_in_mini_program(self, openid: str, text: str) -> Delivered | None:
        return self._act_in_mini_program(openid, "say-in-mini-program", text=text)

    def consent_in_mini_program(
        self, openid: str, answers: Mapping[str, str], number: int = 1
    ) -> Delivered | None:
        return self._act_in_mini_program(
            openid, "consent-in-mini-program", answers=answers, number=number
        )

    def login_code(self, openid: str) -> str:
        """What wx.login hands the mini-program."""
        return str(self._post(f"/sandbox/people/{openid}/login-code", {})["code"])

    def phone_code(self, openid: str, phone: str) -> str:
        """What the mini-program's phone number button hands it."""
        return str(self._post(f"/sandbox/people/{openid}/phone-code", {"phone": phone})["code"])

    def raw(self, openid: str, type_: str, fields: Mapping[str, Any]) -> Delivered:
        """A message of any type, also one the product has never heard of."""
        return self._act(openid, "message", type=type_, fields=fields)

    def event(self, openid: str, name: str, fields: Mapping[str, Any]) -> Delivered:
        return self._act(openid, "event", name=name, fields=fields)

    def newcomer(self, name: str = "", scene: str | None = None) -> str:
        """A person nobody knows yet who follows at once; their openid."""
        openid = self.stranger(name)
        self.subscribe(openid, scene)
        return openid

    def stranger(self, name: str = "") -> str:
        """A person nobody knows yet, not a follower; their openid."""
        return str(self._post("/sandbox/people", {"name": name})["openid"])

    def people(self) -> list[dict[str, Any]]:
        return list(self._get("/sandbox/people"))

    def inbox(self, openid: str, after: int = 0) -> list[dict[str, Any]]:
        """Everything that person has received, oldest first."""
        return [item for item in self.chat(openid, after) if item["kind"] != "sent"]

    def chat(self, openid: str, after: int = 0) -> list[dict[str, Any]]:
        """Both sides of a person's chat; their own messages have the kind `sent`."""
        return list(self._get(f"/sandbox/people/{openid}/chat?after={after}"))

    def menu(self, openid: str) -> list[dict[str, Any]]:
        """The buttons that person sees, sub-buttons inside."""
        return list(self._get(f"/sandbox/people/{openid}/menu"))

    def calls(self, after: int = 0) -> list[dict[str, Any]]:
        return self._all("/sandbox/calls", after)

    def pushes(self, after: int = 0) -> list[dict[str, Any]]:
        return self._all("/sandbox/pushes", after)

    def wait_for(
        self, openid: str, predicate: Callable[[dict[str, Any]], bool], timeout: float = 10.0
    ) -> dict[str, Any]:
        """The first thing that person received which fits, now or within `timeout` seconds."""
        ends = time.monotonic() + timeout
        seen = 0
        while True:
            for item in self._inbox_if_known(openid, seen):
                if predicate(item):
                    return item
                seen = item["id"]
            if time.monotonic() > ends:
                raise NothingCame(f"{openid}: nothing that fits within {timeout} s")
            time.sleep(POLL_SECONDS)

    def fault(
        self,
        kind: str,
        path: str = "push",
        value: int = 0,
        times: int | None = None,
        probability: float = 1.0,
        seed: int | None = None,
    ) -> int:
        """Trouble from now on: slow, drop_before, drop_after, duplicate, errcode; its id."""
        asked = {
            "kind": kind,
            "path": path,
            "value": value,
            "times": times,
            "probability": probability,
            "seed": seed,
        }
        return int(self._post("/sandbox/faults", asked)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The troubles in force, each with how often it may still strike."""
        return list(self._get("/sandbox/faults"))

    def clear_faults(self, fault_id: int | None = None) -> None:
        query = "" if fault_id is None else f"?id={fault_id}"
        self._checked(self._session.delete(f"{self.url}/sandbox/faults{query}", timeout=10))

    def advance(self, seconds: float) -> float:
        """Moves the platform's clock ahead; its time afterwards."""
        return float(self._post("/sandbox/clock", {"advance": seconds})["now"])

    def use_mode(self, mode: str) -> None:
        self._post("/sandbox/mode", {"mode": mode})

    def push_to(self, push_url: str, web_url: str = "", mini_push_url: str = "") -> None:
        """Another product: its webhook, its web process, its mini-program's webhook."""
        asked = {"push_url": push_url, "web_url": web_url, "mini_push_url": mini_push_url}
        self._post("/sandbox/target", asked)

    def template(
        self, template_id: str, title: str, fields: list[str], app_id: str | None = None
    ) -> None:
        """One more message template, of the official account unless another is named."""
        asked = {"template_id": template_id, "title": title, "fields": fields, "app_id": app_id}
        self._post("/sandbox/templates", asked)

    def handshake(self, echo: str = "5837397576500011341") -> bool:
        """Whether the product answers the registration of its address."""
        return bool(self._post("/sandbox/handshake", {"echo": echo})["accepted"])

    def standing(self, openid: str, standing: str) -> None:
        """`blocked`, `refuses`, `limited`, or empty for good standing."""
        self._post(f"/sandbox/people/{openid}/standing", {"standing": standing})

    def _act(self, openid: str, action: str, **given: Any) -> Delivered:
        return Delivered(**self._post(f"/sandbox/people/{openid}/{action}", given))

    def _act_in_mini_program(self, openid: str, action: str, **given: Any) -> Delivered | None:
        outcome = self._post(f"/sandbox/people/{openid}/{action}", given)
        return Delivered(**outcome) if outcome else None

    def _all(self, path: str, after: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := self._get(f"{path}?after={after}"):
            found += page
            after = page[-1]["id"]
        return found

    def _inbox_if_known(self, openid: str, after: int) -> list[dict[str, Any]]:
        """Nothing yet for somebody the platform first hears of when a message comes for them."""
        known = any(one["openid"] == openid for one in self.people())
        return self.inbox(openid, after) if known else []

    def _get(self, path: str) -> Any:
        return self._checked(self._session.get(self.url + path, timeout=PATIENCE_SECONDS))

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self._session.post(self.url + path, json=body, timeout=PATIENCE_SECONDS)
        return self._checked(answer)

    def _checked(self, answer: requests.Response) -> Any:
        if not answer.ok:
            raise ValueError(f"{answer.status_code} {answer.text}")
        return answer.json()
