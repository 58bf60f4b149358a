"""How much may be sent, and how often: counted in Redis where there is one."""

from flask import g, request
from flask_limiter import ApplicationLimit, Limiter

from config.settings import Settings

LARGEST_PHOTO = 10_000_000
LARGEST_UPLOAD = LARGEST_PHOTO + 64 * 1024  # with the form around it
PER_PERSON = "120/minute"
# Many phones share the address of their network.
PER_ADDRESS = "1200/minute"
SIGNING_IN = "60/minute"


def address() -> str:
    return request.remote_addr or "unknown"


def person() -> str:
    return f"person {g.call.holder.person_id}" if g.call.holder else address()


def make_limiter(settings: Settings) -> Limiter:
    """Goes on counting in memory while Redis is away."""
    return Limiter(
        address,
        application_limits=[
            ApplicationLimit(PER_ADDRESS, key_function=address),
            ApplicationLimit(PER_PERSON, key_function=person),
        ],
        storage_uri=settings.redis_url or "memory://",
        in_memory_fallback_enabled=bool(settings.redis_url),
    )
