"""A Redis of a test's own, which it may stop, hold still and go on with."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.bench.servers import free_port
from tests.conftest import skip_or_fail

PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class RedisServer:
    url: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    binary = shutil.which("redis-server")
    if binary is None:
        skip_or_fail("no redis-server on this machine")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen([str(binary), *options], stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield RedisServer(f"redis://127.0.0.1:{port}/0", process)
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    with Redis(port=port) as client:
        while True:
            try:
                client.ping()
                return
            except RedisError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
