"""A mini-program without a phone: what it asks of /api/v1, and how it meets a poor network.

Written after the page of the interface alone: it imports nothing of ours.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter

TRIES = 3
PATIENCE_SECONDS = 20


class Weixin(Protocol):
    """微信 — what the phone's WeChat hands a mini-program."""

    def login_code(self, openid: str) -> str: ...

    def phone_code(self, openid: str, phone: str) -> str: ...


class Network(HTTPAdapter):
    """网络 — takes each request to the house, and loses so many of the answers on the way back."""

    lost = 0

    def send(self, *request: Any, **more: Any) -> requests.Response:
        answer = super().send(*request, **more)
        if self.lost:
            self.lost -= 1
            answer.close()
            raise requests.ConnectionError("the answer was lost")
        return answer


@dataclass
class MiniProgram:
    """小程序 — on one person's phone."""

    weixin: Weixin
    openid: str
    base: str
    network: Network = field(default_factory=Network)
    tokens: dict[str, str] = field(default_factory=dict)
    known: dict[str, tuple[str, Any]] = field(default_factory=dict)  # address → ETag and answer
    statuses: list[int] = field(default_factory=list)  # of all answers

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.mount("http://", self.network)

    def sign_in(self) -> None:
        code = self.weixin.login_code(self.openid)
        self.tokens = self._send("POST", "/sessions", json={"code": code}).json()

    def get(self, path: str) -> Any:
        """What is known is not sent again."""
        tag, body = self.known.get(path, ("", None))
        answer = self.ask("GET", path, headers={"If-None-Match": tag} if tag else {})
        if answer.status_code == 304:
            return body
        self.known[path] = (answer.headers["ETag"], answer.json())
        return answer.json()

    def act(self, path: str, **more: Any) -> Any:
        """Once, however often it has to be sent."""
        return self.ask("POST", path, headers={"Idempotency-Key": str(uuid.uuid4())}, **more).json()

    def put(self, path: str, **more: Any) -> Any:
        answer = self.ask("PUT", path, **more)
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """With tokens of before, with others in their place, or as who signs in anew."""
        answer = self._send(method, path, **more)
        if answer.status_code == 401:
            self._renew()
            answer = self._send(method, path, **more)
        answer.raise_for_status()
        return answer

    def _renew(self) -> None:
        given = {"refresh_token": self.tokens["refresh_token"]}
        answer = self._send("POST", "/sessions/renewal", json=given)
        if answer.ok:
            self.tokens = answer.json()
        else:
            self.sign_in()

    def _send(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Accept-Language": "zh", **more.pop("headers", {})}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        for left in reversed(range(TRIES)):
            try:
                answer = self.http.request(
                    *(method, self.base + path), headers=headers, timeout=PATIENCE_SECONDS, **more
                )
                break
            except requests.ConnectionError:
                if not left:
                    raise
        self.statuses.append(answer.status_code)
        return answer
