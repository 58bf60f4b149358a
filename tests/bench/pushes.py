"""Signed pushes as bytes ready for a socket: made before the clock runs."""

import hashlib
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.bench.town import TOKEN, openid_of
from tests.wechat.sender import text_push

TEXTS = Path(__file__).with_name("texts.txt")


@dataclass(frozen=True)
class Batch:
    """So many messages, each of another resident and with a MsgId of its own."""

    first: int
    count: int

    def requests(self, port: int) -> list[bytes]:
        head = signed_head(port)
        return [
            request(head, text_of(number), 10**15 + number, openid_of(number))
            for number in range(self.first, self.first + self.count)
        ]


@cache
def _texts() -> list[str]:
    return TEXTS.read_text("utf-8").splitlines()


def text_of(number: int) -> str:
    """What the resident of that number writes."""
    return _texts()[number % len(_texts())]


def signed_head(port: int) -> str:
    """Good for as many minutes as the webhook takes a timestamp for."""
    timestamp, nonce = str(int(time.time())), "4711"
    signature = hashlib.sha1("".join(sorted((TOKEN, timestamp, nonce))).encode()).hexdigest()
    query = f"signature={signature}&timestamp={timestamp}&nonce={nonce}"
    return (
        f"POST /wechat/main?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Content-Type: text/xml\r\nContent-Length: "
    )


def request(head: str, text: str, key: int, openid: str) -> bytes:
    content = text_push(text, str(key), openid, int(time.time())).encode()
    return f"{head}{len(content)}\r\n\r\n".encode() + content
