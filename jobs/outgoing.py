"""What a worker sends and fetches without being asked: messages, photos, access tokens."""

from datetime import datetime
from functools import cache

from config.settings import Settings
from jobs.channels.wechat_client import WeChatClient
from jobs.delivery import deliver_due, refresh_access_tokens
from jobs.photos import fetch_photos, sweep_photos
from jobs.queue import loop
from jobs.schedule import job
from models.base import Database


@cache
def settings() -> Settings:
    return Settings()


@cache
def client_for(database: Database) -> WeChatClient:
    """One client a store and process: its connections are worth keeping."""
    return WeChatClient(database, settings())


@loop("deliver")
def deliver(database: Database, now: datetime) -> int:
    return deliver_due(database, client_for(database), now)


@loop("fetch_photos")
def fetch(database: Database, now: datetime) -> int:
    return fetch_photos(database, client_for(database), settings(), now)


@job("sweep_photos")
def sweep(database: Database, now: datetime) -> str | None:
    swept = sweep_photos(database, settings(), now)
    return f"removed={swept}" if swept else None


@job("refresh_access_token")
def refresh(database: Database, now: datetime) -> str | None:
    failing = refresh_access_tokens(client_for(database))
    return f"failing={','.join(failing)}" if failing else None
