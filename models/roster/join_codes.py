"""A code that staff hand to somebody on the roll: whoever writes it in chat is that person."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import events, merging, sign_in_attempts
from models.errors import NotAllowed, NotFound
from models.events import Fact
from models.people import Identity, Person
from models.roster import invitations, joining
from models.roster.invitations import Purpose
from models.sealing import KEYRING

DIGITS = 8  # typed by old hands, and tried but a few times
FIRST = 10 ** (DIGITS - 1)  # none begins with a nought, which some leave out


def may_give(session: Session, person_id: int, by: int, at: datetime) -> bool:
    """To whom no account knows yet, by who could say that two are one."""
    writes = select(Identity.id).where(Identity.person_id == person_id).limit(1)
    return session.scalar(writes) is None and joining.may_vouch(session, [person_id], by, at)


def give(session: Session, person_id: int, *, by: int, at: datetime) -> str:
    """The code, to be told to this person alone; earlier ones end. Raises NotAllowed."""
    if not may_give(session, person_id, by, at):
        raise NotAllowed(number=str(person_id))
    code = str(FIRST + secrets.randbelow(9 * FIRST))
    invitations.issue(session, Purpose.CHAT, person_id, KEYRING.search_hash(code), by=by, at=at)
    events.record(
        session,
        Fact(
            verb="join_code_given",
            subject_kind="person",
            subject_id=person_id,
            at=at,
            actor_id=by,
        ),
    )
    return code


def take(session: Session, code: str, *, by: int, at: datetime) -> Person:
    """Who writes it and who is on the roll are one from now on. Never taken back.

    Counts as a try: `begin_try` comes first. Raises NotFound, in the same words, for a code that
    never was, is used or is over.
    """
    found = invitations.open_one(session, Purpose.CHAT, KEYRING.search_hash(code), at)
    if found is None or found.person_id == by:
        raise NotFound
    entered = session.get_one(Person, found.person_id)
    found.used_at = at
    return merging.merge(session, entered, session.get_one(Person, by), at, by=by)


def begin_try(session: Session, person_id: int, at: datetime) -> None:
    """Raises TooManyAttempts."""
    sign_in_attempts.begin(session, f"join {person_id}", "chat", at)
