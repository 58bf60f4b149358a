"""How often: one count for all processes by Redis, and by each alone while it is away."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.api import limits
from app.api.application import make_api
from models.outside_systems import Power
from tests.app.api.conftest import House, Phone
from tests.app.api.test_hotline import key_of
from tests.redis_server import RedisServer, redis_server

MOST = 5
HOLDS_UP_SECONDS = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many a day, as a minute may end within a test."""
    monkeypatch.setattr(limits, "PER_PERSON", f"{MOST}/day")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.mark.redis
def test_processes_share_one_count_and_no_answer_fails_while_redis_is_away(
    house: House, redis: RedisServer
) -> None:
    """Each of two applications has a limiter of its own, as each process has."""
    settings = house.office.settings.model_copy(update={"redis_url": redis.url})
    office = replace(house.office, settings=settings)
    signed_in = house.phone("demo-resident-1").tokens
    here, there = (
        Phone(replace(house, http=make_api(office).test_client()), "", signed_in) for _ in range(2)
    )
    assert _statuses(here, 3) + _statuses(there, 3) == [200] * MOST + [429]

    redis.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    with ThreadPoolExecutor(4) as crowd:
        found = Counter(
            status for one in crowd.map(lambda _: _statuses(here, 3), range(4)) for status in one
        )
    assert set(found) == {200, 429} and found[200] >= MOST
    assert time.monotonic() - begun < HOLDS_UP_SECONDS
    redis.process.send_signal(signal.SIGCONT)

    redis.process.kill()
    redis.process.wait()
    assert _statuses(there, MOST + 1) == [200] * MOST + [429]


def test_what_was_agreed_with_a_system_is_what_it_may_ask(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else comes from its address; and a key that nobody has is counted there."""
    monkeypatch.setattr(limits, "PER_ADDRESS", f"{MOST + 1}/day")
    served = replace(house, http=make_api(house.office).test_client())
    agreed = 2 * MOST
    key = key_of(house, Power.HOTLINE, per_minute=agreed)
    system, guess = (Phone(served, "", {"access_token": one}) for one in (key, "guessed"))
    results = "/hotline/results"
    assert _statuses(guess, MOST + 1, results) == [401] * MOST + [429]
    assert _statuses(system, agreed + 1, results) == [200] * agreed + [429]
    lost = Phone(served, "", {"access_token": key_of(house, Power.HOTLINE, per_minute=agreed)})
    assert _statuses(lost, agreed + 1, "/me") == [401] * agreed + [429]  # no door of its


def _statuses(phone: Phone, times: int, path: str = "/me") -> list[int]:
    return [phone.send("GET", path).status_code for _ in range(times)]
