"""What staff changed of who gets a class first: rows over config/dispatch.toml, by place."""

import json
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any

from sqlalchemy.orm import Session

from config.categories import LEVEL_ONE
from config.policy import load
from models import policies
from models.posts import PAID
from models.reference import looked_up

POLICY = "dispatch"  # its name among the policies
OWNER, HELPERS, DEPARTMENT = FIELDS = ("owner", "helpers", "department")

Row = Mapping[str, Any]
"""Owner posts in their order, helpers, department; of a change those alone that it says."""

Changes = tuple[str, ...]
"""Category → row as JSON, the outermost first. Text is hashed once, at every report."""

AS_SHIPPED: Changes = ()


def changes_at(session: Session, area_id: int | None) -> Changes:
    """What the house and the areas around a place say; of an unknown place, the house."""
    if not looked_up(session, POLICY, partial(_is_changed, session)):
        return AS_SHIPPED
    return looked_up(session, (POLICY, area_id), partial(_said_around, session, area_id))


def changes_tried(
    session: Session, area_ids: Collection[int], where: int | None, body: Mapping[str, Any]
) -> dict[int, tuple[Changes, Changes]]:
    """Area → what counts there now, and what would if the house (None) or an area said this."""
    return {
        area_id: (
            _changes(layers.values()),
            _changes((layers | {where: body} if where in layers else layers).values()),
        )
        for area_id, layers in policies.layers_of(session, area_ids, POLICY).items()
    }


def changes_outside(session: Session, area_id: int | None) -> Changes:
    """What counts in an area as long as it says nothing itself; of the house, the file alone."""
    if area_id is None:
        return AS_SHIPPED
    layers = policies.layers(session, area_id, POLICY)
    return _changes(body for where, body in layers.items() if where != area_id)


def changes_of(body: Mapping[str, Any]) -> Changes:
    """What one version says by itself."""
    return _changes([body])


@lru_cache(1024)
def row_of(category: str, changes: Changes = AS_SHIPPED) -> Row:
    """The row in force; not to be altered."""
    table = load("dispatch")
    row = {**table["default"], **table["category"].get(category, {})}
    for one in changes:
        row |= json.loads(one).get(category, {})
    return row


def _is_changed(session: Session) -> bool:
    return any(one.body for one in policies.in_force(session, POLICY))


def _said_around(session: Session, area_id: int | None) -> Changes:
    if area_id is None:
        last = policies.current(session, POLICY)
        return _changes([last.body] if last else [])
    return _changes(policies.layers(session, area_id, POLICY).values())


def _changes(bodies: Iterable[Mapping[str, Any]]) -> Changes:
    sound = (_sound(body.get("category", {})) for body in bodies)
    return tuple(json.dumps(rows, sort_keys=True) for rows in sound if rows)


def _sound(rows: Mapping[str, Row]) -> dict[str, Row]:
    """Without classes, and posts that may own, which the house had when it was written and has no
    longer: no report may founder on them."""
    return {key: _paid(row) for key, row in rows.items() if key in LEVEL_ONE}


def _paid(row: Row) -> Row:
    owner = [role for role in row.get(OWNER, ()) if role in PAID]
    kept = {name: row[name] for name in FIELDS if name in row and name != OWNER}
    return kept | ({OWNER: owner} if owner else {})
