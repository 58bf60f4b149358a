"""Publicity: for whom and by which ways, the archive's chain, tags of people, the calendar."""

import datetime as dt
import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OPEN = sa.text("met_at IS NULL AND dropped_at IS NULL")
CHANNELS = '["push", "page", "poster"]'


def upgrade() -> None:
    op.add_column(
        "notices", sa.Column("channels", sa.JSON(), server_default=CHANNELS, nullable=False)
    )
    op.create_table(
        "notice_audiences",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        _foreign("notice_audiences", "notice_id", "notices"),
        sa.PrimaryKeyConstraint("notice_id", "audience", name=op.f("pk_notice_audiences")),
    )
    op.execute("INSERT INTO notice_audiences SELECT id, 'everybody' FROM notices")
    op.create_table(
        "notice_links",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("link_hash", sa.String(), nullable=False),
        _foreign("notice_links", "notice_id", "notices"),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_notice_links")),
        sa.UniqueConstraint("notice_id", name=op.f("uq_notice_links_notice_id")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_notice_links_previous_hash")),
    )
    _chain_what_is_archived()
    op.create_table(
        "person_tags",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _foreign("person_tags", "person_id", "persons"),
        _foreign("person_tags", "by_id", "persons"),
        sa.PrimaryKeyConstraint("person_id", "tag", name=op.f("pk_person_tags")),
    )
    op.create_index(op.f("ix_person_tags_tag"), "person_tags", ["tag"])
    _create_dues()


def _create_dues() -> None:
    op.create_table(
        "publicity_dues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("is_mandatory", sa.Boolean(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("due_on >= opens_on", name=op.f("ck_publicity_dues_due_after_it_opens")),
        sa.CheckConstraint(
            "met_at IS NULL OR notice_id IS NOT NULL",
            name=op.f("ck_publicity_dues_met_by_a_notice"),
        ),
        sa.CheckConstraint(
            "(dropped_at IS NULL) = (dropped_by IS NULL)",
            name=op.f("ck_publicity_dues_dropped_by_somebody"),
        ),
        sa.CheckConstraint(
            "met_at IS NULL OR dropped_at IS NULL", name=op.f("ck_publicity_dues_met_or_dropped")
        ),
        _foreign("publicity_dues", "area_id", "areas"),
        _foreign("publicity_dues", "notice_id", "notices"),
        _foreign("publicity_dues", "dropped_by", "persons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publicity_dues")),
        sa.UniqueConstraint(
            "entry", "area_id", "period", name=op.f("uq_publicity_dues_entry_area_id_period")
        ),
    )
    for column in ("area_id", "notice_id"):
        op.create_index(op.f(f"ix_publicity_dues_{column}"), "publicity_dues", [column])
    op.create_index(
        "ix_publicity_dues_open",
        "publicity_dues",
        ["due_on"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _chain_what_is_archived() -> None:
    """What was archived before there was a chain begins it, in the order in which it was."""
    connection = op.get_bind()
    notices, objections, areas = (_read(name) for name in ("notices", "objections", "areas"))
    links = _read("notice_links")
    archived = (
        sa.select(notices, areas.c.name.label("area"))
        .join(areas, areas.c.id == notices.c.area_id)
        .where(notices.c.state == "archived")
        .order_by(notices.c.archived_at, notices.c.id)
    )
    previous = "0" * 64
    for position, row in enumerate(connection.execute(archived).mappings().all(), 1):
        answers = connection.execute(
            sa.select(objections.c.id, objections.c.answer)
            .where(objections.c.notice_id == row["id"])
            .order_by(objections.c.id)
        )
        content = _content(row, [list(one) for one in answers])
        content_hash = _hash(content)
        link_hash = _hash(f"{position}\n{previous}\n{content_hash}")
        connection.execute(
            links.insert().values(
                position=position,
                notice_id=row["id"],
                content=content,
                content_hash=content_hash,
                previous_hash=previous,
                link_hash=link_hash,
            )
        )
        previous = link_hash


def _read(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())


def _content(row: sa.RowMapping, answers: list[list[object]]) -> str:
    kept = {
        "notice": row["id"],
        "version": row["version"],
        "corrects": row["corrects_id"],
        "kind": row["kind"],
        "title": row["title"],
        "body": row["body"],
        "area_id": row["area_id"],
        "area": row["area"],
        "author": row["author_id"],
        "reviewer": row["reviewer_id"],
        "published_at": _moment(row["published_at"]),
        "window_ends_at": _moment(row["window_ends_at"]),
        "archived_at": _moment(row["archived_at"]),
        "answers": answers,
    }
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _moment(at: dt.datetime | None) -> str | None:
    """SQLite keeps moments in UTC without saying so."""
    if at is None:
        return None
    utc = at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return utc.isoformat(timespec="microseconds")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def downgrade() -> None:
    for table in ("publicity_dues", "person_tags", "notice_links", "notice_audiences"):
        op.drop_table(table)
    op.drop_column("notices", "channels")
