"""Accounts of staff: a name and a password for the console, and the second factor."""

from datetime import datetime, timedelta
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.errors import AlreadyDone, DomainError, NotFound
from models.sealing import Sealed

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200  # hashing a novel is a way to keep a server busy
LONGEST_NAME = 64
CODE_SECONDS = 30

# OWASP's least for Argon2id: a small server with an office signing in at eight stays awake.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PasswordUnfit(DomainError):
    """Too short, too long, or the sign-in name itself."""

    template = "password_unfit"


class StaffAccount(Base):
    """工作账号 — the sign-in name, password and second factor of somebody who holds a post."""

    __tablename__ = "staff_accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    second_factor: Mapped[str | None] = mapped_column(Sealed)  # a TOTP secret
    second_factor_since: Mapped[datetime | None]  # confirmed by a first code
    last_code_step: Mapped[int | None]  # a code counts once
    created_at: Mapped[datetime]


def of_person(session: Session, person_id: int) -> StaffAccount | None:
    return session.scalars(select(StaffAccount).where(StaffAccount.person_id == person_id)).first()


def named(session: Session, name: str) -> StaffAccount | None:
    return session.scalars(
        select(StaffAccount).where(StaffAccount.name == plain_name(name))
    ).first()


def plain_name(name: str) -> str:
    """As it is kept and compared: capitals and blanks around it make no other name."""
    return name.strip().lower()[:LONGEST_NAME]


def hash_password(password: str, name: str) -> str:
    """Slow by design: never inside a transaction. Raises PasswordUnfit."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordUnfit(least=SHORTEST_PASSWORD)
    if plain_name(password) == plain_name(name):
        raise PasswordUnfit(least=SHORTEST_PASSWORD)
    return _HASHER.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; takes as long when there is no account at all. Slow, too."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _HASHER.verify(password_hash or _of_nobody(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _of_nobody() -> str:
    """Somebody unknown costs as long as a wrong password, so that time tells no names."""
    return _HASHER.hash("nobody has this password")


def keep(
    session: Session, person_id: int, name: str, password_hash: str, now: datetime
) -> StaffAccount:
    """A new account, or a new name and password of the old one.

    Raises NotFound (no name given) and AlreadyDone (the name is somebody else's).
    """
    wanted = plain_name(name)
    if not wanted:
        raise NotFound("a sign-in name")
    other = named(session, wanted)
    if other is not None and other.person_id != person_id:
        raise AlreadyDone(number=wanted)
    account = of_person(session, person_id)
    if account is None:
        account = StaffAccount(person_id=person_id, created_at=now)
        session.add(account)
    account.name, account.password_hash = wanted, password_hash
    session.flush()
    return account


def propose_second_factor(account: StaffAccount) -> str:
    """The secret to be scanned; it counts once a first code has confirmed it."""
    if account.second_factor is None or account.second_factor_since is not None:
        account.second_factor, account.second_factor_since = pyotp.random_base32(), None
        account.last_code_step = None
    return account.second_factor


def address_of_second_factor(account: StaffAccount, issuer: str) -> str:
    """What the QR picture holds."""
    return pyotp.TOTP(account.second_factor or "").provisioning_uri(
        name=account.name, issuer_name=issuer
    )


def take_code(session: Session, account: StaffAccount, code: str, at: datetime) -> bool:
    """Whether the code is right now, or was half a minute ago; each counts once."""
    if account.second_factor is None:
        return False
    digits = "".join(code.split())
    totp = pyotp.TOTP(account.second_factor)
    for moment in (at, at - timedelta(seconds=CODE_SECONDS), at + timedelta(seconds=CODE_SECONDS)):
        step = int(moment.timestamp()) // CODE_SECONDS
        if totp.verify(digits, for_time=moment):
            return _take_step(session, account, step, at)
    return False


def _take_step(session: Session, account: StaffAccount, step: int, at: datetime) -> bool:
    """Of two who bring one code at once the second comes too late."""
    taken = session.execute(
        update(StaffAccount)
        .where(
            StaffAccount.id == account.id,
            (StaffAccount.last_code_step.is_(None)) | (StaffAccount.last_code_step < step),
        )
        .values(last_code_step=step)
        .returning(StaffAccount.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is not None and account.second_factor_since is None:
        account.second_factor_since = at
    return taken is not None


def forget_second_factor(account: StaffAccount) -> None:
    """The phone is lost: the next sign-in proposes a new one."""
    account.second_factor = account.second_factor_since = account.last_code_step = None


def forget(session: Session, person_id: int) -> None:
    session.execute(
        delete(StaffAccount)
        .where(StaffAccount.person_id == person_id)
        .execution_options(synchronize_session=False)
    )


def merge(session: Session, stays_id: int, goes_id: int) -> None:
    """Two persons are one: the account of who stays is kept, else the other's goes over."""
    if of_person(session, stays_id) is not None:
        forget(session, goes_id)
        return
    session.execute(
        update(StaffAccount)
        .where(StaffAccount.person_id == goes_id)
        .values(person_id=stays_id)
        .execution_options(synchronize_session=False)
    )
