"""A disk that is full: clear answers, nothing half written, and all is kept once there is room."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from io import RawIOBase
from itertools import islice
from pathlib import Path

import requests

from app.house import open_database
from tests.bench.servers import serving
from tests.bench.town import Case, settings_of, town
from tests.proof.complaints import OK, Complaint, deliver, lines, try_once
from tests.proof.counting import Count, count
from tests.proof.processes import Postmaster
from tests.proof.shares import shares

REFUSED, WRONG_PASSWORD = 503, 401
DISK_MB = {"sqlite": 64, "postgresql": 256}
MOST_TRIES = 2000  # pages that are there already take some more before the disk is found full
BUSY_WORDS = "系统正忙"
SHARE_ON_POSTGRESQL = 0.5
BLOCK = bytes(4096)
LOOK_SECONDS = 0.01
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')

Trouble = Callable[[], AbstractContextManager[None]]


def prove(pushes: int, seed: int) -> dict[str, object]:
    """The sums of both stores; nothing here is left to chance, so the seed changes nothing."""
    trial = Trial()
    if may_mount():
        for case, share in shares(pushes, SHARE_ON_POSTGRESQL):
            trial.run(case, share)
    elif os.environ.get("LINLI_TEST_ALL") == "1":
        raise PermissionError("no file system may be mounted here")
    else:
        print("no file system may be mounted here: none is filled", file=sys.stderr)
    found = trial.found
    print(*found.wrong, *trial.unclear, sep="\n", file=sys.stderr)
    names = ("pushed", "inbox", "tickets", "lost", "doubled", "unknown")
    figures = {name: getattr(found, name) for name in names}
    refused = trial.statuses[REFUSED]
    return {"name": "space", **figures, "refused": refused, "unclear": len(trial.unclear)}


@dataclass
class Trial:
    """磁盘满了 — what is answered while nothing can be kept, and what is there afterwards."""

    found: Count = field(default_factory=Count)
    statuses: Counter[int] = field(default_factory=Counter)
    unclear: list[str] = field(default_factory=list)  # answers that say something else

    def run(self, case: Case, pushes: int) -> None:
        """So many before the disk is full, and as many refused afterwards."""
        with small_disk(DISK_MB[case.store]) as disk:
            trouble: Trouble = partial(full, disk)
            most = MOST_TRIES + pushes * 2
            with town(case, most, disk) as environment:
                if case.store == "postgresql":
                    # A log that can not grow ends the server; somebody has to start it again.
                    trouble = partial(ending_well, Postmaster.of(environment), trouble)
                complaints = (Complaint(number) for number in range(most))
                with serving(["app", "web"], environment) as port:
                    pushed = self._before(port, islice(complaints, pushes))
                    pushed += self._during(port, trouble, complaints, pushes)
                database = open_database(settings_of(environment))
                with database.reading() as session:
                    self.found += count(session, pushed)
                database.dispose()

    def _before(self, port: int, complaints: Iterator[Complaint]) -> list[Complaint]:
        with lines(port, 1) as opened:
            pushed = list(complaints)
            for one in pushed:
                deliver(opened, one)
        return pushed

    def _during(
        self,
        port: int,
        trouble: Trouble,
        complaints: Iterator[Complaint],
        refusals: int,
    ) -> list[Complaint]:
        """Pushes until so many are refused, and brings all again when the trouble is over."""
        pushed: list[Complaint] = []
        with lines(port, 1) as opened:
            with trouble():
                while refusals and (one := next(complaints, None)):
                    pushed.append(one)
                    status = try_once(opened[0], one)
                    self.statuses[status] += 1
                    refusals -= status == REFUSED
                    if status not in (OK, REFUSED):
                        self.unclear.append(f"the webhook answers {status}")
                if refusals:
                    self.unclear.append(f"{refusals} pushes were taken, where should they be?")
                self.unclear += signing_in(port)
            for one in pushed:
                deliver(opened, one)
        return pushed


def signing_in(port: int) -> Iterator[str]:
    """What is wrong with the console's words for somebody who signs in just now."""
    address = f"http://127.0.0.1:{port}/console/sign-in"
    with requests.Session() as browser:
        page = browser.get(address, timeout=10)
        token = TOKEN.search(page.text)
        if token is None:
            yield f"the console shows no form: {page.status_code}"
            return
        form = {"csrf_token": token[1], "name": "nobody", "password": "wrong"}
        answer = browser.post(address, form, timeout=20)
        is_refused = answer.status_code == REFUSED and BUSY_WORDS in answer.text
        if not is_refused and answer.status_code != WRONG_PASSWORD:  # there was a page left
            yield f"the console answers {answer.status_code}"


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left on it, nor of what others give back meanwhile."""
    filler, is_over = disk / "filler", threading.Event()
    with filler.open("wb", buffering=0) as file, ThreadPoolExecutor(1) as pool:
        _fill(file)
        filling = pool.submit(_keep_filling, file, is_over)
        try:
            yield
        finally:
            is_over.set()
            filling.result()
            filler.unlink()


def _keep_filling(file: RawIOBase, is_over: threading.Event) -> None:
    while not is_over.wait(LOOK_SECONDS):
        _fill(file)


def _fill(file: RawIOBase) -> None:
    with suppress(OSError):
        while file.write(BLOCK):
            continue


@contextmanager
def ending_well(postmaster: Postmaster, trouble: Trouble) -> Iterator[None]:
    """With a server that serves again."""
    with trouble():
        yield
    postmaster.start_if_ended()


def may_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system in memory."""
    with tempfile.TemporaryDirectory() as home:
        size = f"size={megabytes}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "proof", home], check=True)
        try:
            yield Path(home)
        finally:
            subprocess.run(["umount", "--lazy", home], check=True)
