"""How much may be sent, and how often: counted in Redis where there is one."""

from flask import g, request
from flask_limiter import ApplicationLimit, Limiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.settings import Settings

LARGEST_PHOTO = 10_000_000
LARGEST_UPLOAD = LARGEST_PHOTO + 64 * 1024  # with the form around it
PER_PERSON = "120/minute"
# Many phones share the address of their network.
PER_ADDRESS = "1200/minute"
SIGNING_IN = "60/minute"
# A Redis that is there and silent must not hold anybody up; its own retries would, for seconds.
PATIENCE = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}


def address() -> str:
    return request.remote_addr or "unknown"


def person() -> str:
    return f"person {g.call.holder.person_id}" if g.call.holder else address()


def has_own_allowance() -> bool:
    """A system by its key: what it may ask was agreed with it, and is counted by that alone."""
    return g.call.system is not None


def make_limiter(settings: Settings) -> Limiter:
    """Goes on counting in memory while Redis is away.

    Where two requests find at once that it went, the second is let by uncounted.
    """
    return Limiter(
        address,
        application_limits=[
            ApplicationLimit(PER_ADDRESS, key_function=address, exempt_when=has_own_allowance),
            ApplicationLimit(PER_PERSON, key_function=person, exempt_when=has_own_allowance),
        ],
        storage_uri=settings.redis_url or "memory://",
        storage_options=PATIENCE if settings.redis_url else {},
        in_memory_fallback_enabled=bool(settings.redis_url),
        swallow_errors=True,
    )
