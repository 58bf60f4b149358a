"""Pages by key: rows that come meanwhile shift nothing, and a cursor says nothing to its reader."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from flask import request
from itsdangerous import BadSignature, URLSafeSerializer

from app.api.refusals import CursorUnfit
from app.api.routes import Call
from app.api.schemas import PageQuery

by_id = attrgetter("id")


def position(call: Call, query: PageQuery) -> Any:
    """After which row the page begins; None for the first. Raises CursorUnfit."""
    if not query.cursor:
        return None
    try:
        return _serializer(call).loads(query.cursor)
    except BadSignature as refused:
        raise CursorUnfit from refused


def next_cursor(
    call: Call, query: PageQuery, rows: Sequence[Any], place: Callable[[Any], Any] = by_id
) -> str | None:
    """None at the end. The rows are one more than the page shows, where there are more."""
    if len(rows) <= query.limit:
        return None
    return str(_serializer(call).dumps(place(rows[query.limit - 1])))


def _serializer(call: Call) -> URLSafeSerializer:
    """A cursor of one list says nothing to another."""
    return URLSafeSerializer(call.office.settings.secret_key, salt=f"cursor {request.endpoint}")
