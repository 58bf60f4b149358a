"""What was learned when a matter was sent, carried on to its page under seal."""

import hashlib
from collections.abc import Iterable
from typing import Any

from flask import request
from itsdangerous import BadSignature, URLSafeSerializer

from app.pages.my.visit import Visit
from bots.forms import Filed


def kept_of(filed: Filed) -> dict[str, Any]:
    """As much of it as may be asked about."""
    return {
        "ticket": filed.opened.ticket_id,
        "is_class_known": filed.is_class_known,
        "parts": mark_of(filed.parts),
        "twin": filed.twin["ticket_id"] if filed.twin else None,
    }


def mark_of(parts: Iterable[str]) -> str:
    """Of the several matters that somebody was shown: their words are no part of an address."""
    words = "\n".join(parts)
    return hashlib.sha256(words.encode()).hexdigest()[:16] if words else ""


def sealed(visit: Visit, received: dict[str, Any]) -> str:
    """For the address: who is offered a neighbour's matter could else ask for any."""
    return str(_seal(visit).dumps(received))


def received_of(visit: Visit, ticket_id: int) -> dict[str, Any]:
    """Of this matter, where its page follows upon the form; else nothing."""
    try:
        received = _seal(visit).loads(request.values.get("received", ""))
    except BadSignature:
        return {}
    return dict(received) if received["ticket"] == ticket_id else {}


def _seal(visit: Visit) -> URLSafeSerializer:
    return URLSafeSerializer(visit.office.settings.secret_key, salt="page received")
