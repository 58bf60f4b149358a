"""Fixtures for everything that delivers; the people in them live in town.py."""

from collections.abc import Iterator

import pytest

from app.sandbox.client import SandboxClient
from app.sandbox.serve import SandboxThread
from jobs.channels.wechat_client import WeChatClient
from models.base import Database
from tests.jobs.town import PLATFORM, Hand, Town, settings_for


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread(PLATFORM) as running:
        yield running


@pytest.fixture
def wechat(sandbox: SandboxThread) -> SandboxClient:
    return SandboxClient(sandbox.url)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def client(store: Database, sandbox: SandboxThread, hand: Hand) -> Iterator[WeChatClient]:
    made = WeChatClient(store, settings_for(sandbox.url), hand)
    yield made
    made.close()


@pytest.fixture
def town(store: Database, wechat: SandboxClient, client: WeChatClient, hand: Hand) -> Town:
    return Town(store, wechat, client, hand)
