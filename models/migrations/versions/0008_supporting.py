"""Supporters: with which report they came, how they rate, and how many households they make."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('accepted', 'dispatched', 'in_progress', 'reported', 'suspended')")
MERGED = sa.text("merged_into IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "tickets", sa.Column("households", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column(
        "tickets", sa.Column("reporter_left_at", sa.DateTime(timezone=True), nullable=True)
    )
    with op.batch_alter_table("supporters") as batch:
        batch.add_column(sa.Column("came_with", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("is_solved", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("stars", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_foreign_key(
            op.f("fk_supporters_came_with_tickets"), "tickets", ["came_with"], ["id"]
        )
        batch.create_check_constraint(
            op.f("ck_supporters_supporter_stars_in_range"), "stars BETWEEN 1 AND 5"
        )
    with op.batch_alter_table("ticket_notes") as batch:
        batch.add_column(sa.Column("came_with", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_ticket_notes_came_with_tickets"), "tickets", ["came_with"], ["id"]
        )
        batch.create_index(op.f("ix_ticket_notes_came_with"), ["came_with"])
    _index_open("community_id", "category", "opened_at")
    op.create_index(
        "ix_tickets_merged",
        "tickets",
        ["merged_into"],
        sqlite_where=MERGED,
        postgresql_where=MERGED,
    )
    _know_who_came()


def downgrade() -> None:
    op.drop_index("ix_tickets_merged", "tickets")
    _index_open("community_id")
    with op.batch_alter_table("ticket_notes") as batch:
        batch.drop_index(op.f("ix_ticket_notes_came_with"))
        batch.drop_constraint(op.f("fk_ticket_notes_came_with_tickets"), type_="foreignkey")
        batch.drop_column("came_with")
    with op.batch_alter_table("supporters") as batch:
        batch.drop_constraint(op.f("ck_supporters_supporter_stars_in_range"), type_="check")
        batch.drop_constraint(op.f("fk_supporters_came_with_tickets"), type_="foreignkey")
        for name in ("rated_at", "stars", "is_solved", "came_with"):
            batch.drop_column(name)
    op.drop_column("tickets", "reporter_left_at")
    op.drop_column("tickets", "households")


def _index_open(*columns: str) -> None:
    op.drop_index("ix_tickets_community_open", "tickets")
    op.create_index(
        "ix_tickets_community_open",
        "tickets",
        list(columns),
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _know_who_came() -> None:
    """Tickets merged before: their reporters joined by them."""
    op.execute(
        "UPDATE supporters SET came_with = (SELECT min(tickets.id) FROM tickets "
        "WHERE tickets.merged_into = supporters.ticket_id "
        "AND tickets.reporter_id = supporters.person_id)"
    )
    op.execute(
        "UPDATE tickets SET households = 1 + (SELECT count(*) FROM supporters "
        "WHERE supporters.ticket_id = tickets.id)"
    )
