"""kill -9 of the web process while complaints come in; `make proof` does a hundred."""

import subprocess
import sys

from tests.bench.town import Case
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
