"""One call to an address of somebody else's: signed, guarded, bounded, and never led elsewhere."""

import base64
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jobs.channels import outside
from tests.jobs.webhooks.receiver import (
    DAY,
    LOOPBACK,
    SENDING,
    Receiver,
)


def test_the_signature_is_that_of_the_published_example() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = outside.signature(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


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
