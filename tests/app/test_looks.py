"""Styles and scripts: kept for ever under the address of their content, and packed on the way."""

import gzip
import os
import re
from pathlib import Path

import pytest
from flask import Blueprint, Flask, Response, url_for
from flask.testing import FlaskClient

from app import looks

OLD, NEW = "p { color: red }\n" * 40, "p { color: green }\n" * 40
PACKS = {"Accept-Encoding": "gzip"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "door.css").write_text(OLD, "utf-8")
    (tmp_path / "card.png").write_bytes(b"\x89PNG" * 200)
    return tmp_path


@pytest.fixture
def door(folder: Path) -> FlaskClient:
    """Sets headers of its own to everything, as every door does."""
    app, blueprint = (
        Flask(__name__),
        Blueprint("door", __name__, static_folder=folder, static_url_path="/static"),
    )
    looks.serve(blueprint)

    def close(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    blueprint.after_request(close)
    app.register_blueprint(blueprint, url_prefix="/door")
    return app.test_client()


def address(door: FlaskClient, name: str = "door.css") -> str:
    with door.application.test_request_context():
        return url_for("door.static", filename=name)


def test_a_new_content_has_a_new_address_and_an_old_one_is_never_kept_for_the_new(
    door: FlaskClient, folder: Path
) -> None:
    before = address(door)
    assert re.fullmatch(r"/door/static/door\.css\?v=\w{12}", before)
    with door.get(before) as answer:
        assert answer.text == OLD
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    (folder / "door.css").write_text(NEW, "utf-8")
    os.utime(folder / "door.css", (1, 1))
    after = address(door)
    assert after != before
    for path, kept in ((after, looks.FOR_EVER), (before, looks.ASKED_AGAIN)):
        with door.get(path) as answer:
            assert (answer.text, answer.headers["Cache-Control"]) == (NEW, kept)
    for path in ("/door/static/door.css", "/door/static/none.css?v=1", "/door/static/..%2Fx?v=1"):
        with door.get(path) as answer:
            assert answer.headers["Cache-Control"] == looks.ASKED_AGAIN
    assert address(door, "none.css") == "/door/static/none.css"


def test_it_travels_packed_to_who_unpacks_it_and_not_twice_to_who_has_it(
    door: FlaskClient,
) -> None:
    path = address(door)
    with door.get(path, headers=PACKS) as packed, door.get(path) as plain:
        assert packed.headers["Content-Encoding"] == "gzip" and len(packed.data) < len(OLD) / 4
        assert gzip.decompress(packed.data) == plain.data == OLD.encode()
        assert "Content-Encoding" not in plain.headers
        assert {packed.headers["Vary"], plain.headers["Vary"]} == {"Accept-Encoding"}
        etag = packed.headers["ETag"]
    with door.get(path, headers=PACKS | {"If-None-Match": etag}) as again:
        assert (again.status_code, again.data) == (304, b"")
    with door.get(address(door, "card.png"), headers=PACKS) as picture:
        assert "Content-Encoding" not in picture.headers
    with door.get(path, headers=PACKS | {"Range": "bytes=0-3"}) as part:
        assert part.data == OLD.encode()[:4] and "Content-Encoding" not in part.headers
