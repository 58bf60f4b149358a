"""One human being who writes to several accounts: told by the union id, and made one person."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models import merging
from models.people import Identity, Person


def to_look_up(session: Session, limit: int) -> Sequence[Identity]:
    """Identities whose union id nobody has asked for yet, oldest first."""
    return session.scalars(
        select(Identity)
        .where(text("identities.looked_up_at IS NULL"), Identity.is_following.is_(True))
        .order_by(Identity.id)
        .limit(limit)
    ).all()


def learn(session: Session, identity_id: int, union_id: str | None, now: datetime) -> int:
    """What the platform answered; returns the person the identity belongs to from now on.

    Two persons with one union id become the one who was known first.
    """
    identity = session.get_one(Identity, identity_id)
    identity.looked_up_at = now
    if not union_id:
        return identity.person_id
    known = session.scalar(select(Person).where(Person.union_id == union_id))
    person = session.get_one(Person, identity.person_id)
    if known is None:
        person.union_id = union_id
        return person.id
    if known.id == person.id:
        return person.id
    return merging.merge(session, known, person, now).id
