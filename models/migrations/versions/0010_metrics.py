"""Figures: what they count of a ticket, the daily rollups, and a beginning for older tickets."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TO_ROLL_UP = sa.text(
    "NOT is_rolled_up AND "
    "state NOT IN ('accepted', 'dispatched', 'in_progress', 'reported', 'suspended')"
)
COUNTS = (
    *("opened", "complaints", "answered", "answer_missed", "resolved_in_time", "resolved_late"),
    *("fixed", "disputed", "cannot_fix", "not_ours", "duplicate", "withdrawn"),
    *("reopened", "returned", "ratings", "satisfied"),
)
COUNTED = (
    *("area_id", "category", "intent", "urgency", "state", "level", "outcome", "owner_post_id"),
    *("reported_at", "opened_at", "pauses", "suspended_at", "suspended_until", "resolved_at"),
    *("is_answered_late", "is_resolved_late", "is_solved", "stars", "rated_at"),
    *("returns", "reopens", "joined_ratings", "joined_satisfied"),
)
MOMENTS = {name for name in COUNTED if name.endswith(("_at", "_until"))}
TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    **dict.fromkeys(COUNTED, sa.String()),
    **dict.fromkeys(MOMENTS, sa.DateTime(timezone=True)),
    **dict.fromkeys(("is_answered_late", "is_resolved_late", "is_solved"), sa.Boolean()),
    **dict.fromkeys(("area_id", "owner_post_id", "stars", "returns", "reopens"), sa.Integer()),
    **dict.fromkeys(("joined_ratings", "joined_satisfied"), sa.Integer()),
    "pauses": sa.JSON(),
}
TICKETS = sa.table(
    "tickets",
    sa.column("id", sa.Integer()),
    *(sa.column(name, kind) for name, kind in TYPES.items()),
)
EVENTS = sa.table(
    "events",
    *(sa.column(name, sa.String()) for name in ("subject_kind", "verb")),
    *(sa.column(name, sa.Integer()) for name in ("subject_id", "area_id")),
    sa.column("detail", sa.JSON()),
    sa.column("at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for name in ("is_answered_late", "is_resolved_late"):
        op.add_column("tickets", sa.Column(name, sa.Boolean(), nullable=True))
    op.add_column("tickets", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("joined_ratings", "joined_satisfied"):
        op.add_column("tickets", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "tickets",
        sa.Column("is_rolled_up", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "ix_tickets_to_roll_up",
        "tickets",
        ["id"],
        sqlite_where=TO_ROLL_UP,
        postgresql_where=TO_ROLL_UP,
    )
    op.create_table(
        "metric_days",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("slice", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_metric_days_area_id_areas")
        ),
        sa.PrimaryKeyConstraint("area_id", "slice", "day", "key", name=op.f("pk_metric_days")),
    )
    _know_what_was()
    _begin()


def downgrade() -> None:
    op.execute("DELETE FROM events WHERE verb = 'ticket_counted'")
    op.drop_table("metric_days")
    op.drop_index("ix_tickets_to_roll_up", "tickets")
    for name in ("is_rolled_up", "joined_satisfied", "joined_ratings", "reported_at"):
        op.drop_column("tickets", name)
    for name in ("is_resolved_late", "is_answered_late"):
        op.drop_column("tickets", name)


def _know_what_was() -> None:
    """By the deadlines the tickets bear; of who joined, what their rows hold."""
    op.execute(
        "UPDATE tickets SET is_answered_late = accepted_at > accept_due_at"
        " WHERE accepted_at IS NOT NULL"
    )
    op.execute(
        "UPDATE tickets SET is_resolved_late = resolved_at > resolve_due_at"
        " WHERE resolved_at IS NOT NULL"
    )
    op.execute(
        "UPDATE tickets SET reported_at = (SELECT min(events.at) FROM events"
        " WHERE events.subject_kind = 'ticket' AND events.subject_id = tickets.id"
        " AND events.verb = 'ticket_opened') WHERE reopens > 0"
    )
    rated = "FROM supporters WHERE supporters.ticket_id = tickets.id AND rated_at IS NOT NULL"
    op.execute(
        f"UPDATE tickets SET joined_ratings = (SELECT count(*) {rated}),"
        f" joined_satisfied = (SELECT count(*) {rated} AND (stars >= 3 OR"
        f" (stars IS NULL AND is_solved)))"
    )


def _begin() -> None:
    """The log did not say all of it before; one event a ticket tells from where to go on."""
    connection, now = op.get_bind(), datetime.now(UTC)
    rows = connection.execute(sa.select(TICKETS)).mappings().all()
    told = [
        {
            "subject_kind": "ticket",
            "subject_id": row["id"],
            "verb": "ticket_counted",
            "area_id": row["area_id"],
            "detail": {"counted": {name: _plain(row[name]) for name in COUNTED}},
            "at": now,
        }
        for row in rows
    ]
    if told:
        connection.execute(sa.insert(EVENTS), told)


def _plain(value: object) -> object:
    if not isinstance(value, datetime):
        return value
    return {"at": value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC).isoformat()}
