"""Systems of departments, of the city and of companies: what each may do, where, by which key."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select, true, update
from sqlalchemy.orm import Session

from config.policy import load
from models import events
from models.base import READS
from models.errors import DomainError, NotAllowed, NotFound
from models.events import Fact
from models.outside_table import OutsideKey, OutsideSystem, Power
from models.places import Area, AreaWithin, inner_areas
from models.posts import Role
from models.roster import rights
from models.roster.rights import Right
from models.served import Served
from models.tickets.sight import is_about
from models.tickets.table import Ticket
from models.whistles.terms import departments

__all__ = ["OutsideKey", "OutsideSystem", "Power", "SystemUnfit"]

USE_NOTED_EVERY = timedelta(hours=1)
LONGEST_NAME = 40
SHOWN_LETTERS = 4  # of a key, so that two can be told apart in a list
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


class SystemUnfit(DomainError):
    """What was given makes no outside system; `field` says what is wrong."""

    template = "outside_system_unfit"


def register(
    session: Session,
    name: str,
    area_id: int,
    powers: Collection[Power],
    *,
    by: int,
    at: datetime,
    role: Role = Role.DEPARTMENT_LIAISON,
    department: str | None = None,
    per_minute: int | None = None,
) -> tuple[OutsideSystem, str]:
    """The system and its first key, which nobody sees again. Raises NotAllowed, SystemUnfit."""
    rights.require(session, Right.OUTSIDE, area_id, by, at)
    system = OutsideSystem(
        name=name.strip(),
        area_id=area_id,
        role=role,
        department=department,
        powers=[one for one in Power if one in powers],
        per_minute=load("outside")["per_minute"] if per_minute is None else per_minute,
        added_by=by,
        added_at=at,
    )
    _require_fit(system, session.get_one(Area, area_id))
    session.add(system)
    session.flush()
    tell(session, system, "outside_system_registered", at, by, powers=system.powers)
    return system, _key(session, system, at)


def new_key(session: Session, system_id: int, *, by: int, at: datetime) -> str:
    """One more, so that the old one opens until the other side has changed over."""
    system = kept(session, system_id, by=by, at=at)
    if len(open_keys(session, system.id)) >= load("outside")["most_keys"]:
        raise SystemUnfit(field="keys", most=load("outside")["most_keys"])
    tell(session, system, "outside_key_made", at, by)
    return _key(session, system, at)


def end_key(session: Session, system_id: int, key_id: int, *, by: int, at: datetime) -> None:
    system = kept(session, system_id, by=by, at=at)
    key = session.get(OutsideKey, key_id)
    if key is None or key.system_id != system.id or key.ended_at is not None:
        raise NotFound(number=str(key_id))
    key.ended_at = at
    tell(session, system, "outside_key_ended", at, by, key=key.id)


def end(session: Session, system_id: int, *, by: int, at: datetime) -> None:
    """With all its keys; what it brought stays."""
    system = kept(session, system_id, by=by, at=at)
    system.ended_at = at
    for key in open_keys(session, system.id):
        key.ended_at = at
    tell(session, system, "outside_system_ended", at, by)


def kept(session: Session, system_id: int, *, by: int, at: datetime) -> OutsideSystem:
    """One that this person keeps and that has not ended; NotFound for somebody else's, too."""
    system = session.get(OutsideSystem, system_id)
    if (
        system is None
        or system.ended_at is not None
        or not rights.may(session, Right.OUTSIDE, system.area_id, by, at)
    ):
        raise NotFound(number=str(system_id))
    return system


