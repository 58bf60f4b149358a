"""`linli run` with all its processes: the order in which they start, and how they end."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import embedded, house
from app.embedded import Embedded
from config.settings import Settings, generate_missing_keys
from models import outbox
from models.base import Database
from models.outbox import Delivery, OutboxMessage
from models.people import Identity
from tests.bench.servers import free_port

PATIENCE_SECONDS = 30


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LINLI_LOG_LEVEL", "ERROR")
    generate_missing_keys(tmp_path)
    return Settings()


@pytest.fixture
def whole(settings: Settings) -> Embedded:
    made = Embedded(settings, free_port(), free_port())
    made.prepare()
    return made


@pytest.fixture
def store(settings: Settings, whole: Embedded) -> Iterator[Database]:
    database = house.open_database(settings)
    yield database
    database.dispose()


def test_what_is_due_before_the_start_reaches_people_the_sandbox_has_not_met(
    whole: Embedded, store: Database
) -> None:
    now = datetime.now(UTC)
    with store.writing() as session:
        people = session.scalars(select(Identity)).all()
        outbox.queue(session, [waiting_for(one, now) for one in people])
    with whole:
        ends = time.monotonic() + PATIENCE_SECONDS
        while arrived(store) < len(people) and time.monotonic() < ends:
            time.sleep(0.1)
    assert arrived(store) == len(people) > 50
    with store.reading() as session:
        assert session.scalars(select(Identity.openid).where(Identity.refuses)).all() == []


def test_what_the_demo_tells_at_night_comes_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = datetime(2026, 3, 2, 15, tzinfo=UTC)
    monkeypatch.setattr(house, "now", lambda: night)
    Embedded(settings, free_port(), free_port()).prepare()
    database = house.open_database(settings)
    with database.reading() as session:
        due = session.scalars(select(OutboxMessage.not_before)).all()
    database.dispose()
    assert due and set(due) == {night}


def test_a_part_that_does_not_answer_leaves_none_behind(
    whole: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "START_SECONDS", 0)
    with pytest.raises(TimeoutError), whole:
        pass
    assert [part.poll() is None for part in whole._parts.values()] == [False, False]


def waiting_for(identity: Identity, now: datetime) -> outbox.Draft:
    return outbox.Draft(
        person_id=identity.person_id,
        account=identity.account,
        template="wechat_text",
        context={"text": "您的工单已派出"},
        unique_key=f"waiting-{identity.id}",
        created_at=now,
        quiet=outbox.Quiet.AWAKE,
    )


def arrived(store: Database) -> int:
    with store.reading() as session:
        sent = select(func.count()).where(
            OutboxMessage.unique_key.startswith("waiting-"),
            OutboxMessage.state.in_((Delivery.SENT, Delivery.CONFIRMED)),
        )
        return session.scalar(sent) or 0
