"""Projects with milestones, tickets, progress and photos; supervisions of a project."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HAS_CLOCK = sa.text("clock_at IS NOT NULL")
ENDED = "state IN ('done', 'stopped')"


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("clock_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            f"({ENDED}) = (ended_at IS NOT NULL) AND ({ENDED}) = (result IS NOT NULL)",
            name=op.f("ck_projects_end_is_whole"),
        ),
        sa.CheckConstraint(
            "clock_at IS NULL OR ended_at IS NULL", name=op.f("ck_projects_clock_while_open")
        ),
        _foreign("projects", "area_id", "areas"),
        _foreign("projects", "post_id", "posts"),
        _foreign("projects", "made_by", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("public_id", name=op.f("uq_projects_public_id")),
    )
    _indexed("projects", "area_id", "post_id", "made_by")
    _clocked("projects")
    _create_parts()
    with op.batch_alter_table("supervisions") as batch:
        batch.add_column(sa.Column("project_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_supervisions_project_id_projects"), "projects", ["project_id"], ["id"]
        )
    _indexed("supervisions", "project_id")


def _create_parts() -> None:
    op.create_table(
        "project_tickets",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        _foreign("project_tickets", "ticket_id", "tickets"),
        _foreign("project_tickets", "project_id", "projects"),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_project_tickets")),
    )
    op.create_table(
        "project_milestones",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reached_at", MOMENT, nullable=True),
        sa.Column("clock_at", MOMENT, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'reached') = (reached_at IS NOT NULL)",
            name=op.f("ck_project_milestones_reached_has_time"),
        ),
        sa.CheckConstraint(
            "due_on >= first_due_on OR reason IS NOT NULL",
            name=op.f("ck_project_milestones_moved_has_reason"),
        ),
        _foreign("project_milestones", "project_id", "projects"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_milestones")),
    )
    _clocked("project_milestones")
    op.create_table(
        "project_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("photo_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        _foreign("project_notes", "project_id", "projects"),
        _foreign("project_notes", "author_id", "persons"),
        _foreign("project_notes", "photo_id", "media"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_notes")),
    )
    for table in ("project_tickets", "project_milestones", "project_notes"):
        _indexed(table, "project_id")
    _indexed("project_notes", "author_id", "photo_id")


def downgrade() -> None:
    op.drop_index(op.f("ix_supervisions_project_id"), "supervisions")
    with op.batch_alter_table("supervisions") as batch:
        batch.drop_constraint(op.f("fk_supervisions_project_id_projects"), type_="foreignkey")
        batch.drop_column("project_id")
    for table_name in ("project_notes", "project_milestones", "project_tickets", "projects"):
        op.drop_table(table_name)


def _clocked(table: str) -> None:
    op.create_index(
        f"ix_{table}_clock",
        table,
        ["clock_at"],
        sqlite_where=HAS_CLOCK,
        postgresql_where=HAS_CLOCK,
    )


def _foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
