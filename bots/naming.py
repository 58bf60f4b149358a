"""What staff call the classes: read from the policies, and said by this process."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bots import rendering
from config.categories import CATEGORIES, LAST_RESORT, NAMING, Shown, is_label
from models import policies
from models.reference import looked_up

POLICY = "categories"  # its name among the policies

log = structlog.get_logger(__name__)


def follow(session: Session) -> None:
    """Has this process show the classes as staff named them last."""
    body = looked_up(session, POLICY, partial(_body, session))
    shown = shown_in(body)
    if vars(shown) != vars(NAMING.shown):
        NAMING.use(shown)
        # Texts keep the names of classes they said before.
        rendering.shipped.cache_clear()
        rendering.WORDING.use(rendering.WORDING.written)
        log.info("categories_renamed", labels=len(shown.labels), hidden=len(shown.hidden))


def shown_in(body: Mapping[str, Any]) -> Shown:
    """Without classes that the taxonomy had when this was written and has no longer."""
    labels = body.get("labels", {})
    return Shown(
        {key: label for key, label in labels.items() if key in CATEGORIES or is_label(key)},
        tuple(key for key in body.get("order", ()) if key in CATEGORIES),
        frozenset(filter(_may_hide, body.get("hidden", ()))),
    )


def _may_hide(key: str) -> bool:
    """The child of last resort stays: a matter must have somewhere to go."""
    return is_label(key) and not key.endswith(f".{LAST_RESORT}")


def _body(session: Session) -> Mapping[str, Any]:
    last = policies.current(session, POLICY)
    return last.body if last else {}
