"""Open311 of other houses, and what is handed on to them."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
IS_UNDER_WAY, IS_FILED = sa.text("state IN ('asked', 'sending')"), sa.text("state = 'filed'")


def upgrade() -> None:
    op.create_table(
        "open311_endpoints",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("jurisdiction", sa.String(), nullable=True),
        sa.Column("api_key", sa.LargeBinary(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_endpoints")),
    )
    op.create_table(
        "open311_referrals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("endpoint_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("request_number", sa.String(), nullable=True),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("filed_at", MOMENT, nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state != 'filed' OR request_number IS NOT NULL OR token IS NOT NULL",
            name=op.f("ck_open311_referrals_filed_has_number"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_open311_referrals_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["open311_endpoints.id"],
            name=op.f("fk_open311_referrals_endpoint_id_open311_endpoints"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["persons.id"], name=op.f("fk_open311_referrals_asked_by_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_referrals")),
    )
    for column in ("ticket_id", "endpoint_id", "asked_by"):
        op.create_index(op.f(f"ix_open311_referrals_{column}"), "open311_referrals", [column])
    for name, column, is_unique, where in (
        ("ix_open311_referrals_under_way", "ticket_id", True, IS_UNDER_WAY),
        ("ix_open311_referrals_followed", "id", False, IS_FILED),
    ):
        op.create_index(
            name,
            "open311_referrals",
            [column],
            unique=is_unique,
            sqlite_where=where,
            postgresql_where=where,
        )


def downgrade() -> None:
    op.drop_table("open311_referrals")
    op.drop_table("open311_endpoints")
