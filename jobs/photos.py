"""Fetches the photos people sent, cleans them, and keeps them under a hash of their content."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from config.settings import Settings
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.rulings import Action
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, TooLarge, Unanswered
from jobs.pictures import NotAPicture, Picture, clean
from models import media
from models.base import Database
from models.media import Media

PARALLEL = 4
LEASE = timedelta(minutes=5)
UNDER_WAY = timedelta(hours=1)
PASSING = frozenset(
    {
        Action.RETRY,
        Action.REFRESH_TOKEN,
        Action.NEXT_MINUTE,
        Action.STOP_API,
        Action.STOP_API_UNTIL_MIDNIGHT,
        Action.STOP_ACCOUNT,
    }
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Again:
    """It did not work this time."""

    reason: str


@dataclass(frozen=True, slots=True)
class Never:
    """It will not work at any time."""

    reason: str


End = Picture | Again | Never


def fetch_photos(
    database: Database, client: WeChatClient, settings: Settings, now: datetime, limit: int = 40
) -> int:
    """Fetches what is due; returns how many photos were kept."""
    with database.writing() as session:
        wanted = media.claim_wanted(session, now, limit, LEASE)
    folder = settings.data_dir / "media"
    kept = 0
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="photos") as pool:
        ends = pool.map(lambda photo: _fetch(client, folder, photo), wanted)
        for photo, end in zip(wanted, ends, strict=True):
            with database.writing() as session:
                _settle(session, photo, end, now)
            kept += isinstance(end, Picture)
            log.info("photo_tried", photo_id=photo.id, end=getattr(end, "reason", "kept"))
    return kept


def _fetch(client: WeChatClient, folder: Path, photo: Media) -> End:
    """The file is in its place before the row says so."""
    try:
        picture = clean(client.media_get(photo.account, photo.media_id).content)
    except NotAPicture as refused:
        return Never(f"not a picture we can keep: {refused}")
    except TooLarge:
        return Never("larger than we take")
    except ApiRefused as refusal:
        reason = f"{refusal.errcode} {refusal.ruling.means}"
        return Again(reason) if refusal.ruling.action in PASSING else Never(reason)
    except (NotReached, Unanswered, ApiStopped, CredentialsMissing) as trouble:
        return Again(str(trouble) or type(trouble).__name__)
    try:
        write_files(folder, picture)
    except OSError as trouble:
        log.error("photo_not_written", photo_id=photo.id, error=type(trouble).__name__)
        return Again(type(trouble).__name__)
    return picture


def _settle(session: Session, photo: Media, end: End, now: datetime) -> None:
    if isinstance(end, Picture):
        media.keep(
            session,
            photo.id,
            sha256=end.sha256,
            kind="image/jpeg",
            size=len(end.jpeg),
            width=end.width,
            height=end.height,
            now=now,
        )
    elif isinstance(end, Never):
        media.fail(session, photo.id, end.reason)
    else:
        media.try_later(session, photo, end.reason, now)


def write_files(folder: Path, picture: Picture) -> None:
    """The picture and its thumbnail, under its hash."""
    _write(folder / media.path_of(picture.sha256), picture.jpeg)
    _write(folder / media.thumbnail_path_of(picture.sha256), picture.thumbnail)


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: a file of this name is whole, whoever else writes the same one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)


def sweep_photos(database: Database, settings: Settings, now: datetime) -> int:
    """Removes the files of erased photos; young ones stay, their row may be under way."""
    folder = settings.data_dir / "media"
    with database.reading() as session:
        hashes = media.named_files(session)
    named = {folder / media.path_of(one) for one in hashes}
    named |= {folder / media.thumbnail_path_of(one) for one in hashes}
    old = (now - UNDER_WAY).timestamp()
    unnamed = [
        file for file in folder.glob("*/*") if file not in named and file.stat().st_mtime < old
    ]
    for file in unnamed:
        file.unlink()
    return len(unnamed)
