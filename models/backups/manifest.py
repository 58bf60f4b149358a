"""What a backup says of itself: where it comes from, and how to know that nothing is missing."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec

from models.errors import DomainError

FORMAT = 1
NAME = "manifest.json"
KEYS = "keys.json"
ROWS = "rows/"
MEDIA = "media/"


class BackupUnfit(DomainError):
    """This file can not be restored here; the detail says why."""


class TableCopy(msgspec.Struct, frozen=True):
    """表副本 — one table as it was: its columns in order, how many rows, and their digest."""

    columns: list[str]
    rows: int
    sha256: str
    last_id: int | None  # the highest number ever given, where the store remembers it


class Manifest(msgspec.Struct, frozen=True):
    """清单 — all that a backup holds, and the marks by which it is checked."""

    format: int
    version: str
    revision: str
    made_at: datetime
    tables: dict[str, TableCopy]
    files: dict[str, str]  # path under the media folder → sha256
    key_marks: dict[str, str]  # key id → a mark that tells keys apart and gives none away

    @property
    def row_count(self) -> int:
        return sum(table.rows for table in self.tables.values())


def mark_of(key: bytes) -> str:
    """Which key it is, for who has it; of no use to who has not."""
    return hashlib.sha256(b"linli backup" + key).hexdigest()[:16]


def marks_of(keys: Mapping[str, bytes]) -> dict[str, str]:
    return {key_id: mark_of(key) for key_id, key in keys.items()}


def read_manifest(raw: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as problem:
        raise BackupUnfit(f"its manifest can not be read: {problem}") from problem
    if manifest.format != FORMAT:
        raise BackupUnfit(f"it has the form {manifest.format}; this version reads {FORMAT}")
    return manifest
