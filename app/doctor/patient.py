"""The house under examination: each part is opened when it is first looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from app.house import open_database
from config.settings import Settings
from jobs.channels.wechat_client import WeChatClient
from models.base import Database


@dataclass
class House:
    """受检系统 — its settings, and the moment it is looked at by this machine's clock."""

    settings: Settings
    now: datetime

    @cached_property
    def database(self) -> Database:
        """Without a bell: Redis is looked at by itself."""
        return open_database(self.settings.model_copy(update={"redis_url": ""}))

    @cached_property
    def client(self) -> WeChatClient:
        return WeChatClient(self.database, self.settings)

    @property
    def sqlite_file(self) -> Path | None:
        path = self.settings.database.removeprefix("sqlite:///")
        return Path(path) if self.settings.is_sqlite else None

    def close(self) -> None:
        if "client" in self.__dict__:
            self.client.close()
        if "database" in self.__dict__:
            self.database.dispose()


@contextmanager
def opened(settings: Settings, now: datetime) -> Iterator[House]:
    house = House(settings, now)
    try:
        yield house
    finally:
        house.close()
