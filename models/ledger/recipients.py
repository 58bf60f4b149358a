"""Whom a message was for, as far as the ledger says it: posts and places, names hidden."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models.homes import LIVING, Home
from models.ledger.lists import Reader
from models.ledger.wording import kind_of
from models.outbox import OutboxMessage
from models.people import Person
from models.places import Area
from models.posts import Post, is_held
from models.roster import rights
from models.tickets.table import Ticket

MOST_PLACES = 3


class Whom(StrEnum):
    """收件人 — in what sense somebody is told."""

    REPORTER = "reporter"  # reported or supports the matter; nobody is named
    STAFF = "staff"
    RESIDENT = "resident"
    OTHER = "other"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Recipient:
    """收件人 — who it was for: a post with its place, or a resident's home."""

    whom: Whom
    name: str = ""
    person_id: int | None = None  # whose page the reader may open
    posts: tuple[tuple[str, Post], ...] = ()  # with the name of the place
    homes: tuple[str, ...] = ()


def recipients(
    session: Session, reader: Reader, messages: Sequence[OutboxMessage], now: datetime
) -> dict[int, Recipient]:
    """By the message's id."""
    reporters = _reporters(session, messages)
    shown = [one for one in messages if not _is_to_reporter(one, reporters)]
    ids = {one.person_id for one in shown if one.person_id is not None}
    names = _names(session, ids)
    posts, homes = _posts(session, reader, ids, now), _homes(session, reader, ids)
    found = {}
    for one in messages:
        who = one.person_id
        if who is None:
            found[one.id] = Recipient(Whom.MANY)
        elif _is_to_reporter(one, reporters):
            found[one.id] = Recipient(Whom.REPORTER)
        elif posts[who]:
            found[one.id] = Recipient(Whom.STAFF, names.get(who, ""), who, tuple(posts[who]))
        elif homes[who] and one.ticket_id is None:
            places = tuple(homes[who][:MOST_PLACES])
            found[one.id] = Recipient(Whom.RESIDENT, names.get(who, ""), who, homes=places)
        else:
            found[one.id] = Recipient(Whom.OTHER)
    return found


def hidden_name(name: str | None) -> str:
    """The first character, and that there is more."""
    return f"{name[0]}**" if name else ""


def _is_to_reporter(message: OutboxMessage, reporters: dict[int, int]) -> bool:
    if message.ticket_id is None:
        return False
    kind = kind_of(message.template)
    is_theirs = kind is not None and kind.to == "matter"
    return is_theirs or reporters.get(message.ticket_id) == message.person_id


def _reporters(session: Session, messages: Sequence[OutboxMessage]) -> dict[int, int]:
    tickets = {one.ticket_id for one in messages if one.ticket_id is not None}
    rows = session.execute(select(Ticket.id, Ticket.reporter_id).where(Ticket.id.in_(tickets)))
    return dict(rows.all())


def _names(session: Session, ids: Collection[int]) -> dict[int, str]:
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {person_id: hidden_name(name) for person_id, name in rows}


def _posts(
    session: Session, reader: Reader, ids: Collection[int], now: datetime
) -> defaultdict[int, list[tuple[str, Post]]]:
    estate = aliased(Area)
    rows = session.execute(
        select(Post, Area.name, estate.name)
        .join(Area, Area.id == Post.area_id)
        .outerjoin(estate, estate.id == Area.estate_id)
        .where(
            Post.person_id.in_(ids), is_held(now), Post.area_id.in_(rights.inside(reader.places))
        )
        .order_by(Post.id)
    )
    found = defaultdict(list)
    for post, name, around in rows:
        found[post.person_id].append((f"{around or ''}{name}", post))
    return found


def _homes(session: Session, reader: Reader, ids: Collection[int]) -> defaultdict[int, list[str]]:
    estate = aliased(Area)
    rows = session.execute(
        select(Home.person_id, Area.name, estate.name)
        .join(Area, Area.id == Home.area_id)
        .outerjoin(estate, estate.id == Area.estate_id)
        .where(
            Home.person_id.in_(ids),
            Home.state.in_(LIVING),
            Home.area_id.in_(rights.inside(reader.places)),
        )
        .order_by(Home.id)
    )
    found = defaultdict(list)
    for person_id, name, around in rows:
        found[person_id].append(f"{around or ''}{name}")
    return found
