"""Restores a backup into an empty house, and reads everything again to see that it is the same."""

import hashlib
import shutil
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile

import msgspec
import psycopg
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from models.backups.manifest import (
    KEYS,
    MEDIA,
    NAME,
    ROWS,
    BackupUnfit,
    Manifest,
    TableCopy,
    marks_of,
    read_manifest,
)
from models.backups.rows import Shape, lines, put, shapes
from models.base import Database
from models.migrate import build, migrate
from models.notices import chain
from models.notices.chain import Verdict
from models.outbox import IS_QUEUED, OutboxMessage
from models.revisions import known

PIECE = 1 << 20
# All that reading an archive raises of which some bytes are others.
DAMAGE = (
    *(BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError),
    msgspec.DecodeError,
)

# The drivers' own too: rows are put past SQLAlchemy.
CONTRADICTIONS = (
    IntegrityError,
    *(sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError),
)


class TargetNotEmpty(BackupUnfit):
    """There is a house already: nothing is ever written over."""


@dataclass(frozen=True)
class Restored:
    """恢复结果 — what was read again from the new house, and equals the backup."""

    manifest: Manifest
    archive: Verdict  # the chain of archived notices
    queued: int  # messages that leave as soon as a worker starts


def carried_keys(source: Path) -> dict[str, str]:
    """The variables that the backup was given, by name; none without --with-keys."""
    with _opened(source) as archive, _damage_told():
        if KEYS not in archive.namelist():
            return {}
        return msgspec.json.decode(archive.read(KEYS), type=dict[str, str])


def restore(
    database: Database, media: Path, source: Path, *, keys: Mapping[str, bytes]
) -> Restored:
    """All or nothing: before the last row is compared, none is kept.

    Raises BackupUnfit, TargetNotEmpty, OSErrors.
    """
    with _opened(source) as archive:
        with _damage_told():
            manifest = read_manifest(archive.read(NAME))
            _check_code_and_keys(manifest, keys)
            _check_members(archive, manifest)
        _check_empty(database, media)
        build(database, manifest.revision)
        with (
            _filled_folder(media, archive, manifest),
            _refusals_told(),
            database.writer.begin() as connection,
        ):
            _fill(connection, archive, manifest)
    migrate(database)
    with database.reading() as session:
        queued = session.scalar(select(func.count(OutboxMessage.id)).where(IS_QUEUED)) or 0
        return Restored(manifest, chain.verify(session), queued)


@contextmanager
def _opened(source: Path) -> Iterator[ZipFile]:
    with _damage_told():
        archive = ZipFile(source)
    with archive:
        if NAME not in archive.namelist():
            raise BackupUnfit("it is no backup of ours: it has no manifest")
        yield archive


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except DAMAGE as damage:
        raise BackupUnfit(f"the file is damaged: {damage}") from damage


def _check_code_and_keys(manifest: Manifest, keys: Mapping[str, bytes]) -> None:
    if manifest.revision not in known():
        raise BackupUnfit(
            f"it was made by a newer version ({manifest.version}, revision {manifest.revision})"
        )
    ours = marks_of(keys)
    if missing := sorted(one for one in manifest.key_marks.items() if one not in ours.items()):
        raise BackupUnfit(
            "its personal columns are encrypted with other keys: LINLI_DATA_KEY must hold "
            + ", ".join(f"{key_id} (mark {mark})" for key_id, mark in missing)
        )


def _check_members(archive: ZipFile, manifest: Manifest) -> None:
    """Nothing is touched before the whole file is known to be as it was written."""
    wanted = {f"{ROWS}{name}.jsonl": one.sha256 for name, one in manifest.tables.items()}
    wanted |= {MEDIA + name: digest for name, digest in manifest.files.items()}
    found = set(archive.namelist())
    for name, digest in wanted.items():
        if name not in found:
            raise BackupUnfit(f"{name} is missing from it")
        with archive.open(name) as member:
            if _digest(member) != digest:
                raise BackupUnfit(f"{name} is not what the manifest says")
    for name in manifest.files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise BackupUnfit(f"{name} would lie outside the media folder")


def _digest(member: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := member.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _check_empty(database: Database, media: Path) -> None:
    with database.reader.connect() as connection:
        for shape in shapes(connection):
            if next(lines(connection, shape), None) is not None:
                raise TargetNotEmpty(f"the database is not empty: {shape.name} has rows")
    if media.is_dir() and any(media.iterdir()):
        raise TargetNotEmpty(f"{media} holds files already")


@contextmanager
def _filled_folder(media: Path, archive: ZipFile, manifest: Manifest) -> Iterator[None]:
    """The photos beside their place, and in it once what is done meanwhile went well."""
    beside = media.with_name(media.name + ".restoring")
    shutil.rmtree(beside, ignore_errors=True)
    for name in manifest.files:
        file = beside / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(MEDIA + name) as member, file.open("wb") as kept:
            shutil.copyfileobj(member, kept)
    try:
        yield
        if manifest.files:
            media.mkdir(parents=True, exist_ok=True)
            beside.replace(media)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except CONTRADICTIONS as refusal:
        # Its own words would show what residents wrote.
        raise BackupUnfit("its rows contradict each other") from refusal


def _fill(connection: Connection, archive: ZipFile, manifest: Manifest) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    built = {one.name: one for one in shapes(connection)}
    if built.keys() != manifest.tables.keys():
        raise BackupUnfit(f"its tables differ: {', '.join(built.keys() ^ manifest.tables.keys())}")
    with _keys_looked_at_last(connection):
        for name, kept in manifest.tables.items():
            shape = _ordered(built[name], kept)
            with archive.open(f"{ROWS}{name}.jsonl") as member:
                put(connection, shape, member)
            _count_on(connection, shape, kept)
            _compare(connection, shape, kept)


def _ordered(shape: Shape, kept: TableCopy) -> Shape:
    if sorted(shape.columns) != sorted(kept.columns):
        raise BackupUnfit(f"the columns of {shape.name} differ")
    return shape.in_order(kept.columns)


def _compare(connection: Connection, shape: Shape, kept: TableCopy) -> None:
    digest, rows = hashlib.sha256(), 0
    for line in lines(connection, shape):
        digest.update(line)
        rows += 1
    if (rows, digest.hexdigest()) != (kept.rows, kept.sha256):
        raise BackupUnfit(f"{shape.name} reads otherwise here: {rows} rows of {kept.rows}")


@contextmanager
def _keys_looked_at_last(connection: Connection) -> Iterator[None]:
    """Tables refer to each other in circles, so no order of them would do."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        yield
        return
    keys = connection.exec_driver_sql(
        "SELECT CAST(CAST(conrelid AS regclass) AS text), quote_ident(conname),"
        " pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = CAST(current_schema() AS regnamespace)"
    ).all()
    for table, name, _ in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _count_on(connection: Connection, shape: Shape, kept: TableCopy) -> None:
    """A number that was given once is not given again, also when its row is gone."""
    if connection.dialect.name != "postgresql" or shape.key != ("id",):
        return
    sequence = f"CAST(pg_get_serial_sequence('{shape.name}', 'id') AS regclass)"
    highest = connection.exec_driver_sql(f"SELECT max(id) FROM {shape.name}").scalar()
    if (last := max(highest or 0, kept.last_id or 0)) > 0:
        connection.exec_driver_sql(f"SELECT setval({sequence}, {last})")
