"""The console: staff accounts, sign-ins, saved views, and who looked at whom."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _accounts()
    _sign_ins()
    _scans()
    _access()
    _views()


def downgrade() -> None:
    for table in (
        *("saved_views", "access_log", "sign_in_scans", "sign_ins", "sign_in_attempts"),
        "staff_accounts",
    ):
        op.drop_table(table)


def _accounts() -> None:
    op.create_table(
        "staff_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("second_factor", sa.LargeBinary(), nullable=True),
        sa.Column("second_factor_since", MOMENT, nullable=True),
        sa.Column("last_code_step", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _person("staff_accounts", "person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_accounts")),
        sa.UniqueConstraint("person_id", name=op.f("uq_staff_accounts_person_id")),
        sa.UniqueConstraint("name", name=op.f("uq_staff_accounts_name")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_hash", sa.String(), nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_name_hash", "sign_in_attempts", ["name_hash", "at"])
    op.create_index("ix_sign_in_attempts_address_hash", "sign_in_attempts", ["address_hash", "at"])
    op.create_index("ix_sign_in_attempts_at", "sign_in_attempts", ["at"])


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(32), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        _person("sign_ins", "person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_index(
        "ix_sign_ins_open", "sign_ins", ["person_id"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def _scans() -> None:
    op.create_table(
        "sign_in_scans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scene", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _person("sign_in_scans", "person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_scans")),
        sa.UniqueConstraint("scene", name=op.f("uq_sign_in_scans_scene")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_in_scans_secret_hash")),
    )
    op.create_index(op.f("ix_sign_in_scans_person_id"), "sign_in_scans", ["person_id"])


def _access() -> None:
    op.create_table(
        "access_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        _person("access_log", "person_id"),
        _person("access_log", "subject_id"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_access_log_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
    )
    op.create_index(op.f("ix_access_log_person_id"), "access_log", ["person_id"])
    op.create_index(op.f("ix_access_log_subject_id"), "access_log", ["subject_id"])


def _views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _person("saved_views", "person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_views_person_id_name")),
    )


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["persons.id"], name=op.f(f"fk_{table}_{column}_persons")
    )
