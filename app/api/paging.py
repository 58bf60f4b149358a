"""Pages by key: rows that come meanwhile shift nothing, and a cursor says nothing to its reader."""

from collections.abc import Sequence
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from app.api.refusals import CursorUnfit
from app.api.routes import Call
from app.api.schemas import PageQuery

SALT = "cursor"


def position(call: Call, query: PageQuery) -> int | None:
    """After which row the page begins; None for the first. Raises CursorUnfit."""
    if not query.cursor:
        return None
    try:
        found = _serializer(call).loads(query.cursor)
    except BadSignature as refused:
        raise CursorUnfit from refused
    return int(found)


def next_cursor(call: Call, query: PageQuery, rows: Sequence[Any]) -> str | None:
    """None at the end. The rows are one more than the page shows, where there are more."""
    if len(rows) <= query.limit:
        return None
    return str(_serializer(call).dumps(rows[query.limit - 1].id))


def _serializer(call: Call) -> URLSafeSerializer:
    return URLSafeSerializer(call.office.settings.secret_key, salt=SALT)
