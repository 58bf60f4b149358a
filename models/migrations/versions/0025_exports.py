"""Lists taken away as sheets, and that they were, in the log of looks."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing", sa.String(), nullable=False),
        sa.Column("form", sa.String(32), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("maker_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file_key", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ready_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["persons.id"], name=op.f("fk_exports_maker_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sa.UniqueConstraint("file_key", name=op.f("uq_exports_file_key")),
    )
    op.create_index(op.f("ix_exports_maker_id"), "exports", ["maker_id"])
    with op.batch_alter_table("access_log") as table:
        table.alter_column("subject_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("listing", sa.String(), nullable=True))
        table.add_column(sa.Column("amount", sa.Integer(), nullable=True))
        table.create_check_constraint(
            op.f("ck_access_log_person_or_list"), "(what = 'list') = (subject_id IS NULL)"
        )


def downgrade() -> None:
    op.execute("DELETE FROM access_log WHERE subject_id IS NULL")
    with op.batch_alter_table("access_log") as table:
        table.drop_constraint(op.f("ck_access_log_person_or_list"), type_="check")
        table.drop_column("amount")
        table.drop_column("listing")
        table.alter_column("subject_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("exports")
