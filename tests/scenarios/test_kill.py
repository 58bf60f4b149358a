"""kill -9 of the web process while complaints come in; `make proof` does a hundred."""

import subprocess
import sys
from functools import partial

import pytest
from click.testing import CliRunner

from tests.bench.town import Case
from tests.proof.__main__ import PROOFS, main
from tests.proof.kills import kill_during_intake


def test_no_complaint_is_lost_or_doubled_when_the_web_process_is_killed() -> None:
    counted = kill_during_intake(Case("sqlite", "FULL"), kills=5, seed=7)
    assert counted.is_right, counted
    assert counted.pushed == counted.inbox == counted.tickets > 5
    assert counted.repeated > 0


def test_without_the_inbox_key_the_same_count_finds_complaints_doubled() -> None:
    counted = kill_during_intake(Case("sqlite", "FULL"), kills=1, seed=7, without="inbox_key")
    assert not counted.is_right
    assert counted.doubled > 0


def test_a_guard_that_no_proof_takes_out_is_refused() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "tests.proof", "--without", "gravity"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert asked.returncode == 2
    assert "'gravity'" in asked.stderr and "inbox_key" in asked.stderr
    assert asked.stdout == ""


def test_a_proof_that_is_asked_for_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, int]] = []
    for name in PROOFS:
        stands_in = partial(_noted, ran, name)
        monkeypatch.setitem(PROOFS, name, (9, stands_in))
    assert CliRunner().invoke(main, ["--kills", "3"]).exit_code == 0
    assert ran == [("kills", 3)]
    ran.clear()
    assert CliRunner().invoke(main).exit_code == 1
    assert ran == [(name, 9) for name in PROOFS] and ran[-1][0] == "kills"


def _noted(ran: list[tuple[str, int]], name: str, cases: int, seed: int) -> dict[str, object]:
    """Nine kills lose one; three lose nothing."""
    ran.append((name, cases))
    return {"seed": seed, "lost": int(cases == 9)}
