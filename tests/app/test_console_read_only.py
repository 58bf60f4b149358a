"""A database that may only be read just now: staff are told so, and nothing is kept by halves."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event

from models.base import Database
from tests.app.visitor import House

BEGINNING = {
    "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
    "postgresql": ("SET TRANSACTION READ ONLY", "SET TRANSACTION READ WRITE"),
}


def test_who_signs_in_is_told_to_come_back_and_then_gets_in(either_house: House) -> None:
    name = either_house.account("community_staff")
    visitor = either_house.visitor()
    visitor.token()
    with read_only(either_house.database):
        answer = visitor.sign_in(name)
        assert answer.status_code == 503
        assert "系统正忙" in answer.text and "刚才的没有保存" in answer.text
        assert visitor.get("/console/sign-in").status_code == 200
    assert visitor.sign_in(name).status_code == 302


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    forbid, allow = BEGINNING[database.url.get_backend_name()]
    said = [forbid]

    @event.listens_for(database.writer, "begin")
    def begin(connection: Connection) -> None:
        connection.connection.cursor().execute(said[0])

    yield
    said[0] = allow
