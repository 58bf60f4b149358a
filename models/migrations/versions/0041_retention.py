"""The archive of old events and messages, and how far each kind of rows has been put in order."""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from models.past import guarding, unguarding

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
INDEXES = {
    "ix_events_archive_subject": ("events_archive", ["subject_kind", "subject_id"], None),
    "ix_events_archive_actor": ("events_archive", ["actor_id"], "actor_id IS NOT NULL"),
    "ix_outbox_archive_person": ("outbox_archive", ["person_id"], "person_id IS NOT NULL"),
    "ix_outbox_archive_ticket": ("outbox_archive", ["ticket_id"], "ticket_id IS NOT NULL"),
    "ix_outbox_archive_event": ("outbox_archive", ["event_id"], "event_id IS NOT NULL"),
    "uq_outbox_archive_key": ("outbox_archive", ["unique_key"], "event_id IS NULL"),
}


def upgrade() -> None:
    op.create_table(
        "events_archive",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.String(), nullable=True),
        sa.Column("old", sa.String(), nullable=True),
        sa.Column("new", sa.String(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["persons.id"], name=op.f("fk_events_archive_actor_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events_archive")),
    )
    op.create_table(
        "outbox_archive",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("audience", sa.String(), nullable=True),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("quiet", sa.String(32), nullable=False),
        sa.Column("unique_key", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", MOMENT, nullable=True),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("channel", sa.String(32), nullable=True),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("platform_id", sa.String(), nullable=True),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_outbox_archive_person_id_persons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_archive")),
    )
    op.create_table(
        "retention_marks",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reached", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention_marks")),
    )
    for name, (table, columns, condition) in INDEXES.items():
        where = sa.text(condition) if condition else None
        op.create_index(
            name,
            table,
            columns,
            unique=name.startswith("uq"),
            sqlite_where=where,
            postgresql_where=where,
        )
    _run(guarding(op.get_bind().dialect.name))


def downgrade() -> None:
    _run(unguarding(op.get_bind().dialect.name))
    for live in ("events", "outbox"):
        columns = ", ".join(_columns(f"{live}_archive"))
        op.execute(f"INSERT INTO {live} ({columns}) SELECT {columns} FROM {live}_archive")
        op.drop_table(f"{live}_archive")
    op.drop_table("retention_marks")


def _columns(table: str) -> list[str]:
    bind = op.get_bind()
    quote = bind.dialect.identifier_preparer.quote
    return [quote(one["name"]) for one in sa.inspect(bind).get_columns(table)]


def _run(statements: Iterable[str]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
