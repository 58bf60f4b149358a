"""Open311 over the demo town, and an outside tool that calls it."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.office import make_office
from app.open311.blueprint import make_open311
from config.settings import Settings
from models import outside_systems
from models.base import Database
from models.outside_systems import Power
from tests import factories
from tests.chat import Town

V2 = "/open311/v2"


@dataclass
class Tool:
    """外部工具 — a program of somebody else's, with a key that files for the whole subdistrict."""

    database: Database
    folder: Path
    now: datetime = factories.MORNING
    key: str = field(init=False)
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        factories.town(self.database)
        self.key = self.key_for("和顺街道")
        lexicon = Town(self.database, self.now).lexicon
        self.app = Flask("open311-under-test", static_folder=None)
        settings = Settings(base_url="https://www.heshun.example", data_dir=self.folder)
        office = make_office(self.database, settings, lambda: self.now)
        self.app.register_blueprint(make_open311(replace(office, lexicon=lambda: lexicon)))

    def key_for(self, where: str, *powers: Power, **more: Any) -> str:
        with self.database.writing() as session:
            _, key = outside_systems.register(
                session,
                "随手拍",
                factories.area_named(session, where).id,
                powers or [Power.FILE],
                by=factories.demo_person(session, "admin"),
                at=self.now,
                **more,
            )
            return key

    def later(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def get(self, path: str, **asked: str) -> TestResponse:
        return self.app.test_client().get(V2 + path, query_string=asked)

    def read(self, path: str, **asked: str) -> Any:
        answer = self.get(path, **asked)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.data)

    def post(self, form: str = "json", **fields: Any) -> TestResponse:
        given = {"api_key": self.key} | fields
        return self.app.test_client().post(f"{V2}/requests.{form}", data=given)

    def file(self, **fields: Any) -> dict[str, Any]:
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.text
        [said] = json.loads(answer.data)
        return said


@pytest.fixture
def tool(database: Database, tmp_path: Path) -> Tool:
    return Tool(database, tmp_path)


@pytest.fixture
def either_tool(store: Database, tmp_path: Path) -> Tool:
    """On both stores."""
    return Tool(store, tmp_path)


def plain(element: ElementTree.Element) -> Any:
    """XML as what it says: lists, names and texts."""
    if len(element) == 0:
        return element.text or ""
    tags = {one.tag for one in element}
    if len(tags) == 1 and element.tag in {f"{tags.copy().pop()}s", "service_requests"}:
        return [plain(one) for one in element]
    return {one.tag: plain(one) for one in element}
