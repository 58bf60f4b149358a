"""Whose answer came when is found through an index: a photo of staff belongs to the last one."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

NAME = "ix_assignments_answered"


def upgrade() -> None:
    op.create_index(
        NAME,
        "assignments",
        ["person_id", "answered_at"],
        sqlite_where=sa.text("answered_at IS NOT NULL"),
        postgresql_where=sa.text("answered_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(NAME, "assignments")
