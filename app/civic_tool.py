"""A tool of somebody else's that a story plays: it files by Open311, follows, and is told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outside_systems
from models.base import Database
from models.outside_systems import Power
from models.people import Identity
from models.places import Area
from models.webhooks import endpoints

PATIENCE_SECONDS = 20


class CivicTool:
    """外部工具 — one program with its key, and a receiver of its own that takes what is signed."""

    def __init__(self, database: Database, web_url: str) -> None:
        self._database = database
        self._requests = f"{web_url}/open311/v2/requests"
        self._key = self._secret = ""
        self._told: list[dict[str, Any]] = []

    def act(self, step: Mapping[str, Any]) -> str:
        """What it reads, as it comes."""
        given: dict[str, Any] = {**step}
        acts = {
            "connects": self._connect,
            "files": self._file,
            "follows": self._follow,
            "is_told": self._hear,
        }
        return acts[given.pop("tool")](given)

    def _connect(self, given: dict[str, Any]) -> str:
        """As an administrator registers it, with the address where it listens."""
        with self._database.writing() as session:
            self._register(session, given, f"http://127.0.0.1:{self._listen()}/")
        return str(given["name"])

    def _register(self, session: Session, given: Mapping[str, Any], address: str) -> None:
        openid, area = Identity.openid == given["by"], Area.name == given["area"]
        by = session.scalars(select(Identity.person_id).where(openid)).one()
        area_id = session.scalars(select(Area.id).where(area)).one()
        who = {"by": by, "at": datetime.now(UTC)}
        system, self._key = outside_systems.register(
            session, given["name"], area_id, [Power.FILE], **who
        )
        self._secret = endpoints.set_address(session, system.id, address, **who) or ""

    def _file(self, given: dict[str, Any]) -> str:
        form = given["form"] | {"api_key": self._key}
        answer = requests.post(f"{self._requests}.json", data=form, timeout=PATIENCE_SECONDS)
        [said] = answer.json()
        return f"#{said.get('service_request_id')}\n{said.get('service_notice', answer.text)}"

    def _follow(self, given: dict[str, Any]) -> str:
        answer = requests.get(f"{self._requests}/{given['of']}.json", timeout=PATIENCE_SECONDS)
        [found] = answer.json()
        named = ("status", "status_notes", "agency_responsible", "description")
        return "\n".join(str(found.get(name, "")) for name in named)

    def _hear(self, given: dict[str, Any]) -> str:
        """All that it was told of this ticket, once the last of what is waited for has come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            about = (one for one in self._told if str(one["data"]["ticket"]["id"]) == given["of"])
            kinds = [one["type"] for one in about]
            if given["sees"][-1] in kinds or time.monotonic() > deadline:
                return "\n".join(kinds)
            time.sleep(0.1)

    def _listen(self) -> int:
        tool = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_ours = tool._is_signed(self.headers, body)
                if is_ours:
                    tool._told.append(json.loads(body))
                self.send_response(204 if is_ours else 401)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return int(server.server_address[1])

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """As both READMEs tell it to a department's developer."""
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(self._secret.removeprefix("whsec_"))
        own = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = headers["webhook-signature"].split()
        return any(hmac.compare_digest(own, one) for one in given)
