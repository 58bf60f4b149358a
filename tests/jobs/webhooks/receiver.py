"""A department's server in a test: what it was told, whether the signature is ours, what is due."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bots.rendering import render
from config.policy import load
from jobs.channels import outside
from jobs.webhooks import Sender
from models import outside_systems
from models.base import Database
from models.outbox import OutboxMessage
from models.outside_systems import Power
from models.webhooks import endpoints
from models.webhooks.table import Webhook
from tests.factories import MORNING, area_named, building, demo_person, ticket, town

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LOOPBACK = outside.networks("127.0.0.0/8")
SENDING = load("webhooks")["sending"]
REST = timedelta(minutes=SENDING["rest_minutes"][0])


@dataclass
class Receiver:
    """接收方 — a department's server: keeps what comes and answers as it is told."""

    port: int
    came: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    on_request: Callable[[], None] = lambda: None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/linli?key=of-theirs"

    def kinds(self) -> list[str]:
        return [one["body"]["type"] for one in self.came]


def listening(
    session: Session, address: str, where: str = "和顺街道", **more: Any
) -> tuple[int, str]:
    """A system with an address, and its secret."""
    by = {"by": demo_person(session, "admin"), "at": MORNING}
    area_id = area_named(session, where).id
    system, _ = outside_systems.register(session, "城管平台", area_id, [Power.READ], **by, **more)
    secret = endpoints.set_address(session, system.id, address, **by)
    assert secret is not None
    return system.id, secret


def verified(secret: str, came: dict[str, Any]) -> bool:
    """As a department's developer would check it, written from the specification alone."""
    told = came["headers"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([told["webhook-id"].encode(), told["webhook-timestamp"].encode()])
    digest = hmac.new(key, signed + b"." + came["raw"], hashlib.sha256).digest()
    given = [one.split(",", 1) for one in told["webhook-signature"].split(" ")]
    return any(
        version == "v1" and hmac.compare_digest(base64.b64decode(text), digest)
        for version, text in given
    )


def listens(database: Database, receiver: Receiver, *numbers: int) -> int:
    """The id of a system that listens to the town, with a matter in each of these buildings."""
    town(database)
    with database.writing() as session:
        system_id, _ = listening(session, receiver.address)
        for number in numbers:
            ticket(session, building(session, number))
    return system_id


def send_due(database: Database, now: datetime) -> int:
    """How many were sent, to whatever end."""
    with Sender(database, LOOPBACK) as sender:
        return sender.begin(now)


def send_all(database: Database, now: datetime) -> None:
    while send_due(database, now):
        pass


def told_keepers(database: Database) -> list[str]:
    """What the administrator read about addresses, in order."""
    with database.reading() as session:
        rows = session.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.template.like("webhook_%"),
                OutboxMessage.person_id == demo_person(session, "admin"),
            )
            .order_by(OutboxMessage.id)
        )
        return [render(one.template, one.context) for one in rows]


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return [str(one) for one in session.scalars(select(Webhook.state).order_by(Webhook.id))]
