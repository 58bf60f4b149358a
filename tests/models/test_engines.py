"""The gate before SQLite's one writer: who waits is woken, and who died holds nobody up."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from models import engines
from models.engines import FileGate
from models.errors import StoreBusy

HOLDER = """
import sys, time
from pathlib import Path
from models.engines import FileGate
FileGate(Path(sys.argv[1])).enter()
print("in", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "linli.db.writer"


def test_who_waits_is_woken_by_who_leaves(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a pause of a minute, only the bell can let them in before the time limit."""
    monkeypatch.setattr(engines, "GATE_PAUSE_SECONDS", 60)
    monkeypatch.setattr(engines, "LOCK_SECONDS", 60)
    first, second = FileGate(path), FileGate(path)
    first.enter()
    waiting = threading.Thread(target=second.enter)
    waiting.start()
    time.sleep(0.2)
    assert waiting.is_alive()
    first.leave()
    waiting.join(20)
    assert not waiting.is_alive()
    second.leave()
    first.close()
    second.close()


def test_who_waits_too_long_is_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LOCK_SECONDS", 0.05)
    first, second = FileGate(path), FileGate(path)
    first.enter()
    with pytest.raises(StoreBusy):
        second.enter()
    first.close()
    second.close()


def test_a_writer_that_was_killed_holds_nobody_up(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "in\n"
    finally:
        holder.kill()
        holder.communicate()
    gate = FileGate(path)
    gate.enter()
    gate.leave()
    gate.close()
