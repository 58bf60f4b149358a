"""Progress is public once a second person has looked; what was public stays so."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLES = ("legacy_progress", "project_notes")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("public_at", sa.DateTime(timezone=True), nullable=True))
        op.execute(sa.text(f"UPDATE {table} SET public_at = at"))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "public_at")
