"""A running sandbox and a small product to push to, written apart from both sides."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from app.sandbox import SandboxOptions
from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
REPLY = (
    "<xml><ToUserName>{to}</ToUserName><FromUserName>{sender}</FromUserName>"
    "<CreateTime>1460537339</CreateTime><MsgType>text</MsgType>"
    "<Content><![CDATA[{content}]]></Content></xml>"
)


def fields_of(body: bytes) -> dict[str, str]:
    return {child.tag: child.text or "" for child in ElementTree.fromstring(body)}


def text_reply(push: dict[str, str], content: str) -> str:
    return REPLY.format(to=push["FromUserName"], sender=push["ToUserName"], content=content)


@dataclass
class Arrival:
    """One delivery as the product saw it."""

    query: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, str]:
        return fields_of(self.body)


@dataclass
class Receiver:
    """A product that keeps what arrives and answers what a test tells it to."""

    url: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    answer: Callable[[Arrival], Any] = lambda arrival: "success"

    def take(self) -> Any:
        if request.method == "GET":
            return request.args["echostr"]
        arrival = Arrival(request.args.to_dict(), request.get_data())
        self.arrivals.append(arrival)
        return self.answer(arrival)

    def replies(self, content: str) -> None:
        self.answer = lambda arrival: Response(
            text_reply(arrival.fields, content), content_type="text/xml"
        )


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    app = Flask("receiver")
    app.add_url_rule("/wechat/main", "take", found.take, methods=["GET", "POST"])
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/wechat/main"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def options(receiver: Receiver) -> SandboxOptions:
    return SandboxOptions(
        app_id="wxa1b2c3d4e5f60718",
        secret="official-secret",
        token="push-token",
        aes_key=AES_KEY,
        push_url=receiver.url,
        mini_app_id="wx8170605f4e3d2c1b",
        mini_secret="mini-secret",
        push_seconds=0.5,
        retry_pause_seconds=0.01,
    )


@pytest.fixture
def sandbox(options: SandboxOptions) -> Iterator[SandboxClient]:
    with SandboxThread(options) as thread:
        yield SandboxClient(thread.url)


class Api:
    """WeChat's API as any client calls it, with a token of one account."""

    def __init__(self, url: str, app_id: str, secret: str) -> None:
        self.url = url
        self.app_id = app_id
        self.secret = secret
        self.session = requests.Session()
        self.session.trust_env = False
        self.renew()

    def renew(self) -> None:
        self.token = self.stable()["access_token"]

    def stable(self, **more: Any) -> dict[str, Any]:
        asked = {"grant_type": "client_credential", "appid": self.app_id, "secret": self.secret}
        return self.post("/cgi-bin/stable_token", asked | more, token=None)

    def classic(self) -> dict[str, Any]:
        return self.get(
            "/cgi-bin/token",
            token=None,
            grant_type="client_credential",
            appid=self.app_id,
            secret=self.secret,
        )

    def post(self, path: str, body: Any, token: str | None = "own", **query: Any) -> dict[str, Any]:
        answer = self.session.post(
            self.url + path, json=body, params=self._params(token, query), timeout=10
        )
        assert answer.status_code == 200
        return answer.json()

    def get(self, path: str, token: str | None = "own", **query: Any) -> dict[str, Any]:
        return self.fetch(path, token, **query).json()

    def fetch(self, path: str, token: str | None = "own", **query: Any) -> requests.Response:
        return self.session.get(self.url + path, params=self._params(token, query), timeout=10)

    def upload(self, type_: str, content: bytes, name: str = "a.jpg") -> dict[str, Any]:
        answer = self.session.post(
            self.url + "/cgi-bin/media/upload",
            params=self._params("own", {"type": type_}),
            files={"media": (name, content)},
            timeout=10,
        )
        return answer.json()

    def text(self, openid: str, content: str) -> dict[str, Any]:
        body = {"touser": openid, "msgtype": "text", "text": {"content": content}}
        return self.post("/cgi-bin/message/custom/send", body)

    def _params(self, token: str | None, query: dict[str, Any]) -> dict[str, Any]:
        shown = self.token if token == "own" else token
        return query if shown is None else {"access_token": shown, **query}


@pytest.fixture
def api(sandbox: SandboxClient, options: SandboxOptions) -> Api:
    return Api(sandbox.url, options.app_id, options.secret)


@pytest.fixture
def mini(sandbox: SandboxClient, options: SandboxOptions) -> Api:
    return Api(sandbox.url, options.mini_app_id, options.mini_secret)
