"""A store, a platform and people that both know: what the tests of delivery walk about in."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.sandbox import SandboxOptions
from app.sandbox.client import SandboxClient
from config.settings import Settings
from jobs.channels.wechat_client import WeChatClient
from jobs.delivery import deliver_due
from models import outbox, rights
from models.base import Database
from models.outbox import Delivery, OutboxMessage, Quiet
from models.people import Identity, Person

NOON = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)  # 12:00 in Shanghai
MANY = 1000
NOBODY = "http://127.0.0.1:9/wechat/main"  # pushes go nowhere in these tests
PLATFORM = SandboxOptions(
    app_id="wx1",
    secret="s1",
    token="t1",
    push_url=NOBODY,
    mini_app_id="wx2",
    mini_secret="s2",
    retry_pause_seconds=0,
)


def settings_for(url: str, **more: Any) -> Settings:
    ours = {
        "wechat_app_id": "wx1",
        "wechat_secret": "s1",
        "mini_app_id": "wx2",
        "mini_secret": "s2",
        "data_key": base64.urlsafe_b64encode(bytes(32)).decode(),  # as tests.conftest has it
    }
    return Settings(wechat_api_base=url, **{**ours, **more})


@dataclass(frozen=True)
class Neighbour:
    """A person as our store and the platform both know them."""

    person_id: int
    identity_id: int
    openid: str


@dataclass
class Hand:
    """The hand of the client's clock, which a test moves."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Town:
    """The store, the platform and the client between them."""

    store: Database
    wechat: SandboxClient
    client: WeChatClient
    hand: Hand
    count: int = 0

    def neighbour(self, account: str = "main", writes: bool = True) -> Neighbour:
        """Somebody who follows, and who has just written unless told otherwise."""
        self.count += 1
        openid = f"demo-resident-{self.count}"
        self.wechat.say(openid, "你好") if writes else self.wechat.view(openid, "/")
        with self.store.writing() as session:
            person = Person(created_at=NOON)
            session.add(person)
            session.flush()
            identity = Identity(
                account=account, openid=openid, person_id=person.id, created_at=NOON
            )
            session.add(identity)
            session.flush()
            if writes:
                rights.wrote(session, identity.id, NOON)
            return Neighbour(person.id, identity.id, openid)

    def queue(self, whom: Neighbour, text: str = "您的工单已派出", **more: Any) -> int:
        """One message in the ledger; its id."""
        self.count += 1
        row = {
            "person_id": whom.person_id,
            "account": "main",
            "template": "wechat_text",
            "context": {"text": text},
            "unique_key": f"key-{self.count}",
            "created_at": NOON,
            **more,
        }
        with self.store.writing() as session:
            outbox.queue(session, [row])
        with self.store.reading() as session:
            found = session.scalar(
                select(OutboxMessage.id).where(OutboxMessage.unique_key == row["unique_key"])
            )
        assert found is not None
        return found

    def emergency(self, whom: Neighbour, text: str = "电梯困人，请立即到场", **more: Any) -> int:
        return self.queue(whom, text, quiet=Quiet.IGNORE, **more)

    def deliver(self, now: datetime = NOON, limit: int = 1000) -> int:
        self.hand.at = now
        return deliver_due(self.store, self.client, now, limit)

    def message(self, message_id: int) -> OutboxMessage:
        with self.store.reading() as session:
            return session.get_one(OutboxMessage, message_id)

    def identity(self, whom: Neighbour) -> Identity:
        with self.store.reading() as session:
            return session.get_one(Identity, whom.identity_id)

    def texts(self, whom: Neighbour) -> list[str]:
        """What arrived on the person's phone by our calls."""
        kinds = ("customer", "template", "subscription", "mass")
        return [item["text"] for item in self.wechat.inbox(whom.openid) if item["kind"] in kinds]

    def calls(self, path: str) -> list[dict[str, Any]]:
        return [call for call in self.wechat.calls(0) if call["path"].endswith(path)]

    def close_window(self, whom: Neighbour) -> None:
        """Two days of silence."""
        with self.store.writing() as session:
            rights.close_window(session, whom.identity_id)

    def fail(self, kind: str, path: str, value: int = 0, times: int = 1) -> None:
        self.wechat.fault(kind, path, value, times)

    def send(self, message_id: int, now: datetime = NOON) -> OutboxMessage:
        """Delivers what is due, and tells how that one ended."""
        self.deliver(now)
        return self.message(message_id)

    def event(self, whom: Neighbour, name: str, timeout: float = 10) -> dict[str, Any]:
        """The fields of an event the platform pushed about that person."""
        ends = time.monotonic() + timeout
        while time.monotonic() < ends:
            for push in self.wechat.pushes(0):
                if push["openid"] == whom.openid and push["fields"].get("Event") == name:
                    fields: dict[str, Any] = push["fields"]
                    return fields
            time.sleep(0.05)
        raise AssertionError(f"no {name}")

    def kill_while_sending(self, program: str, base: str, is_time: Callable[[], bool]) -> None:
        """Runs a worker in a process of its own, and kills it at the given moment."""
        address = self.store.url.render_as_string(hide_password=False)
        keys = {
            "LINLI_WECHAT_APP_ID": "wx1",
            "LINLI_WECHAT_SECRET": "s1",
            "LINLI_WECHAT_API_BASE": base,
        }
        worker = subprocess.Popen(
            [sys.executable, "-c", program, address, NOON.isoformat()],
            env={**os.environ, **keys},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            wait_until(is_time)
        finally:
            worker.kill()
            worker.communicate()

    def calls_begun(self, path: str) -> int:
        """How many calls have reached the platform, counted by a fault that strikes them all."""
        [fault] = [one for one in self.wechat.faults() if one["path"] == path]
        return MANY - int(fault["times"])

    def states(self, ids: Iterable[int]) -> list[Delivery]:
        return [self.message(one).state for one in ids]


def wait_until(is_time: Callable[[], bool], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not is_time():
        assert time.monotonic() < ends, f"not within {seconds} s"
        time.sleep(0.02)
