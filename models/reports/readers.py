"""Who is sent an edition of an area: by their post, or because it was asked for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import dispatch, events
from models.errors import NotAllowed, NotFound
from models.events import Fact
from models.metrics import sight
from models.people import Person
from models.places import Area, AreaWithin, outer_areas
from models.posts import Post, Role, is_held
from models.protection import SUPERVISING
from models.reports.table import Edition, Subscription, Wish

DECIDING = frozenset({Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF})


@dataclass(frozen=True, slots=True)
class Candidate:
    """可选收件人 — who supervises the area, and whether they are sent an edition."""

    person_id: int
    name: str
    role: Role
    is_sent: bool


def readers(session: Session, area: Area, edition: Edition, now: datetime) -> list[int]:
    """By their post, less who stopped it, and who asked; each only while they may read it."""
    said = _said(session, area.id, edition)
    usual = _usual(session, area, now)
    wanted = [who for who, wish in said.items() if wish == Wish.WANTED]
    found = [who for who in usual if said.get(who) != Wish.STOPPED]
    return found + [who for who in wanted if who not in found and may_read(session, area, who, now)]


def candidates(
    session: Session, area: Area, edition: Edition, now: datetime
) -> Sequence[Candidate]:
    """Everybody who supervises the area, from near to far."""
    sent = set(readers(session, area, edition, now))
    rows = session.execute(
        select(Post.person_id, Person.name, Post.role)
        .join(Person, Person.id == Post.person_id)
        .where(
            Post.area_id.in_(outer_areas(session, area.id)),
            Post.role.in_(SUPERVISING),
            is_held(now),
        )
        .order_by(Post.role, Post.id)
    )
    found = {who: Candidate(who, name or "", role, who in sent) for who, name, role in rows}
    return list(found.values())


def may_read(session: Session, area: Area, person_id: int, now: datetime) -> bool:
    mine = sight.supervised(session, person_id, now)
    return any(one.id in outer_areas(session, area.id) for one in mine)


def may_decide(session: Session, area: Area, by: int, now: datetime) -> bool:
    """Who is sent what of an area: its staff, and those above them."""
    return any(
        one.person_id == by and one.role in DECIDING
        for one in dispatch.holders_at(session, area.id, now)
    )


def say(
    session: Session,
    area_id: int,
    person_id: int,
    edition: Edition,
    wish: Wish,
    *,
    by: int,
    at: datetime,
) -> None:
    """For oneself, or for others by who decides; raises NotAllowed for whoever may not read it."""
    area = session.get(Area, area_id)
    if area is None or not may_read(session, area, by, at):
        raise NotFound(f"area {area_id}")
    if by != person_id and not may_decide(session, area, by, at):
        raise NotAllowed
    if wish == Wish.WANTED and not may_read(session, area, person_id, at):
        raise NotAllowed
    known = session.scalars(
        select(Subscription).where(
            Subscription.area_id == area_id,
            Subscription.person_id == person_id,
            Subscription.edition == edition,
        )
    ).first()
    if known is not None and known.wish == wish:
        return
    former = known.wish if known else None
    row = known or Subscription(area_id=area_id, person_id=person_id, edition=edition)
    row.wish, row.said_by, row.said_at = wish, by, at
    session.add(row)
    session.flush()
    events.record(
        session,
        Fact(
            verb="subscription_said",
            subject_kind="subscription",
            subject_id=row.id,
            at=at,
            actor_id=by,
            old=former,
            new=wish,
            area_id=area_id,
            detail={"person": person_id, "edition": edition},
        ),
    )


def asked_for(session: Session, person_id: int, edition: Edition) -> Sequence[int]:
    """The areas of which this person wants an edition beyond the usual."""
    return session.scalars(
        select(Subscription.area_id).where(
            Subscription.person_id == person_id,
            Subscription.edition == edition,
            Subscription.wish == Wish.WANTED,
        )
    ).all()


def _usual(session: Session, area: Area, now: datetime) -> list[int]:
    roles: Collection[str] = load("reports")["readers"].get(area.kind, ())
    nearness = dispatch.NEARNESS[area.kind]
    holders = dispatch.holders_at(session, area.id, now)
    found = (one for one in holders if one.role in roles and one.nearness == nearness)
    return list(dict.fromkeys(one.person_id for one in found))


def _said(session: Session, area_id: int, edition: Edition) -> dict[int, Wish]:
    rows = session.execute(
        select(Subscription.person_id, Subscription.wish)
        .where(Subscription.area_id == area_id, Subscription.edition == edition)
        .order_by(Subscription.id)
    )
    return {row[0]: row[1] for row in rows}


def inside(session: Session, mine: Sequence[Area]) -> Sequence[Area]:
    """Areas that have reports by themselves and lie within these, and these."""
    kinds = list(load("reports")["readers"])
    within = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_([one.id for one in mine]))
    found = select(Area).where(Area.kind.in_(kinds), Area.id.in_(within)).order_by(Area.id)
    return list(dict.fromkeys([*mine, *session.scalars(found)]))
