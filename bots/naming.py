"""What staff call the classes and which they added: read from the policies, said by us."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bots import rendering
from config.categories import CATEGORIES, LAST_RESORT, NAMING, Shown, names
from models import policies
from models.reference import looked_up

POLICY = "categories"  # its name among the policies

log = structlog.get_logger(__name__)

Added = Mapping[str, str]
"""Category.child that staff added → what it is called."""


def follow(session: Session) -> None:
    """Has this process show the classes as staff named them last."""
    shown = looked_up(session, POLICY, partial(in_force, session))
    if vars(shown) != vars(NAMING.shown):
        NAMING.use(shown)
        # Texts keep the names of classes they said before.
        rendering.shipped.cache_clear()
        rendering.WORDING.use(rendering.WORDING.written)
        log.info("categories_renamed", labels=len(shown.labels), added=len(shown.added))


def in_force(session: Session) -> Shown:
    last = policies.current(session, POLICY)
    return shown_in(last.body if last else {}, ever_added(session))


def ever_added(session: Session) -> Added:
    """In any version, by its last name: matters may stand in it whatever was gone back to."""
    versions = reversed(policies.history(session, POLICY))
    return {key: label for one in versions for key, label in added_in(one.body).items()}


def added_in(body: Mapping[str, Any]) -> Added:
    added: Added = body.get("added", {})
    return {key: label for key, label in added.items() if key.partition(".")[0] in CATEGORIES}


def shown_in(body: Mapping[str, Any], ever: Added) -> Shown:
    """Without classes that the taxonomy had when this was written and has no longer; those that
    were added after it are left out of what people choose from."""
    now = added_in(body)
    added = {**ever, **now}
    known = names(Shown(added=added))
    left_out = {*body.get("hidden", ()), *(ever.keys() - now.keys())}
    return Shown(
        {key: label for key, label in body.get("labels", {}).items() if key in known},
        tuple(key for key in body.get("order", ()) if key in CATEGORIES),
        frozenset(key for key in left_out if key in known and _may_hide(key)),
        added,
    )


def _may_hide(key: str) -> bool:
    """The child of last resort stays: a matter must have somewhere to go."""
    return "." in key and not key.endswith(f".{LAST_RESORT}")
