"""Reports, who is sent them, and the group robots that post them."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("state IN ('queued', 'sending')")


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(32), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_reports_days_in_order")),
        _foreign("reports", "area_id", "areas"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint(
            "edition", "area_id", "first_on", name=op.f("uq_reports_edition_area_id_first_on")
        ),
    )
    op.create_index("ix_reports_area_id", "reports", ["area_id"])
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(32), nullable=False),
        sa.Column("wish", sa.String(32), nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        _foreign("subscriptions", "area_id", "areas"),
        _foreign("subscriptions", "person_id", "persons"),
        _foreign("subscriptions", "said_by", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint(
            "area_id",
            "person_id",
            "edition",
            name=op.f("uq_subscriptions_area_id_person_id_edition"),
        ),
    )
    op.create_index("ix_subscriptions_area", "subscriptions", ["area_id", "edition"])
    op.create_index("ix_subscriptions_person_id", "subscriptions", ["person_id"])
    op.create_index("ix_subscriptions_said_by", "subscriptions", ["said_by"])
    _create_robots()


def _create_robots() -> None:
    op.create_table(
        "group_robots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("editions", sa.JSON(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=True),
        _foreign("group_robots", "area_id", "areas"),
        _foreign("group_robots", "added_by", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_robots")),
    )
    op.create_index("ix_group_robots_area_id", "group_robots", ["area_id"])
    op.create_index("ix_group_robots_added_by", "group_robots", ["added_by"])
    op.create_table(
        "robot_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("robot_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("unique_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'sending' OR lease_token IS NOT NULL",
            name=op.f("ck_robot_messages_sending_has_lease"),
        ),
        _foreign("robot_messages", "robot_id", "group_robots"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robot_messages")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_robot_messages_unique_key")),
    )
    op.create_index(
        "ix_robot_messages_open",
        "robot_messages",
        ["state", "not_before"],
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("ix_robot_messages_robot", "robot_messages", ["robot_id", "begun_at"])


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def downgrade() -> None:
    for table in ("robot_messages", "group_robots", "subscriptions", "reports"):
        op.drop_table(table)
