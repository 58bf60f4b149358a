"""Outgoing webhooks from the event to a real receiver: signed, in order, again, and to an end."""

import base64
import hashlib
import hmac
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.categories import Intent, Urgency
from config.policy import load
from jobs.channels import outside
from jobs.webhooks import send_due, webhook_upkeep
from models import outside_systems
from models.base import Database
from models.errors import AlreadyDone, NotFound
from models.outbox import OutboxMessage
from models.outside_systems import Power, SystemUnfit
from models.people import Person
from models.posts import Role
from models.tickets.opening import Report, open_ticket
from models.tickets.table import About, Ticket
from models.webhooks import endpoints, lists, queueing, sending
from models.webhooks.table import StopReason, Webhook, WebhookEndpoint, WebhookState
from models.whistles import calling
from tests.factories import MORNING, area_named, building, demo_person, ticket, town
from tests.statements import counted

ROOT = Path(__file__).parents[2]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LOOPBACK = outside.networks("127.0.0.0/8")
SENDING = load("webhooks")["sending"]
REST = timedelta(minutes=SENDING["rest_minutes"])


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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            kept.came.append({"raw": raw, "headers": named, "body": json.loads(raw)})
            kept.on_request()
            status, more = kept.answers.pop(0) if kept.answers else (204, {})
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


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


def send_all(database: Database, now: datetime) -> None:
    while send_due(database, now, LOOPBACK):
        pass


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return [str(one) for one in session.scalars(select(Webhook.state).order_by(Webhook.id))]


