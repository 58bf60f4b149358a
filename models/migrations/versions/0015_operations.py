"""Joint operations: who was asked to come, what was found on site, the photos of it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("state IN ('planned', 'under_way', 'ended')")
HAS_CLOCK = sa.text("clock_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("leader_id", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('under_way', 'ended', 'published') OR started_at IS NOT NULL",
            name=op.f("ck_operations_under_way_has_begun"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('ended', 'published') OR ended_at IS NOT NULL",
            name=op.f("ck_operations_end_has_time"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('ended', 'published') OR notice_id IS NOT NULL",
            name=op.f("ck_operations_end_has_sheet"),
        ),
        _foreign("operations", "area_id", "areas"),
        _foreign("operations", "leader_id", "persons"),
        _foreign("operations", "notice_id", "notices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
    )
    op.create_index(op.f("ix_operations_area_id"), "operations", ["area_id"])
    op.create_index(op.f("ix_operations_notice_id"), "operations", ["notice_id"])
    _partial("ix_operations_leader", "leader_id", IS_OPEN)
    _partial("ix_operations_clock", "clock_at", HAS_CLOCK)
    _create_members()
    _create_findings()


def _create_members() -> None:
    op.create_table(
        "operation_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("reply", sa.String(32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(reply = 'asked') = (replied_at IS NULL)",
            name=op.f("ck_operation_members_reply_has_time"),
        ),
        _foreign("operation_members", "operation_id", "operations"),
        _foreign("operation_members", "post_id", "posts"),
        _foreign("operation_members", "person_id", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation_members")),
        sa.UniqueConstraint(
            "operation_id", "person_id", name=op.f("uq_operation_members_operation_id_person_id")
        ),
    )
    op.create_index(op.f("ix_operation_members_person_id"), "operation_members", ["person_id"])


def _create_findings() -> None:
    op.create_table(
        "operation_findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("building", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("count > 0", name=op.f("ck_operation_findings_count_is_positive")),
        _foreign("operation_findings", "operation_id", "operations"),
        _foreign("operation_findings", "person_id", "persons"),
        _foreign("operation_findings", "ticket_id", "tickets"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation_findings")),
    )
    for column in ("operation_id", "person_id", "ticket_id"):
        op.create_index(op.f(f"ix_operation_findings_{column}"), "operation_findings", [column])
    op.create_table(
        "operation_photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=True),
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _foreign("operation_photos", "operation_id", "operations"),
        _foreign("operation_photos", "finding_id", "operation_findings"),
        _foreign("operation_photos", "media_id", "media", ondelete="CASCADE"),
        _foreign("operation_photos", "person_id", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation_photos")),
        sa.UniqueConstraint("media_id", name=op.f("uq_operation_photos_media_id")),
    )
    for column in ("operation_id", "finding_id", "person_id"):
        op.create_index(op.f(f"ix_operation_photos_{column}"), "operation_photos", [column])


def _foreign(
    table: str, column: str, other: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)


def _partial(name: str, column: str, where: sa.TextClause) -> None:
    op.create_index(name, "operations", [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for table in ("operation_photos", "operation_findings", "operation_members", "operations"):
        op.drop_table(table)
