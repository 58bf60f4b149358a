"""Consent to the privacy notice, by purpose and version: given, withdrawn, asked again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.policy import load
from models import events, homes
from models.base import Base
from models.errors import ConsentMissing
from models.events import Fact
from models.people import Person, all_they_were
from models.tickets.table import Ticket


class Purpose(StrEnum):
    """用途 — what personal data are kept for; each is agreed to by itself."""

    CHAT = "chat"
    HOME = "home"
    CARE = "care"
    HANDING_ON = "handing_on"


class Unlock(StrEnum):
    """同意后可做的事 — what needs a consent; config/privacy.toml says to which purpose."""

    ACCOUNT = "account"
    HOME = "home"
    CARE_RECORD = "care_record"
    REPORTER_CONTACT = "reporter_contact"


class ConsentDoor(StrEnum):
    """同意途径 — where somebody said so."""

    CHAT = "chat"
    PAGE = "page"
    API = "api"
    PAPER = "paper"
    ERASURE = "erasure"


class Standing(StrEnum):
    """同意状态 — how a person stands to one purpose now."""

    NEVER = "never"
    GIVEN = "given"
    OUTDATED = "outdated"  # to a notice that said something else
    WITHDRAWN = "withdrawn"


class PrivacyConsent(Base):
    """隐私同意 — one word of a person on one purpose; the latest counts, none is changed."""

    __tablename__ = "privacy_consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    purpose: Mapped[Purpose]
    version: Mapped[str]
    is_given: Mapped[bool]
    by_guardian: Mapped[bool] = mapped_column(server_default=false())  # of a child under 14
    door: Mapped[ConsentDoor]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_privacy_consents_person", "person_id", "purpose", "id"),)


@dataclass(frozen=True, slots=True)
class Agreed:
    """同意情况 — one purpose with what the person last said to it."""

    purpose: Purpose
    standing: Standing
    at: datetime | None
    version: str | None
    by_guardian: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """联系方式 — of a reporter who agreed that it is handed on."""

    name: str | None
    phone: str | None


def version() -> str:
    """Of the notice that is shown now."""
    return str(load("privacy")["version"])


def agreed(session: Session, person_id: int) -> Mapping[Purpose, Agreed]:
    """Every purpose, in its order."""
    said = _last_said(session, person_id)
    return {purpose: _agreed(purpose, said.get(purpose)) for purpose in Purpose}


def history(session: Session, person_id: int) -> Sequence[PrivacyConsent]:
    """All that was said, the first first: the person's own, and proof."""
    return session.scalars(
        select(PrivacyConsent)
        .where(PrivacyConsent.person_id.in_(all_they_were(person_id)))
        .order_by(PrivacyConsent.id)
    ).all()


def is_unlocked(session: Session, person_id: int, what: Unlock) -> bool:
    """Whether the purpose that unlocks this is agreed to, as the notice says it now."""
    needed = [one for one in Purpose if what in load("privacy")["purpose"][one]["unlocks"]]
    now = agreed(session, person_id)
    return any(now[one].standing == Standing.GIVEN for one in needed)


def require(session: Session, person_id: int, what: Unlock) -> None:
    """Raises ConsentMissing."""
    if not is_unlocked(session, person_id, what):
        raise ConsentMissing(what=str(what))


def give(
    session: Session,
    person_id: int,
    purpose: Purpose,
    *,
    door: ConsentDoor,
    at: datetime,
    by_guardian: bool = False,
) -> None:
    """Agreed to the notice as it is now. Said twice it is kept once."""
    now = agreed(session, person_id)[purpose]
    if now.standing != Standing.GIVEN or now.by_guardian != by_guardian:
        _say(session, person_id, purpose, "consent_given", door, at, by_guardian=by_guardian)


def withdraw(
    session: Session,
    person_id: int,
    purpose: Purpose,
    *,
    door: ConsentDoor,
    at: datetime,
    account: str,
) -> None:
    """From now on; what was kept for this purpose alone goes. Nothing else gets worse by it."""
    if agreed(session, person_id)[purpose].standing in (Standing.NEVER, Standing.WITHDRAWN):
        return
    _say(session, person_id, purpose, "consent_withdrawn", door, at)
    if purpose == Purpose.HOME:
        for home in homes.homes_of(session, person_id):
            homes.leave(session, home, at, account)


def end_all(session: Session, person_id: int, at: datetime) -> None:
    """Of somebody who goes: that they agreed once stays to be proved, and no longer counts."""
    for one in agreed(session, person_id).values():
        if one.standing in (Standing.GIVEN, Standing.OUTDATED):
            _say(session, person_id, one.purpose, "consent_withdrawn", ConsentDoor.ERASURE, at)


def contact_to_hand_on(session: Session, ticket: Ticket) -> Contact | None:
    """Whom another house may call about it: None unless the reporter agreed and is not hidden."""
    is_theirs = not ticket.hides_reporter and ticket.reporter_left_at is None
    if not is_theirs or not is_unlocked(session, ticket.reporter_id, Unlock.REPORTER_CONTACT):
        return None
    person = session.get_one(Person, ticket.reporter_id)
    return Contact(person.name, person.phone)


def _last_said(session: Session, person_id: int) -> dict[Purpose, PrivacyConsent]:
    return {one.purpose: one for one in history(session, person_id)}


def _agreed(purpose: Purpose, said: PrivacyConsent | None) -> Agreed:
    if said is None:
        return Agreed(purpose, Standing.NEVER, None, None, False)
    standing = Standing.WITHDRAWN
    if said.is_given:
        is_current = said.version >= load("privacy")["purpose"][purpose]["since"]
        standing = Standing.GIVEN if is_current else Standing.OUTDATED
    return Agreed(purpose, standing, said.at, said.version, said.by_guardian)


def _say(
    session: Session,
    person_id: int,
    purpose: Purpose,
    verb: str,
    door: ConsentDoor,
    at: datetime,
    *,
    by_guardian: bool = False,
) -> None:
    said = PrivacyConsent(
        person_id=person_id,
        purpose=purpose,
        version=version(),
        is_given=verb == "consent_given",
        by_guardian=by_guardian,
        door=door,
        at=at,
    )
    session.add(said)
    session.flush()
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="person",
            subject_id=person_id,
            at=at,
            actor_id=person_id,
            detail={"purpose": purpose, "version": said.version, "door": door},
        ),
    )
