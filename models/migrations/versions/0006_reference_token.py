"""The token that tells every process when posts, places or directory have changed."""

import sqlalchemy as sa
from alembic import op

from models.reference import unwatching, watching

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Those that there are by now; what is watched later is seen to by a migration of its own.
WATCHED = (
    *("posts", "absences", "areas", "area_within", "directory_entries", "policies", "persons"),
)


def upgrade() -> None:
    op.create_table(
        "reference_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_token")),
    )
    for statement in watching(op.get_bind().dialect.name, WATCHED):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for statement in unwatching(op.get_bind().dialect.name, WATCHED):
        op.get_bind().exec_driver_sql(statement)
    op.drop_table("reference_token")
