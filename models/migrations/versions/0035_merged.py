"""The index of merged persons holds the merged alone: SQLite took it to find those who are not."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

MERGED = sa.text("merged_into IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_persons_merged_into", "persons")
    op.create_index(
        "ix_persons_merged_into",
        "persons",
        ["merged_into"],
        sqlite_where=MERGED,
        postgresql_where=MERGED,
    )


def downgrade() -> None:
    op.drop_index("ix_persons_merged_into", "persons")
    op.create_index("ix_persons_merged_into", "persons", ["merged_into"])
