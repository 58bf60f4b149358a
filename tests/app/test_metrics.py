"""/metrics: who may look, what it asks of the store, and that the dashboard shows nothing else."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from app import meters, metrics
from app.wechat.intake import Delivery, Write
from bots.message import EventKind, IncomingMessage, MessageKind
from config.categories import CATEGORIES
from config.settings import Settings
from jobs.schedule import load_schedule
from models.base import Database
from models.errors import StoreBusy
from models.inbox import Outcome, Received
from tests import factories
from tests.factories import MORNING
from tests.matters import scatter
from tests.statements import counted

DASHBOARD = Path(config.__file__).parent / "deploy" / "grafana.json"
MOST_STATEMENTS = 13
TOKEN = "only-for-the-collector"


def door(database: Database, **more: object) -> Flask:
    settings = Settings(secret_key="for-tests", **more)
    site = Flask("metrics-under-test", static_folder=None)
    meters.meter_pages(site)
    site.register_blueprint(metrics.make_metrics(database, settings, lambda: MORNING))
    if hops := settings.trusted_proxies:
        site.wsgi_app = ProxyFix(site.wsgi_app, x_for=hops)  # type: ignore[method-assign]
    return site


def told(site: Flask) -> dict[tuple[str, ...], float]:
    text = site.test_client().get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("settings", "address", "headers", "status"),
    [
        ({}, "127.0.0.1", {}, 200),
        ({}, "::1", {}, 200),
        ({}, "10.2.3.4", {}, 200),
        ({}, "::ffff:10.2.3.4", {}, 200),
        ({}, "8.8.8.8", {}, 404),
        ({}, "::ffff:8.8.8.8", {}, 404),
        ({}, "", {}, 404),
        ({}, "127.0.0.1", {"X-Forwarded-For": "10.0.0.1"}, 404),  # a proxy nobody told us of
        ({"trusted_proxies": 1}, "127.0.0.1", {"X-Forwarded-For": "10.0.0.1"}, 200),
        ({"trusted_proxies": 1}, "127.0.0.1", {"X-Forwarded-For": "10.0.0.1, 8.8.8.8"}, 404),
        ({"metrics_token": TOKEN}, "127.0.0.1", {}, 404),
        ({"metrics_token": TOKEN}, "8.8.8.8", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"metrics_token": TOKEN}, "8.8.8.8", {"Authorization": "Bearer onlÿ"}, 404),
    ],
)
def test_only_who_is_near_or_has_the_token_may_look(
    database: Database, settings: dict, address: str, headers: dict, status: int
) -> None:
    client = door(database, **settings).test_client()
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert (b"linli" in answer.data) is (status == 200)


def test_a_scrape_asks_the_store_little_and_the_next_one_nothing(store: Database) -> None:
    factories.town(store)
    with store.writing() as session:
        scatter(session, Random(1), 60, MORNING)
    client = door(store).test_client()
    with counted(store) as said:
        assert "linli_store_up 1.0" in client.get("/metrics").text
    assert 5 < len(said) <= MOST_STATEMENTS, said
    with counted(store) as said:
        client.get("/metrics")
    assert said == []


def test_a_store_that_is_away_is_told_and_the_rest_is_answered_still(database: Database) -> None:
    away = OperationalError("SELECT", {}, Exception("gone"))
    with patch.object(metrics.vital_signs, "readings", side_effect=away):
        found = told(door(database))
    assert found[("linli_store_up",)] == 0
    assert ("linli_push_seconds_count",) in found and ("linli_tasks_due",) not in found


def test_every_panel_asks_for_what_there_is_and_no_label_names_anybody(
    database: Database,
) -> None:
    factories.town(database)
    for write, failure in ((answered, None), (busy, StoreBusy), (broken, ValueError)):
        _count(write, failure)
    site = door(database)
    site.test_client().get("/metrics")
    text = site.test_client().get("/metrics").text
    families = {one.name: one for one in text_string_to_metric_families(text)}
    counters = {f"{name}_total" for name, one in families.items() if one.type == "counter"}
    samples = {sample.name for one in families.values() for sample in one.samples}
    known = {*families, *counters, *samples}
    board = json.loads(DASHBOARD.read_text("utf-8"))
    panels = [one for one in board["panels"] if one["type"] != "row"]
    asked = {name for one in panels for name in _names(one)}
    assert len(asked) > 20 and asked <= known, asked - known
    shown = {name for name in families if not name.endswith("_created")}
    assert shown <= {re.sub(r"_(bucket|total)$", "", name) for name in asked}, (
        "something is counted that no panel shows"
    )
    assert all(one["datasource"]["uid"] == "${datasource}" for one in panels)
    assert [one["name"] for one in board["templating"]["list"]] == ["datasource"]
    summed = re.findall(r"sum(?: by \([^)]*\))? ?\(linli_(\w+)", json.dumps(board))
    assert set(summed) <= {"process_bytes"}, "each host tells the same of the store"
    labels = {
        value
        for one in families.values()
        for sample in one.samples
        for value in sample.labels.values()
    }
    assert not [value for value in labels if OPENID in value]
    assert labels >= {"text", "click", "answered", "repeat", "busy", "error", "metrics.scrape"}


OPENID = "oABCDEFGHIJKLMNOPQRSTUVWXYZ1"


def _names(panel: dict) -> Iterator[str]:
    for target in panel["targets"]:
        yield from re.findall(r"linli_\w+", target["expr"])


def _count(write: Write, failure: type[Exception] | None) -> None:
    text = IncomingMessage("main", OPENID, "1", MessageKind.TEXT, MORNING, text="太吵了")
    click = IncomingMessage("main", OPENID, "2", MessageKind.EVENT, MORNING, EventKind.CLICK)
    for message in (text, click):
        delivery, counting = Delivery(message, MORNING, MORNING), meters.counted(write)
        if failure is None:
            assert asyncio.run(counting(delivery, None)).outcome is Outcome.ANSWERED
        else:
            with pytest.raises(failure):
                asyncio.run(counting(delivery, None))


async def answered(delivery: Delivery, _: object) -> Received:
    deliveries = 2 if delivery.message.event else 1
    return Received(1, deliveries, Outcome.ANSWERED, "好", False, MORNING)


async def busy(*_: object) -> Received:
    raise StoreBusy


async def broken(*_: object) -> Received:
    raise ValueError


def test_jobs_and_classes_are_the_only_long_lists_of_labels(database: Database) -> None:
    factories.town(database)
    found = told(door(database))
    late = {
        labels for name, *labels in found if name == "linli_job_late_seconds" for labels in labels
    }
    assert late == set(load_schedule())
    assert len(CATEGORIES) + len(late) < 100
