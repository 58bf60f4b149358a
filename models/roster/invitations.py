"""Inviting somebody on the roll: a link to the console or a code for the chat, once, for days."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import events, sign_ins, staff_accounts
from models.base import Base
from models.errors import NotAllowed, NotFound
from models.events import Fact
from models.people import Person
from models.posts import Post, is_held
from models.roster import posts
from models.sign_ins import MAY_SIGN_IN, digest
from models.staff_accounts import StaffAccount

LIFE = timedelta(days=3)


class Purpose(StrEnum):
    """邀请用途 — a link to an account for the console, or a code by which the chat knows one."""

    CONSOLE = "console"
    CHAT = "chat"


class Invitation(Base):
    """邀请 — by it one person on the roll sets up their account, or is known in chat."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)  # the token itself is in the link alone
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    purpose: Mapped[Purpose] = mapped_column(server_default=Purpose.CONSOLE)


def may_keep_account(session: Session, person_id: int, by: int, at: datetime) -> bool:
    """Whether `by` gives one of the posts that let this person sign in. Nobody keeps their own."""
    held = session.scalars(
        select(Post).where(Post.person_id == person_id, Post.role.in_(MAY_SIGN_IN), is_held(at))
    ).all()
    return bool(posts.giveable(session, held, by, at))


def invite(session: Session, person_id: int, *, by: int, at: datetime) -> str:
    """The token for the link; earlier ones end. Raises NotAllowed."""
    if not may_keep_account(session, person_id, by, at):
        raise NotAllowed(number=str(person_id))
    token = secrets.token_urlsafe(32)
    issue(session, Purpose.CONSOLE, person_id, digest(token), by=by, at=at)
    _record(session, "account_invited", person_id, by, at)
    return token


def issue(
    session: Session, purpose: Purpose, person_id: int, token_hash: str, *, by: int, at: datetime
) -> None:
    """Earlier ones for the same end."""
    session.execute(
        update(Invitation)
        .where(
            Invitation.person_id == person_id,
            Invitation.purpose == purpose,
            Invitation.used_at.is_(None),
        )
        .values(expires_at=at)
        .execution_options(synchronize_session=False)
    )
    session.add(
        Invitation(
            token_hash=token_hash,
            person_id=person_id,
            made_by=by,
            expires_at=at + LIFE,
            purpose=purpose,
        )
    )
    session.flush()


def open_one(
    session: Session, purpose: Purpose, token_hash: str, now: datetime
) -> Invitation | None:
    """None for what never was, is used or is over."""
    return session.scalars(
        select(Invitation).where(
            Invitation.token_hash == token_hash,
            Invitation.purpose == purpose,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
    ).first()


def current(session: Session, token: str, now: datetime) -> Invitation:
    """Raises NotFound, in the same words, for what never was, is used or is over."""
    found = open_one(session, Purpose.CONSOLE, digest(token), now)
    if found is None or not _holds_desk_post(session, found.person_id, now):
        raise NotFound("no such invitation")
    return found


def take(
    session: Session, token: str, name: str, password_hash: str, now: datetime
) -> StaffAccount:
    """The account with a name and password of their own; older sign-ins end."""
    invitation = current(session, token, now)
    account = staff_accounts.keep(session, invitation.person_id, name, password_hash, now)
    invitation.used_at = now
    sign_ins.end_all(session, invitation.person_id, now)
    _record(session, "account_taken", invitation.person_id, invitation.person_id, now)
    return account


def reset_second_factor(session: Session, person_id: int, *, by: int, at: datetime) -> None:
    """The phone is lost: the next sign-in proposes a new one. Raises NotAllowed, NotFound."""
    if not may_keep_account(session, person_id, by, at):
        raise NotAllowed(number=str(person_id))
    account = staff_accounts.of_person(session, person_id)
    if account is None:
        raise NotFound(number=str(person_id))
    staff_accounts.forget_second_factor(account)
    sign_ins.end_all(session, person_id, at)
    _record(session, "second_factor_reset", person_id, by, at)


def _holds_desk_post(session: Session, person_id: int, now: datetime) -> bool:
    held = select(Post.id).where(
        Post.person_id == person_id, Post.role.in_(MAY_SIGN_IN), is_held(now)
    )
    return session.scalar(held.limit(1)) is not None


def _record(session: Session, verb: str, person_id: int, by: int, at: datetime) -> None:
    """Who did not ask for it hears of it: a link in wrong hands opens somebody's desk."""
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="person",
            subject_id=person_id,
            at=at,
            actor_id=by,
            parties={"invitee": [person_id]},
            context={"by": session.get_one(Person, by).name},
        ),
    )
