"""Room for the kinds of events with the longest names: PostgreSQL could not keep those."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

SHORT, LONG = sa.String(20), sa.String(40)


def upgrade() -> None:
    _widen(SHORT, LONG)


def downgrade() -> None:
    op.execute("UPDATE inbox SET kind = substr(kind, 1, 20)")
    _widen(LONG, SHORT)


def _widen(before: sa.String, after: sa.String) -> None:
    """SQLite keeps any length, whatever the column says, and would copy the table for it."""
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("inbox", "kind", existing_type=before, type_=after, existing_nullable=False)
