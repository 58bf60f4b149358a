"""One signed POST to an address that is not ours: guarded, bounded, no redirects, no transaction.

The address was typed in by somebody; where it leads is looked at here, on the very connection.
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from config.policy import load

PORTS = {"http": 80, "https": 443}
MOST_ADDRESSES = 3  # tried, each for its share of the time
# An IPv4 address inside of these is where such a packet ends.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Host = ipaddress.IPv4Address | ipaddress.IPv6Address


class Barred(Exception):
    """The address leads into a network that we send nothing into."""


@dataclass(frozen=True, slots=True)
class Answer:
    """应答 — what came back: a status, or the reason why none did."""

    status: int | None
    reason: str
    wait: timedelta = timedelta()  # that the other side asked for


def networks(text: str) -> list[Network]:
    """Comma-separated networks into which we may send although they are not public."""
    return [ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip()]


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """As Standard Webhooks 1 has it."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(
    keys: Sequence[bytes], message_id: str, now: datetime, body: bytes
) -> Mapping[str, str]:
    timestamp = int(now.timestamp())
    signatures = (signature(key, message_id, timestamp, body) for key in keys)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Linli-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def post(
    address: str, body: bytes, sent_with: Mapping[str, str], allowed: Sequence[Network]
) -> Answer:
    """What came of it. The answer's body is never read: nothing in it is for us."""
    parts = urlsplit(address)
    try:
        with _connected(parts, allowed) as connection:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, dict(sent_with))
            answer = connection.getresponse()
            return Answer(answer.status, str(answer.status), _wait(answer))
    except Barred:
        return Answer(None, "barred")
    except ssl.SSLError:
        return Answer(None, "tls")
    except TimeoutError:
        return Answer(None, "timeout")
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return Answer(None, type(failure).__name__)


@contextmanager
def _connected(
    parts: SplitResult, allowed: Sequence[Network]
) -> Iterator[http.client.HTTPConnection]:
    """To an address that was looked at, so that a name can not lead elsewhere in between."""
    limits = load("webhooks")["sending"]
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    plain = _reached(_addresses(host, port, parts.scheme, allowed), port)
    ending = Timer(limits["total_seconds"], _hang_up, [plain])
    ending.daemon = True
    ending.start()
    connection = http.client.HTTPConnection(host, port, timeout=limits["total_seconds"])
    try:
        plain.settimeout(limits["total_seconds"])
        connection.sock = _wrapped(plain, parts.scheme, host)
        yield connection
    finally:
        ending.cancel()
        connection.close()
        plain.close()


def _wrapped(plain: socket.socket, scheme: str, host: str) -> socket.socket:
    if scheme == "http":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _hang_up(connection: socket.socket) -> None:
    """Whoever answers a byte now and then holds us up no longer."""
    with suppress(OSError):  # it is closed already
        connection.shutdown(socket.SHUT_RDWR)


def _reached(addresses: Sequence[Host], port: int) -> socket.socket:
    """At the first that answers: a host may have addresses that lead nowhere from here."""
    seconds = load("webhooks")["sending"]["connect_seconds"] / len(addresses)
    *others, last = addresses
    for address in others:
        with suppress(OSError):
            return socket.create_connection((str(address), port), timeout=seconds)
    return socket.create_connection((str(last), port), timeout=seconds)


def _addresses(host: str, port: int, scheme: str, allowed: Sequence[Network]) -> list[Host]:
    """Those that we may send to; Barred if there is none."""
    found = []
    for *_, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        one = _embedded(ipaddress.ip_address(str(where[0]).partition("%")[0]))
        is_public = scheme == "https" and one.is_global and not one.is_multicast
        if is_public or any(one in network for network in allowed):
            found.append(one)
    if not found:
        raise Barred
    return found[:MOST_ADDRESSES]


def _embedded(found: Host) -> Host:
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found in _NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found


def _wait(answer: http.client.HTTPResponse) -> timedelta:
    """Retry-After in seconds; a date there is rare and left out."""
    asked = answer.getheader("Retry-After") or ""
    is_number = asked.isascii() and asked.isdigit() and len(asked) < 7
    return timedelta(seconds=int(asked)) if is_number else timedelta()
