"""One house on two hosts: what is heard on one is delivered by the other, each job runs once."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import make_url, select

from app import demo_data
from app.house import open_database
from app.sandbox import SandboxOptions
from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread
from config.settings import Settings
from jobs.schedule import load_schedule
from models import job_runs
from models.base import Database
from models.job_runs import FIRST_SEEN, JobRun, RunState
from tests.bench.servers import free_port
from tests.conftest import skip_or_fail
from tests.hosts import Host, Network, Relay, network

PATIENCE_SECONDS = 90
DATA_KEY = "1:" + "A" * 43
ACCOUNT = {
    "LINLI_WECHAT_APP_ID": "wx1",
    "LINLI_WECHAT_SECRET": "s1",
    "LINLI_WECHAT_TOKEN": "t1",
    "LINLI_WECHAT_MODE": "plain",
}
REPORTS = (
    ("demo-resident-1", "3号楼楼道有人拉飞线给电瓶车充电", "demo-grid_worker-1"),
    ("demo-resident-2", "3号楼2单元门口的路灯不亮了，晚上看不见", "demo-property_staff-1"),
)
LATE = timedelta(minutes=10)  # for which no clock has run: jobs are due when they start

pytestmark = [pytest.mark.postgresql, pytest.mark.redis]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, ("a", "b")) as laid:
        yield laid


@pytest.fixture
def redis(net: Network, tmp_path: Path) -> Iterator[Redis]:
    binary = shutil.which("redis-server")
    if binary is None:
        skip_or_fail("no redis-server on this machine")
    port = free_port()
    options = ["--port", str(port), "--bind", net.middle, "--protected-mode", "no", "--save", ""]
    server = subprocess.Popen(
        [str(binary), *options, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL
    )
    with Redis(host=net.middle, port=port) as client:
        wait_until(lambda: answers(client))
        yield client
    server.terminate()
    server.wait(10)


def answers(client: "Redis") -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@pytest.fixture
def house(reused: Any, postgresql_server: str) -> Iterator[Database]:
    """The demo subdistrict, in which no clock has run for a while."""
    with psycopg.connect(postgresql_server, autocommit=True) as root:
        root.execute("CREATE DATABASE hosts TEMPLATE empty STRATEGY FILE_COPY")
    url = make_url(postgresql_server).set(database="hosts")
    address = url.render_as_string(hide_password=False)
    store = open_database(Settings(database_url=address, data_key=DATA_KEY))
    begun = datetime.now(UTC) - LATE
    with store.writing() as session:
        demo_data.fill(session, begun)
        job_runs.meet(session, load_schedule(), begun)
    yield store
    store.dispose()


def wait_until(is_so: Any) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.1)


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def runs(store: Database) -> list[JobRun]:
    with store.reading() as session:
        return list(session.scalars(select(JobRun).where(JobRun.due_at > FIRST_SEEN)))


def fired(host: Host) -> list[tuple[str, str]]:
    """What the clock of a host says it has run."""
    lines = host.log_of("clock").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert "clock_started" in {one["event"] for one in told}
    return [(one["job"], one["due_at"]) for one in told if one["event"].startswith("job_done")]


def test_two_hosts_work_as_one_also_when_redis_is_emptied(
    net: Network, redis: Redis, house: Database, postgresql_server: str, record_property: Any
) -> None:
    record_property("hosts", "network namespaces" if net.is_apart else "processes")
    first, second = net.hosts
    web_port = free_port()
    socket_folder = make_url(postgresql_server).query["host"]
    with ExitStack() as stack:
        options = SandboxOptions(
            app_id="wx1",
            secret="s1",
            token="t1",
            push_url=f"http://{first.address}:{web_port}/wechat/main",
        )
        sandbox = stack.enter_context(SandboxThread(options))
        platform = Relay(net.middle, ("127.0.0.1", int(sandbox.url.rpartition(":")[2])))
        store = Relay(net.middle, f"{socket_folder}/.s.PGSQL.5432")
        stack.callback(platform.close)
        stack.callback(store.close)
        environment = {
            **ACCOUNT,
            "LINLI_DATABASE_URL": f"postgresql://postgres@{net.middle}:{store.port}/hosts",
            "LINLI_REDIS_URL": f"redis://{net.middle}:{redis.get_connection_kwargs()['port']}",
            "LINLI_WECHAT_API_BASE": f"http://{net.middle}:{platform.port}",
            "LINLI_SECRET_KEY": "k" * 40,
            "LINLI_DATA_KEY": DATA_KEY,
            "LINLI_QUIET_HOURS": "0",
            "LINLI_WEB_WORKERS": "1",
        }
        first.start(environment, "web", "--port", str(web_port))
        second.start(environment, "worker")
        for host in net.hosts:
            host.start(environment, "clock")
        wait_until(lambda: is_ready(f"{first.address}:{web_port}"))
        wechat = SandboxClient(sandbox.url)
        for number, (resident, words, staff) in enumerate(REPORTS, 1):
            wechat.say(staff, "早上好")  # so that messages may reach them
            assert f"#{number}" in wechat.say(resident, words).reply_text
            wechat.wait_for(
                staff, lambda item, told=f"新任务 #{number}": told in str(item), PATIENCE_SECONDS
            )
            redis.flushall()
        every_minute = {name for name, one in load_schedule().items() if one.cron == "* * * * *"}
        wait_until(lambda: every_minute <= {one.job for one in runs(house)})
        wait_until(lambda: {one.state for one in runs(house)} == {RunState.DONE})
        for host in net.hosts:
            host.stop()
    counts = Counter(one for host in net.hosts for one in fired(host))
    assert set(counts.values()) == {1}
    kept = {(one.job, one.due_at.isoformat()): one.attempts for one in runs(house)}
    assert set(counts) == set(kept)
    assert set(kept.values()) == {1}
