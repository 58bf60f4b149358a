"""A browser without a screen: gets pages, posts their forms with the token, is somebody."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pyotp
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.console.blueprint import add_console
from app.console.headers import COOKIE
from config.settings import Settings
from models import staff_accounts
from models.base import Database
from models.staff_accounts import StaffAccount
from tests.factories import MORNING, demo_person

PASSWORD = "correct horse battery"
COMPILED = FileSystemBytecodeCache()  # of the templates, which every house would compile anew


@cache
def password_hash() -> str:
    """Checked in no time: a hash brings along how much work it takes."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class House:
    """A console over a store, with a clock that tests move."""

    database: Database
    now: datetime = MORNING
    settings: Settings = field(default_factory=lambda: Settings(secret_key="for-tests"))
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.app = Flask("console-under-test", static_folder=None)
        self.app.secret_key = self.settings.secret_key
        self.app.jinja_env.bytecode_cache = COMPILED
        add_console(self.app, self.database, self.settings, lambda: self.now)

    def later(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def visitor(self) -> "Visitor":
        return Visitor(self)

    def account(self, role: str, count: int = 1) -> str:
        """The demo person gets an account; its name is theirs in chat."""
        name = f"demo-{role}-{count}"
        with self.database.writing() as session:
            person_id = demo_person(session, role, count)
            staff_accounts.keep(session, person_id, name, password_hash(), self.now)
        return name

    def signed_in(self, role: str, count: int = 1) -> "Visitor":
        visitor = self.visitor()
        answer = visitor.sign_in(self.account(role, count))
        assert answer.status_code == 302, answer.text
        return visitor


class Visitor:
    def __init__(self, house: House) -> None:
        self.house = house
        self.client = house.app.test_client()
        self.page: TestResponse | None = None
        self._token = ""
        self._token_of: str | None = None

    def get(self, path: str, **more: Any) -> TestResponse:
        self.page = self.client.get(path, **more)
        return self.page

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """With the token of a page of this session."""
        return self.client.post(path, data={"csrf_token": self.token(), **(form or {})}, **more)

    def confirm(self) -> None:
        """Brings the second factor."""
        with self.house.database.reading() as session:
            account = session.scalars(
                select(StaffAccount).where(StaffAccount.second_factor.is_not(None))
            ).one()
        code = pyotp.TOTP(account.second_factor or "").at(self.house.now)
        assert self.post("/console/second-factor", {"code": code}).status_code == 302

    def token(self) -> str:
        """Of a page of this session; it stays the same as long as the session does."""
        if self._token_of is None or self._token_of != self._session():
            self._token = self._read_token()
            self._token_of = self._session()
        return self._token

    def _session(self) -> str | None:
        cookie = self.client.get_cookie(COOKIE, path="/console")
        return cookie and cookie.value

    def _read_token(self) -> str:
        doors = ("/console/account", "/console/second-factor") if self._session() else ()
        for path in (*doors, "/console/sign-in"):
            page = self.client.get(path)
            if page.status_code == 200:
                found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
                assert found is not None
                return found[1]
        raise AssertionError("no page with a form")

    def sign_in(self, name: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.post("/console/sign-in", {"name": name, "password": password, **more})
