"""What the mediator keeps: the record, its agreement and outcome, follow-ups; and erasure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.policy import load
from models import due_days, events
from models.claims import claim
from models.errors import AlreadyDone, DomainError, NotAllowed
from models.events import Fact
from models.mediations import sides
from models.mediations.table import (
    Mediation,
    MediationFollowUp,
    MediationOutcome,
    MediationParty,
)
from models.people import Person, all_they_were
from models.roster import phones
from models.roster.rights import Right, may
from models.sealing import KEYRING

SUBJECT = "mediation"
KEPT, CHANGED, ENDED = "mediation_kept", "mediation_changed", "mediation_ended"
FOLLOWED, HANDED_OVER, REMINDED = (
    *("mediation_followed", "mediation_handed_over", "mediation_reminded"),
)


class MediationUnfit(DomainError):
    """It can not be kept so: its `field` is party, phone, day, words, area, mediator or count."""

    template = "mediation_unfit"


@dataclass(frozen=True, slots=True)
class Party:
    """当事人登记 — a name, and a phone if it was given."""

    name: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """调解登记 — what is written down of a mediation."""

    held_at: datetime
    place: str
    matter: str
    agreement: str
    parties: Sequence[Party]


def keep(session: Session, area_id: int, record: Record, *, by: int, at: datetime) -> Mediation:
    """Raises NotAllowed and MediationUnfit."""
    if not may(session, Right.MEDIATE, area_id, by, at):
        raise NotAllowed(number="")
    one = Mediation(area_id=area_id, mediator_id=by, held_at=record.held_at, kept_at=at)
    parties = _checked(session, record, by)
    session.add(one)
    session.flush()
    _write(session, one, record, parties)
    _tell(session, one, KEPT, by, at)
    return one


def change(session: Session, one: Mediation, record: Record, *, by: int, at: datetime) -> None:
    """By its mediator, until it has ended."""
    _begin(session, one, by, at)
    if one.outcome is not None:
        raise AlreadyDone(number=one.number)
    parties = _checked(session, record, by)
    for party in parties_of(session, one):
        session.delete(party)
    _write(session, one, record, parties)
    _tell(session, one, CHANGED, by, at)


def end(
    session: Session, one: Mediation, outcome: MediationOutcome, *, by: int, at: datetime
) -> None:
    """An agreement, whole or in part, has its words."""
    _begin(session, one, by, at)
    if one.outcome is not None:
        raise AlreadyDone(number=one.number)
    is_agreed = outcome in (MediationOutcome.AGREED, MediationOutcome.PARTLY)
    if is_agreed and not (one.agreement or "").strip():
        raise MediationUnfit(field="agreement")
    one.outcome, one.ended_at = outcome, at
    _tell(session, one, ENDED, by, at, {"outcome": outcome})


def plan_follow_up(
    session: Session, one: Mediation, day: date, *, by: int, at: datetime
) -> MediationFollowUp:
    _begin(session, one, by, at)
    if due_days.is_past(day, at):
        raise MediationUnfit(field="day")
    planned = follow_ups(session, one)
    most = load("mediations")["most_follow_ups"]
    if len(planned) >= most or day in {row.due_on for row in planned}:
        raise MediationUnfit(field="count", most=most)
    follow_up = MediationFollowUp(
        mediation_id=one.id,
        due_on=day,
        clock_at=due_days.next_moment(day, load("mediations"), at),
    )
    session.add(follow_up)
    session.flush()
    _tell(session, one, CHANGED, by, at, {"follow_up": follow_up.id, "due": day.isoformat()})
    return follow_up


def follow_up(
    session: Session, one: Mediation, row: MediationFollowUp, words: str, *, by: int, at: datetime
) -> None:
    """回访: what the mediator found."""
    _begin(session, one, by, at)
    if row.mediation_id != one.id or row.done_at is not None:
        raise AlreadyDone(number=one.number)
    row.found, row.done_at, row.clock_at = _words(words, "words"), at, None
    _tell(session, one, FOLLOWED, by, at, {"follow_up": row.id})


def hand_over(session: Session, one: Mediation, to: int, *, by: int, at: datetime) -> None:
    """To another mediator of the place, by who reads it by the table of rights."""
    if not sides.may_hand_over(session, one, by, at):
        raise NotAllowed(number=one.number)
    if to == one.mediator_id or to not in {
        held.person_id for held in sides.mediators(session, one.area_id, at)
    }:
        raise MediationUnfit(field="mediator")
    if _is_party(session, [row.phone_hash for row in parties_of(session, one)], to):
        raise MediationUnfit(field="mediator")
    one.mediator_id = to
    _tell(session, one, HANDED_OVER, by, at, {}, {"mediator": [to]})


def parties_of(session: Session, one: Mediation) -> Sequence[MediationParty]:
    return session.scalars(
        select(MediationParty)
        .where(MediationParty.mediation_id == one.id)
        .order_by(MediationParty.id)
    ).all()


def follow_ups(session: Session, one: Mediation) -> Sequence[MediationFollowUp]:
    return session.scalars(
        select(MediationFollowUp)
        .where(MediationFollowUp.mediation_id == one.id)
        .order_by(MediationFollowUp.due_on, MediationFollowUp.id)
    ).all()


def tick(session: Session, row: MediationFollowUp, now: datetime) -> str | None:
    """The mediator is reminded, by number alone: a message lies on a phone."""
    if due_days.ring(row, load("mediations"), now) is None:
        return None
    one = session.get_one(Mediation, row.mediation_id)
    if not sides.is_mediator(session, one, one.mediator_id, now):
        return None
    told = {"mediator": [one.mediator_id]}
    _tell(session, one, REMINDED, None, now, {"follow_up": row.id}, told, due=row.due_on)
    return "reminded"


def forget(session: Session, person_id: int) -> None:
    """Who is erased is found by the hash of their phone: their name and phone go, and with them
    every word of the record, which speaks of them. That there was one stays counted."""
    known = select(Person.phone_hash).where(
        Person.id.in_(all_they_were(person_id)), Person.phone_hash.is_not(None)
    )
    is_theirs = MediationParty.phone_hash.in_(session.scalars(known).all())
    ids = session.scalars(select(MediationParty.mediation_id).where(is_theirs)).all()
    for table, which, nothing in (
        (Mediation, Mediation.id.in_(ids), {"place": None, "matter": None, "agreement": None}),
        (MediationFollowUp, MediationFollowUp.mediation_id.in_(ids), {"found": None}),
        (MediationParty, is_theirs, {"name": None, "phone": None, "phone_hash": None}),
    ):
        session.execute(
            update(table)
            .where(which)
            .values(nothing)
            .execution_options(synchronize_session="fetch")
        )


def _begin(session: Session, one: Mediation, by: int, at: datetime) -> None:
    claim(session, one)
    if not sides.is_mediator(session, one, by, at):
        raise NotAllowed(number=one.number)


def _checked(session: Session, record: Record, by: int) -> list[MediationParty]:
    rules = load("mediations")
    named = [one for one in record.parties if one.name.strip() or one.phone.strip()]
    if not 2 <= len(named) <= rules["most_parties"]:
        raise MediationUnfit(field="parties", most=rules["most_parties"])
    parties = [_party(one, rules["longest_name"]) for one in named]
    if _is_party(session, [one.phone_hash for one in parties], by):
        raise MediationUnfit(field="own")
    return parties


def _party(given: Party, longest: int) -> MediationParty:
    name, phone = given.name.strip(), phones.plain(given.phone) if given.phone.strip() else None
    if not 1 <= len(name) <= longest:
        raise MediationUnfit(field="name", most=longest)
    if given.phone.strip() and phone is None:
        raise MediationUnfit(field="phone")
    return MediationParty(
        name=name, phone=phone, phone_hash=KEYRING.search_hash(phone) if phone else None
    )


def _is_party(session: Session, hashes: Sequence[str | None], person_id: int) -> bool:
    """Nobody mediates their own quarrel."""
    known = [one for one in hashes if one is not None]
    found = select(func.count()).where(Person.id == person_id, Person.phone_hash.in_(known))
    return bool(session.scalar(found))


def _write(
    session: Session, one: Mediation, record: Record, parties: Sequence[MediationParty]
) -> None:
    one.held_at, one.place = record.held_at, record.place.strip()[:100] or None
    one.matter = _words(record.matter, "matter")
    one.agreement = record.agreement.strip()[: load("mediations")["longest_words"]] or None
    for party in parties:
        party.mediation_id = one.id
    session.add_all(parties)
    session.flush()


def _words(text: str, field: str) -> str:
    most = load("mediations")["longest_words"]
    if not 1 <= len(text.strip()) <= most:
        raise MediationUnfit(field=field, most=most)
    return text.strip()


def _tell(
    session: Session,
    one: Mediation,
    verb: str,
    by: int | None,
    at: datetime,
    detail: dict[str, Any] | None = None,
    parties: dict[str, list[int]] | None = None,
    due: date | None = None,
) -> None:
    """The log holds that it was done; no name and no word of it."""
    fact = Fact(
        verb=verb,
        subject_kind=SUBJECT,
        subject_id=one.id,
        at=at,
        actor_id=by,
        new=one.outcome,
        area_id=one.area_id,
        detail=detail or {},
        parties=parties or {},
        context={"mediation": one.id, "due": due_days.noon(due) if due else None},
    )
    events.record(session, fact)
