"""The embedded shape: web, clock, worker and sandbox as processes of one command."""

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from types import FrameType

import structlog

from app import demo_data, first_accounts, house
from app.serving import check_free
from config.settings import Settings
from models.base import Database
from models.errors import AlreadyDone
from models.migrate import migrate

HERE = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 10
LOOK_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Embedded:
    """Starts the parts, starts again what ends, and ends them all when it is left."""

    def __init__(
        self, settings: Settings, port: int | None = None, sandbox_port: int | None = None
    ) -> None:
        self._with_sandbox = not settings.has_credentials
        # In a trial somebody looks at the demo people's phones, at night too.
        quiet_hours = settings.quiet_hours and not self._with_sandbox
        self._settings = settings.model_copy(update={"quiet_hours": quiet_hours})
        self._port = port or settings.web_port
        self._sandbox_port = sandbox_port or settings.sandbox_port
        self._environment = self._shared_environment()
        self._parts: dict[str, subprocess.Popen[bytes]] = {}
        self._is_stopping = False
        self.demo_password = ""

    @property
    def web_url(self) -> str:
        return f"http://{HERE}:{self._port}"

    @property
    def sandbox_url(self) -> str | None:
        return f"http://{HERE}:{self._sandbox_port}" if self._with_sandbox else None

    def prepare(self) -> None:
        """The database, and in a trial the demo subdistrict and its staff's accounts.

        Raises OSError for a taken port.
        """
        check_free(HERE, self._port)
        if self._with_sandbox:
            check_free(HERE, self._sandbox_port)
        database = house.open_database(self._settings)
        try:
            migrate(database)
            if self._with_sandbox:
                self._fill(database)
            first_accounts.make_first_administrator(database, self._settings, house.now())
        finally:
            database.dispose()

    def _fill(self, database: Database) -> None:
        with suppress(AlreadyDone), database.writing() as session:  # it was filled the first time
            demo_data.fill(session, house.now())
        self.demo_password = first_accounts.make_demo_accounts(database, house.now())

    def __enter__(self) -> "Embedded":
        try:
            self._start_all()
        except BaseException:
            self._stop_all()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_all()

    def _start_all(self) -> None:
        if self._with_sandbox:
            self._start("sandbox", "sandbox", "--port", str(self._sandbox_port))
        self._start("web", "web", "--port", str(self._port))
        self._await(f"{self.web_url}/readyz")
        if self.sandbox_url:
            # Its list of people is complete once it has asked the web process for ours.
            self._await(f"{self.sandbox_url}/sandbox/people")
            subprocess.run([*_LINLI, "menu", "push"], env=self._environment, check=False)
        # Last: a message for somebody the sandbox has not heard of would be refused for ever.
        self._start("worker", "worker")
        self._start("clock", "clock")

    def _stop_all(self) -> None:
        self._is_stopping = True
        for part in self._parts.values():
            part.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for part in self._parts.values():
            try:
                part.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()

    def wait(self) -> None:
        """Returns on Ctrl-C or SIGTERM; a part that ends by itself is started again."""

        def stop(_: int, __: FrameType | None) -> None:
            self._is_stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        while not self._is_stopping:
            time.sleep(LOOK_SECONDS)
            for name, part in list(self._parts.items()):
                if part.poll() is not None and not self._is_stopping:
                    log.error("part_ended", part=name, code=part.returncode)
                    self._start(name, *part.args[len(_LINLI) :])  # type: ignore[index]

    def _start(self, name: str, *arguments: str) -> None:
        # A group of its own: Ctrl-C reaches us alone, and we stop the parts in order.
        self._parts[name] = subprocess.Popen(
            [*_LINLI, *arguments], env=self._environment, start_new_session=True
        )

    def _await(self, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise TimeoutError(f"{url} did not answer in {START_SECONDS} s")

    def _shared_environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        if self._with_sandbox:
            key = secrets.token_urlsafe(40).replace("-", "a").replace("_", "b")[:43]
            environment |= {
                "LINLI_WECHAT_APP_ID": "wx-sandbox",
                "LINLI_WECHAT_SECRET": secrets.token_hex(16),
                "LINLI_WECHAT_TOKEN": secrets.token_hex(16),
                "LINLI_WECHAT_AES_KEY": key,
                "LINLI_WECHAT_MODE": self._settings.wechat_mode,
                "LINLI_WECHAT_API_BASE": f"http://{HERE}:{self._sandbox_port}",
                "LINLI_BASE_URL": self.web_url,
                "LINLI_DEV": "1",
            }
        return environment | {"LINLI_QUIET_HOURS": str(int(self._settings.quiet_hours))}


_LINLI = [sys.executable, "-m", "app"]
