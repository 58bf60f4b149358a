"""Who is sent an edition of an area: by their post, or because it was asked for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import load
from models import events, on_duty
from models.errors import NotAllowed, NotFound
from models.events import Fact
from models.metrics import sight
from models.people import Person
from models.places import Area, AreaKind, AreaWithin, outer_areas
from models.posts import Post, Role, is_held
from models.protection import SUPERVISING
from models.reports.table import REPORTS, Edition, Subscription, Wish

DECIDING = frozenset({Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF})


@dataclass(frozen=True, slots=True)
class Candidate:
    """可选收件人 — who supervises the area, and which editions of it they are sent."""

    person_id: int
    name: str
    role: Role
    sent: Sequence[Edition]


def readers(session: Session, area: Area, edition: Edition, now: datetime) -> list[int]:
    """By their post, less who stopped it, and who asked; each only while they may read it."""
    return all_readers(session, area, now)[edition]


def all_readers(session: Session, area: Area, now: datetime) -> dict[Edition, list[int]]:
    """Of each edition that the area has."""
    usual, said = _usual(session, area, now), _said(session, area.id)
    asking = {who for who, _ in said if who not in usual}
    reading = {who for who in asking if may_read(session, area, who, now)}
    return {
        edition: [who for who in usual if said.get((who, edition)) != Wish.STOPPED]
        + [who for who in sorted(reading) if said.get((who, edition)) == Wish.WANTED]
        for edition in editions(area)
    }


def editions(area: Area) -> list[Edition]:
    """A digest is of one community; reports are of any area."""
    return [one for one in Edition if one in REPORTS or area.kind == AreaKind.COMMUNITY]


def candidates(session: Session, area: Area, now: datetime) -> Sequence[Candidate]:
    """Everybody who supervises the area, each once, with what they are sent of it."""
    sent = all_readers(session, area, now)
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
    return [
        Candidate(who, name, role, [one for one in sent if who in sent[one]])
        for who, (name, role) in {row[0]: (row[1] or "", row[2]) for row in rows}.items()
    ]


def may_read(session: Session, area: Area, person_id: int, now: datetime) -> bool:
    mine = sight.supervised(session, person_id, now)
    return any(one.id in outer_areas(session, area.id) for one in mine)


def may_decide(session: Session, area: Area, by: int, now: datetime) -> bool:
    """Who is sent what of an area: its staff, and those above them."""
    return any(
        one.person_id == by and one.role in DECIDING
        for one in on_duty.holders_at(session, area.id, now)
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
    """For oneself, or for others by who decides; NotAllowed for whoever may not read it."""
    area = session.get(Area, area_id)
    if area is None or not may_read(session, area, by, at) or edition not in editions(area):
        raise NotFound(f"no {edition} of area {area_id}")
    if by != person_id and not may_decide(session, area, by, at):
        raise NotAllowed
    if not may_read(session, area, person_id, at):
        raise NotAllowed
    known = session.scalars(
        select(Subscription).where(
            Subscription.area_id == area_id,
            Subscription.person_id == person_id,
            Subscription.edition == edition,
        )
    ).first()
    former = known.wish if known else None
    if former == wish:
        return
    row = known or Subscription(area_id=area_id, person_id=person_id, edition=edition)
    row.wish, row.said_by, row.said_at = wish, by, at
    session.add(row)
    session.flush()
    _record(session, row, former)


def hand_over(session: Session, goes_id: int, stays_id: int) -> None:
    """Two persons turn out to be one: what was said of who stays holds."""
    rows = session.scalars(
        select(Subscription).where(Subscription.person_id.in_([goes_id, stays_id]))
    ).all()
    kept = {(one.area_id, one.edition) for one in rows if one.person_id == stays_id}
    for one in rows:
        if one.person_id == goes_id and (one.area_id, one.edition) in kept:
            session.delete(one)
        else:
            one.person_id = stays_id
    session.flush()


def _record(session: Session, row: Subscription, former: Wish | None) -> None:
    events.record(
        session,
        Fact(
            verb="subscription_said",
            subject_kind="subscription",
            subject_id=row.id,
            at=row.said_at,
            actor_id=row.said_by,
            old=former,
            new=row.wish,
            area_id=row.area_id,
            detail={"person": row.person_id, "edition": row.edition},
        ),
    )


def _usual(session: Session, area: Area, now: datetime) -> list[int]:
    roles: Collection[str] = load("reports")["readers"].get(area.kind, ())
    nearness = on_duty.NEARNESS[area.kind]
    holders = on_duty.holders_at(session, area.id, now)
    found = (one for one in holders if one.role in roles and one.nearness == nearness)
    return list(dict.fromkeys(one.person_id for one in found))


def _said(session: Session, area_id: int) -> dict[tuple[int, Edition], Wish]:
    rows = session.execute(
        select(Subscription.person_id, Subscription.edition, Subscription.wish).where(
            Subscription.area_id == area_id
        )
    )
    return {(who, edition): wish for who, edition, wish in rows}


def inside(session: Session, mine: Sequence[Area]) -> Sequence[Area]:
    """Areas that have reports by themselves and lie within these, and these."""
    kinds = list(load("reports")["readers"])
    within = select(AreaWithin.area_id).where(AreaWithin.outer_id.in_([one.id for one in mine]))
    found = select(Area).where(Area.kind.in_(kinds), Area.id.in_(within)).order_by(Area.id)
    return list(dict.fromkeys([*mine, *session.scalars(found)]))