def test_the_signature_is_that_of_the_published_example() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = outside.signature(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_matter_is_told_step_by_step_signed_and_without_a_word_about_its_reporter(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        _, secret = listening(session, receiver.address)
        resident = demo_person(session, "resident")
        session.get_one(Person, resident).name = "居民甲"
        text = "楼道太吵，我叫居民甲，请打13812345678，我住2单元501"
        one = ticket(session, building(session, 3), reporter=resident, text=text)
        ticket_id = one.id
    assert receiver.came == []  # nothing leaves before somebody sends it
    with store.writing() as session:
        one = session.get_one(Ticket, ticket_id)
        caller = demo_person(session, "community_staff")
        calling.sound(session, one, ["city_management"], by=caller, at=MORNING + MINUTE)
    now = MORNING + 2 * MINUTE
    send_all(store, now)
    assert receiver.kinds() == ["ticket.opened", "ticket.dispatched", "whistle.called"]
    assert all(verified(secret, came) for came in receiver.came)
    assert not any(verified("whsec_" + "A" * 44, came) for came in receiver.came)
    opened, dispatched, called = (came["body"]["data"] for came in receiver.came)
    assert opened["sequence"] < dispatched["sequence"] < called["sequence"]
    assert (dispatched["from"], dispatched["to"]) == ("reported", "dispatched")
    assert called["department"] == "city_management"
    assert {"check_in_due", "result_due"} <= called.keys()
    assert opened["ticket"]["id"] == ticket_id
    assert opened["ticket"]["place"] == "幸福里小区3号楼"
    assert "138****5678" in opened["ticket"]["text"]
    whole = json.dumps([came["body"] for came in receiver.came], ensure_ascii=False)
    with store.reading() as session:
        name = session.get_one(Person, session.get_one(Ticket, ticket_id).reporter_id).name
    assert name
    assert not [one for one in (name, "13812345678", "501") if one in whole]
    assert '"reporter' not in whole
    assert states(store) == ["sent"] * 3


def test_only_what_lies_in_its_area_and_is_not_about_its_owner_is_told(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        listening(session, receiver.address, "幸福里小区", role=Role.PROPERTY_STAFF)
        here, away = building(session, 3), building(session, 1, "阳光花园")
        plain = ticket(session, here).id
        ticket(session, here, about=About.PROPERTY, category="property_service")
        ticket(session, away)
        nowhere = ticket(session, None)
        assert nowhere.area_id is None
    send_all(store, MORNING)
    assert {came["body"]["data"]["ticket"]["id"] for came in receiver.came} == {plain}
    with store.reading() as session:
        rows = session.scalars(select(Webhook).order_by(Webhook.id)).all()
        withheld = [one for one in rows if one.state == WebhookState.WITHHELD]
        assert len(withheld) == 2  # opened and dispatched
        system_id = rows[0].system_id
        assert lists.counts(session, system_id) == {WebhookState.SENT: 2}
        assert withheld[0] not in lists.latest(session, system_id)
    with store.writing() as session, pytest.raises(NotFound):
        lists.resend(session, withheld[0].id, by=demo_person(session, "admin"), at=MORNING)


def test_a_department_hears_its_own_calls_alone(database: Database, receiver: Receiver) -> None:
    town(database)
    with database.writing() as session:
        listening(session, receiver.address, department="fire")
        one = ticket(session, building(session, 3))
        caller = demo_person(session, "community_staff")
        calling.sound(session, one, ["city_management", "fire"], by=caller, at=MORNING)
    send_all(database, MORNING)
    told = [came["body"] for came in receiver.came if came["body"]["type"] == "whistle.called"]
    assert [one["data"]["department"] for one in told] == ["fire"]


def test_an_ordinary_report_pays_nothing_where_nobody_listens(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town(store)
    with store.reading() as session:
        report = Report(
            account="main",
            reporter_id=demo_person(session, "resident"),
            text="楼道太吵",
            category="noise",
            subcategory=None,
            urgency=Urgency.NORMAL,
            intent=Intent.REPORT,
            confidence=0.9,
            area_id=building(session, 3).id,
        )

    def statements() -> list[str]:
        with counted(store) as said, store.writing() as session:
            open_ticket(session, report, MORNING)
        return list(said)

    statements()  # what is kept in memory is read once
    with_it = statements()
    monkeypatch.setattr(queueing, "queue", lambda *_: None)
    assert statements() == with_it
    monkeypatch.undo()
    with store.writing() as session:
        listening(session, "https://example.org/")
    statements()
    assert len(states(store)) == 2


def test_what_fails_is_tried_again_with_the_same_id_and_the_order_of_a_ticket_is_kept(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        listening(session, receiver.address)
        first = ticket(session, building(session, 3)).id
        ticket(session, building(session, 2))
    receiver.answers = [(500, {}), (503, {"Retry-After": "3600"})]
    assert send_due(store, MORNING, LOOPBACK) == 2  # one of each ticket
    assert send_due(store, MORNING + MINUTE, LOOPBACK) == 0  # an address that fails rests
    assert send_due(store, MORNING + REST, LOOPBACK) == 1  # and is tried with one alone
    later = MORNING + timedelta(hours=1)
    send_all(store, later)
    assert states(store) == ["sent"] * 4
    mine = [came for came in receiver.came if came["body"]["data"]["ticket"]["id"] == first]
    sequences = [came["body"]["data"]["sequence"] for came in mine]
    assert sequences == sorted(sequences)
    ids = [came["headers"]["webhook-id"] for came in receiver.came]
    assert len(ids) == 6
    assert len(set(ids)) == 4


def test_a_worker_that_dies_during_a_call_leaves_a_telling_that_is_made_again(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        listening(session, receiver.address)
        ticket(session, building(session, 3))
    with store.writing() as session:
        [claimed] = sending.claim(session, MORNING)
    body = outside.encoded(claimed.body)
    outside.post(
        claimed.address,
        body,
        outside.headers(claimed.secrets, claimed.message_id, MORNING, body),
        LOOPBACK,
    )  # and dies before it writes down the answer
    assert states(store)[0] == "sending"
    assert send_due(store, MORNING + timedelta(seconds=1), LOOPBACK) == 0
    after = MORNING + timedelta(seconds=SENDING["lease_seconds"])
    send_all(store, after)
    ids = [came["headers"]["webhook-id"] for came in receiver.came]
    assert ids[0] == ids[1]
    assert states(store) == ["sent"] * 2
    with store.writing() as session:
        sending.failed(session, claimed, "500", after)  # an answer that comes too late
    assert states(store) == ["sent"] * 2


def test_a_worker_killed_while_the_receiver_answers_leaves_nothing_untold(
    database: Database, receiver: Receiver
) -> None:
    town(database)
    with database.writing() as session:
        listening(session, receiver.address)
        ticket(session, building(session, 3))
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.one_webhook", str(database.url), MORNING.isoformat()],
        cwd=ROOT,
    )
    receiver.on_request = worker.kill
    assert worker.wait(30) == -signal.SIGKILL
    receiver.on_request = lambda: None
    assert states(database) == ["sending", "queued"]
    send_all(database, MORNING + timedelta(seconds=SENDING["lease_seconds"]))
    assert receiver.kinds() == ["ticket.opened", "ticket.opened", "ticket.dispatched"]
    assert receiver.came[0]["headers"]["webhook-id"] == receiver.came[1]["headers"]["webhook-id"]
    assert states(database) == ["sent"] * 2


def test_an_address_that_fails_for_days_is_stopped_its_keepers_are_told_and_may_resend(
    store: Database, receiver: Receiver
) -> None:
    town(store)
    with store.writing() as session:
        system_id, _ = listening(session, receiver.address)
        ticket(session, building(session, 3))
    receiver.answers = [(500, {})] * 30
    now = MORNING
    tries = 0
    while send_due(store, now, LOOPBACK):
        tries += 1
        now += DAY
    assert tries == 5
    assert set(states(store)) == {"failed"}
    with store.reading() as session:
        endpoint = session.get_one(WebhookEndpoint, system_id)
        assert endpoint.stop_reason == StopReason.FAILING
        assert tries == len(receiver.came)
        admin = demo_person(session, "admin")
        told = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template == "webhook_stopped")
        ).all()
        assert admin in {one.person_id for one in told}
    receiver.answers.clear()
    receiver.came.clear()
    with store.writing() as session:
        ticket(session, building(session, 3), now)  # nobody listens now
        endpoints.restart(session, system_id, by=admin, at=now)
        row = session.scalars(select(Webhook).order_by(Webhook.id)).first()
        assert row is not None
        lists.resend(session, row.id, by=admin, at=now)
        with pytest.raises(AlreadyDone):
            lists.resend(session, row.id, by=admin, at=now)
        with pytest.raises(NotFound):
            lists.resend(session, row.id, by=demo_person(session, "resident"), at=now)
    assert send_due(store, now, LOOPBACK) == 1
    assert receiver.kinds() == ["ticket.opened"]


def test_an_address_that_says_it_is_gone_is_sent_nothing_more(
    database: Database, receiver: Receiver
) -> None:
    town(database)
    with database.writing() as session:
        system_id, _ = listening(session, receiver.address)
        ticket(session, building(session, 3))
    receiver.answers = [(410, {})]
    send_all(database, MORNING)
    assert len(receiver.came) == 1
    assert states(database) == ["failed"] * 2
    with database.reading() as session:
        assert session.get_one(WebhookEndpoint, system_id).stop_reason == StopReason.GONE


def test_when_an_address_works_again_what_waits_is_sent_at_once(
    database: Database, receiver: Receiver
) -> None:
    town(database)
    with database.writing() as session:
        listening(session, receiver.address)
        ticket(session, building(session, 3))
        ticket(session, building(session, 2))
    receiver.answers = [(500, {})] * 2
    send_due(database, MORNING, LOOPBACK)
    with database.writing() as session:
        first = session.scalars(select(Webhook).order_by(Webhook.id)).first()
        assert first is not None
        session.execute(
            update(Webhook).where(Webhook.id != first.id).values(not_before=MORNING + DAY)
        )
    send_all(database, MORNING + REST)
    assert states(database) == ["sent"] * 4


def test_a_changed_secret_signs_beside_the_former_one_for_a_day(
    database: Database, receiver: Receiver
) -> None:
    town(database)
    with database.writing() as session:
        system_id, old = listening(session, receiver.address)
        by = demo_person(session, "admin")
        new = endpoints.new_secret(session, system_id, by=by, at=MORNING)
        ticket(session, building(session, 3))
    send_due(database, MORNING, LOOPBACK)
    assert verified(old, receiver.came[0])
    assert verified(new, receiver.came[0])
    send_due(database, MORNING + DAY, LOOPBACK)
    assert not verified(old, receiver.came[1])
    assert verified(new, receiver.came[1])
    with database.reading() as session:
        kept = session.connection().exec_driver_sql("SELECT secret FROM webhook_endpoints").one()
        assert new.encode() not in bytes(kept[0])


def test_no_redirect_is_followed_and_no_private_address_is_sent_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answers = [(302, {"Location": receiver.address})]
    assert outside.post(receiver.address, b"{}", {}, LOOPBACK).reason == "302"
    assert len(receiver.came) == 1
    port = receiver.port
    for host in (
        *("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"),
        *(
            "10.0.0.8",
            "169.254.169.254",
            "192.168.1.1",
            "0.0.0.0",
            "[64:ff9b::7f00:1]",
            "[fe80::1]",
        ),
        *("100.64.0.1", "224.0.0.1", "[::]", "[2002:7f00:1::]"),
    ):
        for scheme in ("http", "https"):
            assert outside.post(f"{scheme}://{host}:{port}/", b"{}", {}, []).reason == "barred"
    assert len(receiver.came) == 1
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: public)
    assert outside.post("http://example.org/", b"{}", {}, []).reason == "barred"  # in the clear


def test_a_host_is_reached_at_any_of_its_addresses(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo

    def both(host: str, port: int, *more: Any, **named: Any) -> list[Any]:
        hosts = ("127.0.0.2", "127.0.0.1") if host == "department.example" else (host,)
        return [one for each in hosts for one in found(each, port, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    address = f"http://department.example:{receiver.port}/"
    assert outside.post(address, b"{}", {}, LOOPBACK).status == 204
    assert receiver.came[0]["headers"]["host"] == f"department.example:{receiver.port}"


def test_an_answer_that_drips_or_never_comes_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {**SENDING, "total_seconds": 0.3}
    monkeypatch.setattr(outside, "load", lambda _: {"sending": limits})
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        over = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not over.wait(0.02):
                    try:
                        connection.send(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        answer = outside.post(f"http://127.0.0.1:{port}/", b"{}", {}, LOOPBACK)
        over.set()
        thread.join()
    assert answer.status is None


def test_what_is_no_address_is_refused(database: Database) -> None:
    town(database)
    for address in (
        *("", "example.org", "ftp://example.org/", "https://", "https://a b/", "https://me@x.org/"),
        *(
            "https://example.org/#part",
            "https://例子.cn/",
            "https://x.org:0/",
            "https://x.org:99999/",
        ),
    ):
        with pytest.raises(SystemUnfit), database.writing() as session:
            listening(session, address)


def test_old_ones_are_forgotten_and_those_of_ended_systems_wait_no_more(
    database: Database, receiver: Receiver
) -> None:
    town(database)
    with database.writing() as session:
        system_id, _ = listening(session, receiver.address)
        ticket(session, building(session, 3))
        outside_systems.end(session, system_id, by=demo_person(session, "admin"), at=MORNING)
        ticket(session, building(session, 2))
    assert send_due(database, MORNING, LOOPBACK) == 0
    assert webhook_upkeep(database, MORNING) is None
    assert states(database) == ["failed"] * 2
    later = MORNING + timedelta(days=SENDING["kept_days"], seconds=1)
    assert webhook_upkeep(database, later) == "removed=2"


def test_a_slow_address_holds_up_no_other_system(database: Database, receiver: Receiver) -> None:
    town(database)
    with database.writing() as session:
        listening(session, "http://127.0.0.1:9/")  # nobody listens on that port
        listening(session, receiver.address)
        for number in (1, 2, 3, 1, 2, 3):
            ticket(session, building(session, number))
    assert send_due(database, MORNING, LOOPBACK) == 2 * SENDING["at_once"]
    send_all(database, MORNING + MINUTE)
    assert states(database).count("sent") == len(receiver.came) == 12
    assert send_due(database, MORNING + REST, LOOPBACK) == 1


def test_a_certificate_that_nobody_vouches_for_is_not_taken(tmp_path: Path) -> None:
    chain = tmp_path / "own.pem"
    chain.write_bytes(own_certificate())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def shake() -> None:
            connection, _ = server.accept()
            with connection, suppress(ssl.SSLError, OSError):
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=shake)
        thread.start()
        address = f"https://localhost:{server.getsockname()[1]}/"
        assert outside.post(address, b"{}", {}, LOOPBACK).reason == "tls"
        thread.join()


def own_certificate() -> bytes:
    """Of localhost, vouched for by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - DAY)
        .not_valid_after(datetime.now(UTC) + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(text, *plain) + made.public_bytes(text)
