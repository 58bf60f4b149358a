"""What staff do with the roll of people: enter somebody, correct a name and a phone."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from models import events
from models.errors import DomainError
from models.events import Fact
from models.insertion import Insertion
from models.people import Person
from models.roster import phones
from models.sealing import new_own_key
from models.statements import Statement

LONGEST_NAME = 30
_people = Insertion(Person.__table__, ("name", "phone", "phone_hash", "own_key", "created_at"))
# A number of somebody who turned out to be another is the other's, too.
_STANDS_FOR = func.coalesce(Person.merged_into, Person.id)
_REACHED = Statement(
    select(_STANDS_FOR)
    .where(Person.phone_hash == bindparam("phone_hash", required=True))
    .order_by(_STANDS_FOR)
    .limit(1)
)


class PersonUnfit(DomainError):
    """What was said of a person can not be so; `field` tells what."""

    template = "person_unfit"


def with_phone(session: Session, phone: str) -> Person | None:
    """Who was entered with this number first."""
    found = reached_by(session, phone)
    return session.get_one(Person, found) if found else None


def reached_by(session: Session, phone: str) -> int | None:
    """The same, by their number alone."""
    row = _REACHED.run_after_flush(session, phone_hash=phones.search_hash(phone))
    return row[0][0] if row else None


def by_phones(session: Session, numbers: Collection[str]) -> dict[str, Person]:
    """Number → who was entered with it, for many at once."""
    hashes = {phones.search_hash(one): one for one in numbers}
    found: dict[str, Person] = {}
    for part in _parts(list(hashes)):
        for phone_hash, person in session.execute(_holders_of(part).order_by(Person.id)):
            found.setdefault(hashes[phone_hash or ""], person)
    return found


def entered_with(phone: str) -> Select[int]:
    """Selects whom this number reaches."""
    return _holders_of([phones.search_hash(phone)]).with_only_columns(Person.id)


def _holders_of(hashes: Collection[str]) -> Select[str | None, Person]:
    """A number of somebody who turned out to be another is the other's, too."""
    entered = aliased(Person)
    stands_for = func.coalesce(entered.merged_into, entered.id)
    return (
        select(entered.phone_hash, Person)
        .join(Person, Person.id == stands_for)
        .where(entered.phone_hash.in_(hashes))
    )


def enter(session: Session, name: str, phone: str | None, *, by: int | None, at: datetime) -> int:
    """Somebody new. Raises PersonUnfit."""
    person_id = put(session, fit_name(name), phone, at)
    _record(session, person_id, "person_entered", by, at, {"phone": phone is not None})
    return person_id


def put(session: Session, name: str | None, phone: str | None, at: datetime) -> int:
    """Somebody new, who may be without a name."""
    row = {
        "name": name,
        "phone": phone,
        "phone_hash": phones.search_hash(phone) if phone else None,
        "own_key": new_own_key(),
        "created_at": at,
    }
    [person_id] = _people.run(session, [row])
    return person_id


def correct(
    session: Session, person: Person, name: str, phone: str | None, *, by: int, at: datetime
) -> bool:
    """False when it says nothing new. What it was and is stays out of the log: it is personal."""
    name = fit_name(name)
    changed = [
        what
        for what, old, new in (("name", person.name, name), ("phone", person.phone, phone))
        if old != new
    ]
    if not changed:
        return False
    person.name = name
    phones.keep(person, phone)
    _record(session, person.id, "person_corrected", by, at, {"changed": changed})
    return True


def fit_name(name: str) -> str:
    """Raises PersonUnfit for none and for one that nobody has."""
    plain = " ".join(name.split())
    if not 0 < len(plain) <= LONGEST_NAME:
        raise PersonUnfit(field="name", most=LONGEST_NAME)
    return plain


def phone_of(text: str) -> str | None:
    """None where none is given. Raises PersonUnfit for what is no number."""
    if not text.strip():
        return None
    phone = phones.plain(text)
    if phone is None:
        raise PersonUnfit(field="phone")
    return phone


def _parts(hashes: list[str], size: int = 500) -> list[list[str]]:
    return [hashes[start : start + size] for start in range(0, len(hashes), size)]


def _record(
    session: Session,
    person_id: int,
    verb: str,
    by: int | None,
    at: datetime,
    detail: dict[str, object],
) -> None:
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="person",
            subject_id=person_id,
            at=at,
            actor_id=by,
            detail=dict(detail),
        ),
    )
