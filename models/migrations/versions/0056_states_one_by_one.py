"""Partial indexes name their states one by one: of a list SQLite made a table for each new row."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

TROUBLED = ("in_doubt", "failed", "held", "expired")
OPEN = ("accepted", "dispatched", "in_progress", "reported", "suspended")
IN = "state {} ('accepted', 'dispatched', 'in_progress', 'reported', 'suspended')"
BEFORE = {
    "open": IN.format("IN"),
    "closed": IN.format("NOT IN"),
    "troubled": "state IN ('in_doubt', 'failed', 'held', 'expired')",
}
NOW = {
    "open": "({})".format(" OR ".join(f"state = '{state}'" for state in OPEN)),
    "closed": "({})".format(" AND ".join(f"state <> '{state}'" for state in OPEN)),
    "troubled": "({})".format(" OR ".join(f"state = '{state}'" for state in TROUBLED)),
}
INDEXES = {
    "ix_outbox_troubled": (["id"], "{troubled}"),
    "ix_tickets_owner_open": (["owner_id"], "{open}"),
    "ix_tickets_community_open": (
        ["community_id", "category", "opened_at", "reporter_id", "urgency"]
        + ["subcategory", "place_name", "about", "things", "state"],
        "{open}",
    ),
    "ix_tickets_community_closed": (["community_id", "ended_at"], "{closed}"),
    "ix_tickets_public_closed": (
        ["opened_at", "category", "subcategory", "area_id", "state", "merged_into"],
        "{closed} AND about IS NULL AND NOT hides_reporter AND urgency <> 'emergency'"
        " AND intent IN ('report', 'hazard') AND area_id IS NOT NULL",
    ),
    "ix_tickets_to_roll_up": (["is_rolled_up", "id"], "is_rolled_up = false AND {closed}"),
}


def upgrade() -> None:
    _say(NOW)


def downgrade() -> None:
    _say(BEFORE)


def _say(words: dict[str, str]) -> None:
    for name, (columns, condition) in INDEXES.items():
        where = sa.text(condition.format(**words))
        table = name.split("_")[1]
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
