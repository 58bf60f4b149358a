"""Legacy problems with task force, plan and milestones; findings that were only found."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

HAS_CLOCK = sa.text("clock_at IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "operation_findings",
        sa.Column("is_settled", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.create_table(
        "legacy_problems",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", sa.String(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('under_way', 'ended') OR plan IS NOT NULL",
            name=op.f("ck_legacy_problems_under_way_has_plan"),
        ),
        sa.CheckConstraint(
            "(state = 'ended') = (outcome IS NOT NULL)"
            " AND (state = 'ended') = (result IS NOT NULL)"
            " AND (state = 'ended') = (ended_at IS NOT NULL)",
            name=op.f("ck_legacy_problems_end_is_whole"),
        ),
        _foreign("legacy_problems", "area_id", "areas"),
        _foreign("legacy_problems", "opened_by", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legacy_problems")),
        sa.UniqueConstraint("public_id", name=op.f("uq_legacy_problems_public_id")),
    )
    _indexed("legacy_problems", "area_id", "opened_by")
    _create_parts()


def _create_parts() -> None:
    op.create_table(
        "legacy_tickets",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        _foreign("legacy_tickets", "ticket_id", "tickets"),
        _foreign("legacy_tickets", "problem_id", "legacy_problems"),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_legacy_tickets")),
    )
    op.create_table(
        "legacy_force",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        _foreign("legacy_force", "problem_id", "legacy_problems"),
        _foreign("legacy_force", "post_id", "posts"),
        _foreign("legacy_force", "person_id", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legacy_force")),
        sa.UniqueConstraint(
            "problem_id", "person_id", name=op.f("uq_legacy_force_problem_id_person_id")
        ),
    )
    op.create_table(
        "legacy_milestones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'reached') = (reached_at IS NOT NULL)",
            name=op.f("ck_legacy_milestones_reached_has_time"),
        ),
        sa.CheckConstraint(
            "due_on >= first_due_on OR reason IS NOT NULL",
            name=op.f("ck_legacy_milestones_moved_has_reason"),
        ),
        _foreign("legacy_milestones", "problem_id", "legacy_problems"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legacy_milestones")),
    )
    op.create_index(
        "ix_legacy_milestones_clock",
        "legacy_milestones",
        ["clock_at"],
        sqlite_where=HAS_CLOCK,
        postgresql_where=HAS_CLOCK,
    )
    op.create_table(
        "legacy_progress",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _foreign("legacy_progress", "problem_id", "legacy_problems"),
        _foreign("legacy_progress", "author_id", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legacy_progress")),
    )
    _indexed("legacy_tickets", "problem_id")
    _indexed("legacy_force", "person_id")
    _indexed("legacy_milestones", "problem_id")
    _indexed("legacy_progress", "problem_id", "author_id")


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table in ("progress", "milestones", "force", "tickets", "problems"):
        op.drop_table(f"legacy_{table}")
    op.drop_column("operation_findings", "is_settled")
