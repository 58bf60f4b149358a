"""A repeat of the message that erased its sender is found, and makes nobody of them again."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_inbox_erased", "inbox"
IS_ERASED = sa.text("substr(openid, 1, 7) = 'erased-'")


def upgrade() -> None:
    op.create_index(
        NAME, TABLE, ["message_key"], sqlite_where=IS_ERASED, postgresql_where=IS_ERASED
    )


def downgrade() -> None:
    op.drop_index(NAME, TABLE)
