"""A house with its demo town, a platform that gives codes, and phones with the mini-program."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_limiter import Limiter
from PIL import Image
from werkzeug.test import TestResponse

from app.api import application
from app.api.application import make_api
from app.api.limits import address
from app.office import Office, make_office
from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread
from models.base import Database
from tests import factories
from tests.chat import shipped_lexicon
from tests.factories import MORNING
from tests.jobs.town import PLATFORM, settings_for

_keys = count(1)


@dataclass
class Hand:
    """The hand of the house's clock, which a test moves."""

    at: datetime = MORNING

    def __call__(self) -> datetime:
        return self.at

    def later(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@dataclass
class House:
    """The interface over one store, beside the platform."""

    office: Office
    wechat: SandboxClient
    hand: Hand
    http: FlaskClient

    @property
    def store(self) -> Database:
        return self.office.database

    def phone(self, openid: str) -> "Phone":
        """Signed in as this person of the platform, as a mini-program does it."""
        made = Phone(self, openid)
        made.sign_in()
        return made


@dataclass
class Phone:
    """手机 — one person's mini-program: it keeps its tokens and chooses its keys."""

    house: House
    openid: str
    tokens: dict[str, Any] = field(default_factory=dict)

    def sign_in(self) -> None:
        code = self.house.wechat.login_code(self.openid)
        self.tokens = self.ask("POST", "/sessions", 201, json={"code": code})

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        return self.ask("GET", path, status, **more)

    def post(
        self, path: str, body: Any = None, status: int = 201, key: str = "", **more: Any
    ) -> Any:
        headers = {"Idempotency-Key": key or f"test-key-{next(_keys)}"}
        if body is not None:
            more["json"] = body
        return self.ask("POST", path, status, headers=headers, **more)

    def put(self, path: str, body: Any = None, status: int = 200) -> Any:
        return self.ask("PUT", path, status, **({} if body is None else {"json": body}))

    def ask(self, method: str, path: str, status: int, **more: Any) -> Any:
        answer = self.send(method, path, **more)
        assert answer.status_code == status, answer.get_data(as_text=True)
        if status >= 400:
            assert answer.content_type == "application/problem+json"
            assert answer.get_json()["status"] == status
        return answer.get_json() if answer.data else None

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if self.tokens:
            headers.setdefault("Authorization", f"Bearer {self.tokens['access_token']}")
        return self.house.http.open(path, method=method, headers=headers, **more)


@pytest.fixture(scope="module")
def platform() -> Iterator[SandboxThread]:
    with SandboxThread(PLATFORM) as running:
        yield running


@pytest.fixture
def house(database: Database, platform: SandboxThread, tmp_path: Path) -> Iterator[House]:
    factories.town(database)
    settings = settings_for(platform.url, data_dir=tmp_path, secret_key="for-tests")
    hand = Hand()
    made = make_office(database, settings, hand)
    office = replace(made, lexicon=shipped_lexicon)
    wechat = SandboxClient(platform.url)
    yield House(office, wechat, hand, make_api(office).test_client())
    made.client.close()


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> Limiter:
    """Else nearly every answer were that it is too often."""
    none = Limiter(address, enabled=False)
    monkeypatch.setattr(application, "make_limiter", lambda settings: none)
    return none


@pytest.fixture
def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), "green").save(file, "JPEG", exif=_where_it_was_taken())
    return file.getvalue()


def _where_it_was_taken() -> Image.Exif:
    told = Image.Exif()
    told[0x010F] = "a camera"
    return told
