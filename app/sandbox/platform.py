"""What every part of the sandbox shares: options, store, clock, faults, mode, background work."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from flask import current_app

from app.sandbox import accounts
from app.sandbox.accounts import Account
from app.sandbox.faults import Faults
from app.sandbox.options import Mode, SandboxOptions
from app.sandbox.store import Store, keep_setting, setting

log = logging.getLogger(__name__)

SHANGHAI = timezone(timedelta(hours=8))
MSG_IDS_PER_SECOND = 10_000_000
NEVER = float("-inf")


class Platform:
    """The sandbox's state. Its clock runs with the wall's and can be moved ahead of it."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.faults = Faults()
        self.store = Store(options.store_path)
        self.learning = threading.Lock()
        self.learned_at = NEVER
        self._background = ThreadPoolExecutor(8, thread_name_prefix="sandbox-push")
        with self.store.writing() as db:
            self.mode: Mode = setting(db, "mode", options.mode)
            self._ahead: float = setting(db, "clock_ahead", 0.0)
            # Different senders share MsgIds, as in recorded pushes; a restart never repeats one.
            self._first_msg_id: int = setting(
                db, "first_msg_id", int(time.time()) * MSG_IDS_PER_SECOND
            )
            keep_setting(db, "first_msg_id", self._first_msg_id)

    @property
    def official(self) -> Account:
        return accounts.official(self.options, self.mode)

    @property
    def mini_program(self) -> Account:
        return accounts.mini_program(self.options)

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> float:
        with self.store.writing() as db:
            self._ahead += seconds
            keep_setting(db, "clock_ahead", self._ahead)
        return self.now()

    def use_mode(self, mode: Mode) -> None:
        self.options.check_mode(mode)
        with self.store.writing() as db:
            self.mode = mode
            keep_setting(db, "mode", mode)

    def push_to(self, push_url: str, web_url: str, mini_push_url: str) -> None:
        """Another product, or the same at another address."""
        self.learned_at = NEVER
        self.options = replace(
            self.options, push_url=push_url, web_url=web_url, mini_push_url=mini_push_url
        )

    def msg_id(self, nth_of_sender: int) -> int:
        return self._first_msg_id + nth_of_sender

    def later(self, work: Callable[..., Any], *args: Any) -> None:
        """Runs something after the answer is out, as the platform does with job results."""
        future = self._background.submit(work, *args)
        future.add_done_callback(_report)

    def close(self) -> None:
        self._background.shutdown(wait=False, cancel_futures=True)
        self.store.close()


def _report(future: Future[Any]) -> None:
    if not future.cancelled() and future.exception():
        log.error("background push failed", exc_info=future.exception())


def day(at: float) -> str:
    """The quota day, which ends at midnight in Shanghai."""
    return datetime.fromtimestamp(at, SHANGHAI).strftime("d%Y-%m-%d")


def month(at: float) -> str:
    return datetime.fromtimestamp(at, SHANGHAI).strftime("M%Y-%m")


def minute(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("m%Y-%m-%dT%H:%M")


def rid(at: float) -> str:
    return f"rid: {int(at):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def here() -> Platform:
    """The sandbox that answers the present request."""
    platform: Platform = current_app.extensions["sandbox"]
    return platform
