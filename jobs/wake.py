"""Wakes workers after a commit. Only a hint: a worker that is not woken looks by itself."""

from typing import Protocol

import structlog
from dramatiq import Message
from dramatiq.broker import Broker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import BrokerError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

QUEUE = "linli"
PATIENCE_SECONDS = 0.5  # a hint is not worth the five seconds WeChat gives us

log = structlog.get_logger(__name__)


class Bell(Protocol):
    """门铃 — tells workers that a task is due."""

    def ring(self, kind: str, task_id: int) -> None: ...


class MuteBell:
    """For the embedded shape: its workers look so often that no hint is needed."""

    def ring(self, kind: str, task_id: int) -> None:
        return


class RedisBell:
    """For workers anywhere: a Dramatiq message with the task's id and nothing else."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def ring(self, kind: str, task_id: int) -> None:
        try:
            self._broker.enqueue(
                Message(queue_name=QUEUE, actor_name=kind, args=(task_id,), kwargs={}, options={})
            )
        except (BrokerError, RedisError) as failure:
            log.warning("worker_not_woken", kind=kind, error=type(failure).__name__)


def redis_broker(redis_url: str) -> Broker:
    """Without Dramatiq's own retries and limits: the tasks table has them."""
    client = Redis.from_url(
        redis_url,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        # redis-py's own retries with pauses would keep the caller waiting for seconds
        retry=Retry(NoBackoff(), 0),
    )
    broker = RedisBroker(client=client, middleware=[], namespace="linli")
    broker.declare_queue(QUEUE)
    return broker


def make_bell(redis_url: str) -> Bell:
    """The bell of this installation, for whoever has committed a task."""
    return RedisBell(redis_broker(redis_url)) if redis_url else MuteBell()
