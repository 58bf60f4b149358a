"""A limit that all processes count together, and that holds by itself where Redis is away."""

import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from app.limits import SharedLimit
from tests.factories import MORNING
from tests.redis_server import redis_server


@pytest.mark.redis
def test_two_processes_share_one_count_which_goes_on_where_redis_goes_away(
    tmp_path: Path,
) -> None:
    with redis_server(tmp_path) as redis:
        one, other = (SharedLimit(redis.url, 3) for _ in range(2))

        def over(limit: SharedLimit, who: str = "a", minutes: int = 0) -> bool:
            return limit.is_over("open311", who, MORNING + timedelta(minutes=minutes))

        assert [over(one), over(other), over(one), over(other), over(one)] == [False] * 3 + [
            True
        ] * 2
        assert [over(one, "b"), over(one, minutes=1)] == [False, False]
        redis.process.send_signal(signal.SIGSTOP)  # there, and silent
        began = time.monotonic()
        assert not over(one, minutes=2)
        assert time.monotonic() - began < 2
        redis.process.kill()
        redis.process.wait()
        assert [over(other, minutes=2) for _ in range(4)] == [False] * 3 + [True]


def test_without_redis_each_process_counts_for_itself() -> None:
    one, other = SharedLimit("", 1), SharedLimit("", 1)
    assert [limit.is_over("a", "b", MORNING) for limit in (one, other, one)] == [False, False, True]