def holder_of(session: Session, key: str, at: datetime) -> OutsideSystem | None:
    """Whose key this is, while it opens doors. Its use is noted where something may be written.

    Found by the hash, so the time it takes tells nothing of the key.
    """
    row = session.execute(
        select(OutsideSystem, OutsideKey)
        .join(OutsideKey, OutsideKey.system_id == OutsideSystem.id)
        .where(
            OutsideKey.key_hash == _hash(key),
            OutsideKey.ended_at.is_(None),
            OutsideSystem.ended_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    system, found = row
    if not session.info.get(READS) and is_use_due(found, at):
        _note_use(session, found.id, at)
    return system


def note_use(session: Session, key: str, at: datetime) -> None:
    """For doors that only read: asked in a transaction of its own, once an hour."""
    found = session.scalars(select(OutsideKey).where(OutsideKey.key_hash == _hash(key))).first()
    if found is not None and is_use_due(found, at):
        _note_use(session, found.id, at)


def is_use_due(key: OutsideKey, at: datetime) -> bool:
    """Whether the last noted use is so long ago that this one is noted."""
    return key.last_used_at is None or key.last_used_at <= at - USE_NOTED_EVERY


def require(system: OutsideSystem, power: Power) -> None:
    """Raises NotAllowed."""
    if not system.may(power):
        raise NotAllowed(number=str(system.id))


def acts_at(session: Session, system: OutsideSystem, area_id: int | None) -> bool:
    """Whether this place lies within its area; a place nobody knows lies in none."""
    within = select(AreaWithin.area_id).where(
        AreaWithin.area_id == area_id, AreaWithin.outer_id == system.area_id
    )
    return area_id is not None and session.scalar(within) is not None


def sees(session: Session, system: OutsideSystem) -> ColumnElement[bool]:
    """Tickets of its area, and none that is hidden from those whose eyes it has."""
    inside = Ticket.area_id.in_(inner_areas(system.area_id))
    return and_(inside, not_about_its_own(session, system))


def not_about_its_own(session: Session, system: OutsideSystem) -> ColumnElement[bool]:
    """Tickets, wherever they are, that accuse none of those whose eyes it has."""
    kind = session.get_one(Area, system.area_id).kind
    accused = is_about([Served(0, system.role, system.area_id, kind, _FOR_EVER)])
    return true() if accused is None else or_(Ticket.about.is_(None), not_(accused))


def kept_by(session: Session, by: int, at: datetime) -> Sequence[OutsideSystem]:
    """Those of the areas this person keeps them for; the ended ones last."""
    places = rights.places_of(session, Right.OUTSIDE, by, at)
    return session.scalars(
        select(OutsideSystem)
        .where(OutsideSystem.area_id.in_(rights.inside(places)))
        .order_by(OutsideSystem.ended_at.is_not(None), OutsideSystem.id)
    ).all()


def areas_for(session: Session, by: int, at: datetime) -> Sequence[Area]:
    """Where this person may register one: nothing smaller than an estate."""
    places = rights.places_of(session, Right.OUTSIDE, by, at)
    kinds = load("outside")["areas"]
    found = session.scalars(
        select(Area).where(Area.id.in_(rights.inside(places)), Area.kind.in_(kinds))
    )
    return sorted(found, key=lambda one: (kinds.index(one.kind), one.id))


def open_keys(session: Session, system_id: int) -> Sequence[OutsideKey]:
    return session.scalars(
        select(OutsideKey)
        .where(OutsideKey.system_id == system_id, OutsideKey.ended_at.is_(None))
        .order_by(OutsideKey.id)
    ).all()


def tell(
    session: Session,
    system: OutsideSystem,
    verb: str,
    at: datetime,
    by: int | None,
    keepers: Sequence[int] = (),
    **detail: Any,
) -> None:
    """What is done about a system is an event; its keepers hear of what nobody did."""
    session.flush()
    fact = Fact(
        verb=verb,
        subject_kind="outside_system",
        subject_id=system.id,
        at=at,
        actor_id=by,
        area_id=system.area_id,
        detail=detail,
        parties={"keepers": keepers},
        context={"name": system.name, **detail},
    )
    events.record(session, fact)


def _require_fit(system: OutsideSystem, area: Area) -> None:
    rules = load("outside")
    for field, is_fit in (
        ("name", 0 < len(system.name) <= LONGEST_NAME),
        ("role", system.role in rules["eyes"]),
        ("area", area.kind in rules["areas"]),
        ("department", system.department is None or system.department in departments()),
        ("per_minute", 0 < system.per_minute <= rules["most_per_minute"]),
    ):
        if not is_fit:
            raise SystemUnfit(field=field, most=rules["most_per_minute"])


def _key(session: Session, system: OutsideSystem, at: datetime) -> str:
    key = secrets.token_urlsafe(32)
    session.add(
        OutsideKey(
            system_id=system.id,
            key_hash=_hash(key),
            last_letters=key[-SHOWN_LETTERS:],
            made_at=at,
        )
    )
    session.flush()
    return key


def _note_use(session: Session, key_id: int, at: datetime) -> None:
    session.execute(
        update(OutsideKey)
        .where(OutsideKey.id == key_id)
        .values(last_used_at=at)
        .execution_options(synchronize_session=False)
    )


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
