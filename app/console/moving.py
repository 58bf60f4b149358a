"""Deadlines that a draft of limits or of a calendar would move, as its second look tells it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.console.desk import Desk
from models.tickets.recomputing import Moving
from models.tickets.sight import sight_of

MOST_LISTED = 50


def outlook(
    session: Session,
    desk: Desk,
    moving: Callable[[ColumnElement[bool]], Iterator[Moving]],
    now: datetime,
) -> Mapping[str, Any]:
    """How many open matters get other deadlines, and which, of those that this person sees."""
    sight = sight_of(session, desk.staff.person_id, now)
    return {
        "first": list(islice(moving(sight.condition()), MOST_LISTED)),
        "count": sum(1 for _ in moving(sight.not_about_them())),
        "is_least": sight.may_be_accused,
    }
