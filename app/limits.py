"""How often something may be asked in a minute, counted together by all processes of a house."""

from datetime import datetime
from importlib import import_module

import structlog
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from app.wechat.limit import MinuteLimit

# A Redis that is there and silent must not hold anybody up.
PATIENCE = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}

log = structlog.get_logger(__name__)


class SharedLimit:
    """共用限额 — by calendar minute in Redis; in this process without one, or while it is away."""

    def __init__(self, redis_url: str, most: int) -> None:
        self._item = RateLimitItemPerMinute(most)
        self._own = MinuteLimit(most)
        self._shared = _shared(redis_url) if redis_url else None
        self._away_in = 0

    def is_over(self, kind: str, who: str, now: datetime) -> bool:
        """Counts this call and says whether it is one too many."""
        minute = int(now.timestamp()) // 60
        if self._shared is None or self._away_in == minute:
            return self._own.is_over(kind, who, now)
        try:
            return not self._shared.hit(self._item, kind, who, str(minute))
        except StorageError as away:
            log.warning("shared_limit_away", error=type(away.storage_error).__name__)
            self._away_in = minute
            return self._own.is_over(kind, who, now)


def _shared(redis_url: str) -> FixedWindowRateLimiter:
    """Redis is loaded here, for a house that has one; its own retries would hold up for seconds."""
    never = import_module("redis.retry").Retry(import_module("redis.backoff").NoBackoff(), 0)
    kept = storage_from_string(redis_url, wrap_exceptions=True, retry=never, **PATIENCE)
    return FixedWindowRateLimiter(kept)
