"""Clients that we did not write read the services, file a request and follow it to its end."""

import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from georeport import GeoReport
from werkzeug.serving import WSGIRequestHandler, make_server

from app.house import now
from app.site import make_site
from config.settings import Settings
from models import outside_systems
from models.base import Database
from models.outside_systems import Power
from models.ticket_flow import Action, Outcome
from models.tickets.actions import apply
from models.tickets.table import Ticket
from tests import factories

SOURCES = Path(__file__).parents[2] / "data" / "open311_clients"
CALLS = """
import json, sys
from three import Three
endpoint, key, calls = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
city = Three(endpoint, api_key=key)
print(json.dumps([getattr(city, name)(*given, **named) for name, given, named in calls]))
"""


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        return


@pytest.fixture
def key(database: Database) -> str:
    """Of a system registered just now: a real clock goes on meanwhile."""
    factories.town(database)
    with database.writing() as session:
        street = factories.area_named(session, "和顺街道").id
        admin = factories.demo_person(session, "admin")
        _, key = outside_systems.register(
            session, "随手拍", street, [Power.FILE], by=admin, at=factories.MORNING
        )
    return key


@pytest.fixture
def endpoint(database: Database, tmp_path: Path) -> Iterator[str]:
    settings = Settings(secret_key="for-tests", data_dir=tmp_path)
    server = make_server(
        "127.0.0.1", 0, make_site(settings, database), threaded=True, request_handler=Quiet
    )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.port}/open311/v2"
    server.shutdown()


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As published, and translated; what it knows as simplejson has been Python's own since."""
    folder = tmp_path_factory.mktemp("clients")
    for archive in sorted(SOURCES.glob("*.tar.gz")):
        with tarfile.open(archive) as packed:
            packed.extractall(folder / "packed", filter="data")
    found = [folder / "packed" / "three-0.8.0", folder / "packed" / "relaxml-0.1.3"]
    subprocess.run(
        [sys.executable, "-Wignore", "-m", "lib2to3", "-wn", "--no-diffs", *map(str, found)],
        check=True,
        capture_output=True,
    )
    for one in found:
        package = one.name.partition("-")[0]
        (one / package).rename(folder / package)
    (folder / "simplejson.py").write_text("from json import *\n", "utf-8")
    return folder


def calls(three: Path, endpoint: str, key: str, *calls: tuple[str, list[Any], Any]) -> list[Any]:
    run = subprocess.run(
        [sys.executable, "-Wignore", "-c", CALLS, endpoint, key, json.dumps(calls)],
        env={**os.environ, "PYTHONPATH": str(three)},
        check=True,
        capture_output=True,
        text=True,
    )
    answers: list[Any] = json.loads(run.stdout)
    return answers


def test_three_reads_services_files_a_request_and_follows_it_until_it_is_closed(
    three: Path, endpoint: str, key: str, database: Database
) -> None:
    words = {
        "address": "幸福里小区3号楼",
        "description": "楼道灯不亮，三天了",
        "phone": "13800000031",
    }
    found, services, definition, [filed] = calls(
        three,
        endpoint,
        key,
        ("discovery", [], {}),
        ("services", [], {}),
        ("services", ["facility"], {}),
        ("post", ["facility"], words),
    )
    assert found["endpoints"][0]["url"].endswith("/open311/v2")
    assert "facility" in {one["service_code"] for one in services}
    assert definition["service_code"] == "facility"
    number = filed["service_request_id"]

    [open_one] = calls(three, endpoint, key, ("request", [number], {}))[0]
    assert (open_one["status"], open_one["description"]) == ("open", words["description"])
    resolve(database, int(number))
    after = calls(
        three,
        endpoint,
        key,
        ("request", [number], {}),
        ("requests", ["facility"], {"status": "closed"}),
        ("post", ["facility"], {"description": "哪儿坏了没说"}),
    )
    assert after[0] == after[1]
    assert (after[0][0]["status"], after[0][0]["status_notes"]) == ("closed", "已解决: 换了灯泡")
    assert after[2][0]["code"] == 400

    for form in ("json", "xml"):
        reader = GeoReport(endpoint, output_format=form)
        assert reader.get_service_request(number)["status"] == "closed"
        assert reader.get_service_definition("facility")["service_code"] == "facility"
        assert len(reader.get_service_list()) == len(services)
    [listed] = GeoReport(endpoint).get_service_requests(status="closed", service_code="facility")
    assert listed["service_request_id"] == number


def resolve(database: Database, ticket_id: int) -> None:
    with database.writing() as session:
        ticket = session.get_one(Ticket, ticket_id)
        owner = factories.actor(session, "property_staff")
        apply(session, ticket, Action.ACCEPT, by=owner, at=now())
        apply(
            session,
            ticket,
            Action.RESOLVE,
            by=owner,
            at=now(),
            reason="换了灯泡",
            outcome=Outcome.FIXED,
        )
