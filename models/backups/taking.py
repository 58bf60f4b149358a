"""Takes a backup of a running house: one moment of the store, then the photos it names."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import msgspec
from sqlalchemy import Connection

from models.backups.manifest import (
    FORMAT,
    KEYS,
    MEDIA,
    NAME,
    ROWS,
    BackupUnfit,
    Manifest,
    TableCopy,
    marks_of,
)
from models.backups.rows import Shape, lines, shapes
from models.base import Database
from models.revisions import revision_of


def take(
    database: Database,
    media: Path,
    target: Path,
    *,
    keys: Mapping[str, bytes],
    kept_keys: Mapping[str, str],
    at: datetime,
) -> Manifest:
    """Writes the file, whole or not at all; what goes on meanwhile is not in it.

    `kept_keys` are the variables that go into it, by name. Raises BackupUnfit for a store without
    tables, FileExistsError and other OSErrors.
    """
    with _new_file(target) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        with one_moment(database) as connection:
            revision = revision_of(connection)
            if revision is None:
                raise BackupUnfit("the database has no tables yet")
            tables = {one.name: _copy(connection, one, archive) for one in shapes(connection)}
        # After the rows: each photo they name was in its place before its row said so.
        files = dict(_copied_files(media, archive))
        if kept_keys:
            archive.writestr(KEYS, msgspec.json.encode(dict(kept_keys)))
        manifest = Manifest(FORMAT, version("linli"), revision, at, tables, files, marks_of(keys))
        archive.writestr(NAME, msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


@contextmanager
def one_moment(database: Database) -> Iterator[Connection]:
    """The store as it is now, for as long as it takes to read all of it."""
    with database.reader.connect() as connection:
        if not database.is_sqlite:
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield connection


def _copy(connection: Connection, shape: Shape, archive: ZipFile) -> TableCopy:
    digest, rows = hashlib.sha256(), 0
    with archive.open(f"{ROWS}{shape.name}.jsonl", "w", force_zip64=True) as member:
        for line in lines(connection, shape):
            member.write(line)
            digest.update(line)
            rows += 1
    return TableCopy(list(shape.columns), rows, digest.hexdigest(), _last_id(connection, shape))


def _last_id(connection: Connection, shape: Shape) -> int | None:
    """What PostgreSQL counts on from; SQLite goes on from the highest that is there."""
    if connection.dialect.name != "postgresql" or shape.key != ("id",):
        return None
    sequence = f"pg_get_serial_sequence('{shape.name}', 'id')"
    last: int | None = connection.exec_driver_sql(
        f"SELECT pg_sequence_last_value(CAST({sequence} AS regclass))"
    ).scalar()
    return last


def _copied_files(media: Path, archive: ZipFile) -> Iterator[tuple[str, str]]:
    for file in sorted(media.glob("*/*.jpg")):
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            continue  # erased meanwhile
        name = file.relative_to(media).as_posix()
        archive.writestr(MEDIA + name, content, ZIP_STORED)  # a JPEG gets no smaller
        yield name, hashlib.sha256(content).hexdigest()


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    """Under its name only once it is whole and on the disk; nobody else may read it."""
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    part = target.with_name(target.name + ".part")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
