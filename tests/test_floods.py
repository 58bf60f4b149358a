"""Visitors who send drop by drop, too much or never an end: a push is answered all the same."""

import random
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from app.asgi import PAGE_THREADS
from app.wechat.webhook import BODY_BYTES
from tests.bench.servers import serving
from tests.proof.hostile import Answer, Line
from tests.proof.hostile_pushes import Forger
from tests.wechat.sender import Sender, text_push

SENDER = Sender("", token="flood-token")
WEBHOOK = b"POST /wechat/main?signature=x&timestamp=1&nonce=1 HTTP/1.1\r\nHost: linli\r\n"
SIGN_IN = b"POST /console/sign-in HTTP/1.1\r\nHost: linli\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
SLOW = {
    "heads": b"POST /wechat/main HTTP/1.1\r\nHost: linli\r\nX-Slow: ",
    "bodies": WEBHOOK + b"Content-Length: 1000\r\n\r\n<xml>",
    "chunks": WEBHOOK + b"Transfer-Encoding: chunked\r\n\r\n100\r\n<xml>",
    "forms": SIGN_IN + FORM + b"Content-Length: 1000\r\n\r\nname=",
}
WITHIN_SECONDS = 5


@pytest.fixture(scope="module")
def port(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of a real server of one process."""
    folder = tmp_path_factory.mktemp("flooded")
    shutil.copy(empty_file, folder / "linli.db")
    with serving(["app", "web"], environment(folder)) as opened:
        yield opened


def environment(folder: Path) -> dict[str, str]:
    return {
        "LINLI_DATA_DIR": str(folder),
        "LINLI_DATABASE_URL": "",
        "LINLI_DATA_KEY": "1:" + "A" * 43,
        "LINLI_SECRET_KEY": "flood",
        "LINLI_WECHAT_TOKEN": SENDER.token,
        "LINLI_WECHAT_MODE": "plain",
        "LINLI_WEB_WORKERS": "1",
        "LINLI_LOG_LEVEL": "ERROR",
    }


def genuine(number: int) -> bytes:
    push = text_push("路灯坏了", str(number), f"o-flood-{number}")
    return Forger(SENDER, random.Random(number), int(time.time())).signed(push.encode())


def say(port: int, number: int) -> Answer:
    with closing(Line(port)) as line:
        return line.ask(genuine(number))


def test_those_who_send_drop_by_drop_keep_nobody_else_waiting(port: int) -> None:
    with ExitStack() as stack:
        for number, (kind, beginning) in enumerate(SLOW.items()):
            for _ in range(PAGE_THREADS * 2):
                slow = socket.create_connection(("127.0.0.1", port), WITHIN_SECONDS)
                stack.enter_context(slow).sendall(beginning)
            begun = time.monotonic()
            answer = say(port, number)
            assert answer.status == 200, kind
            assert "路灯" in SENDER.said(answer), kind  # type: ignore[arg-type]
            assert time.monotonic() - begun < WITHIN_SECONDS, kind


def test_what_has_no_end_or_another_length_than_it_says_is_refused(port: int) -> None:
    head = genuine(100).partition(b"Content-Length")[0]
    endless = b"%x\r\n%s\r\n" % (BODY_BYTES + 1, b"<" * (BODY_BYTES + 1))
    tried = {
        "a head of a megabyte": b"GET /healthz HTTP/1.1\r\nX-Long: "
        + b"x" * 1_000_000
        + b"\r\n\r\n",
        "chunks without end": head + b"Transfer-Encoding: chunked\r\n\r\n" + endless,
        "two lengths": head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n<xml/>",
        "no length": head + b"Content-Length: -1\r\n\r\n<xml/>",
        "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n",
    }
    for what, sent in tried.items():
        with closing(Line(port)) as line:
            assert line.ask(sent).status in (0, 400, 403, 413, 431), what
    assert say(port, 101).status == 200


def test_what_follows_a_push_on_its_connection_is_no_part_of_it(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), WITHIN_SECONDS) as line:
        line.sendall(genuine(102) + b"<xml>" + genuine(103))
        answers = line.makefile("rb").read()  # until the server hangs up
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"400"]
    assert say(port, 103).status == 200
