"""Signed pushes as bytes ready for a socket: made before the clock runs."""

import hashlib
import time
from dataclasses import dataclass
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
        texts = TEXTS.read_text("utf-8").splitlines()
        head = _head(port)
        return [
            _request(head, text_push(texts[n % len(texts)], str(10**15 + n), openid_of(n), _now()))
            for n in range(self.first, self.first + self.count)
        ]


def _now() -> int:
    return int(time.time())


def _head(port: int) -> str:
    timestamp, nonce = str(_now()), "4711"
    signature = hashlib.sha1("".join(sorted((TOKEN, timestamp, nonce))).encode()).hexdigest()
    query = f"signature={signature}&timestamp={timestamp}&nonce={nonce}"
    return (
        f"POST /wechat/main?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Content-Type: text/xml\r\nContent-Length: "
    )


def _request(head: str, body: str) -> bytes:
    content = body.encode()
    return f"{head}{len(content)}\r\n\r\n".encode() + content
