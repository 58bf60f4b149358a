"""What staff do with the directory: add an entry, replace it by a newer version, take it out."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.policy import load
from models import events, on_duty
from models.directory import lists
from models.directory.details import Details, EntryNotFit, problems
from models.directory.table import DirectoryEntry
from models.errors import AlreadyDone, NotAllowed, NotFound
from models.events import Fact
from models.localtime import local
from models.places import Area


def add(
    session: Session,
    details: Details,
    *,
    area_id: int,
    by: int,
    at: datetime,
    ticket_id: int | None = None,
) -> DirectoryEntry:
    """A new entry for an area, by somebody who serves it."""
    if session.get(Area, area_id) is None:
        raise NotFound(f"no area has the number {area_id}", number=str(area_id))
    if not serves(session, area_id, by, at):
        raise NotAllowed(number="")
    entry = written(details, area_id=area_id, by=by, at=at)
    if lists.named(session, area_id, entry.kind, entry.title) is not None:
        raise AlreadyDone(number=entry.title)
    entry.ticket_id = ticket_id
    return _kept(session, entry, "directory_added", None)


def revise(
    session: Session, entry: DirectoryEntry, details: Details, *, by: int, at: datetime
) -> DirectoryEntry:
    """A newer version in its place; the one before stays as it was and is shown no more."""
    _take_out(session, entry, by, at)
    details = replace(details, since_on=details.since_on or entry.since_on)
    newer = written(details, area_id=entry.area_id, by=by, at=at)
    latest = select(func.max(DirectoryEntry.version)).where(DirectoryEntry.first_id == entry.number)
    newer.first_id, newer.version = entry.number, (session.scalar(latest) or 1) + 1
    return _kept(session, newer, "directory_revised", entry.version)


def withdraw(session: Session, entry: DirectoryEntry, *, by: int, at: datetime) -> None:
    """It holds no more; its versions are kept."""
    _take_out(session, entry, by, at)
    _record(session, entry, "directory_withdrawn", entry.version, by, at)


def serves(session: Session, area_id: int, person_id: int, at: datetime) -> bool:
    """Whether this person holds a post of config/directory.toml, [posts], for the area."""
    roles = load("directory")["posts"]["authors"]
    return any(
        one.person_id == person_id and one.role in roles
        for one in on_duty.holders_at(session, area_id, at)
    )


def written(details: Details, *, area_id: int, by: int, at: datetime) -> DirectoryEntry:
    """A first version, not kept yet. Raises EntryNotFit with everything that is wrong."""
    tidied = details.tidied()
    tidied = replace(tidied, since_on=tidied.since_on or local(at).date())
    found = problems(tidied)
    if found:
        raise EntryNotFit(found)
    assert tidied.since_on is not None
    return DirectoryEntry(
        version=1,
        kind=tidied.kind,
        title=tidied.title,
        text=tidied.text,
        aliases=list(tidied.aliases),
        address=tidied.address,
        phone=tidied.phone,
        hours=tidied.hours,
        price=tidied.price,
        ports=tidied.ports,
        is_public_mobile=tidied.is_public_mobile,
        area_id=area_id,
        since_on=tidied.since_on,
        until_on=tidied.until_on,
        author_id=by,
        created_at=at,
    )


def _take_out(session: Session, entry: DirectoryEntry, by: int, at: datetime) -> None:
    if not serves(session, entry.area_id, by, at):
        raise NotAllowed(number=str(entry.number))
    if entry.ended_at is not None:
        raise AlreadyDone(number=str(entry.number))
    entry.ended_at = at


def _kept(
    session: Session, entry: DirectoryEntry, verb: str, replaced: int | None
) -> DirectoryEntry:
    session.add(entry)
    session.flush()
    _record(session, entry, verb, replaced, entry.author_id, entry.created_at)
    return entry


def _record(
    session: Session,
    entry: DirectoryEntry,
    verb: str,
    replaced: int | None,
    by: int,
    at: datetime,
) -> None:
    is_out = entry.ended_at is not None
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="directory_entry",
            subject_id=entry.number,
            at=at,
            actor_id=by,
            old=None if replaced is None else str(replaced),
            new=None if is_out else str(entry.version),
            area_id=entry.area_id,
            detail={"version": entry.id, "kind": entry.kind, "ticket": entry.ticket_id},
        ),
    )
