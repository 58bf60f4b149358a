"""Sheets that staff bring in: kept, sealed, until somebody says yes to them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "import_sheets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("maker_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("grid", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("done", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (grid IS NOT NULL)",
            name=op.f("ck_import_sheets_rows_while_waiting"),
        ),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["persons.id"], name=op.f("fk_import_sheets_maker_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_sheets")),
    )
    op.create_index(op.f("ix_import_sheets_maker_id"), "import_sheets", ["maker_id"])


def downgrade() -> None:
    op.drop_table("import_sheets")
