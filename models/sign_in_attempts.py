"""How often somebody may try a password: by name and address, kept for all processes."""

from datetime import datetime, timedelta

from sqlalchemy import Index, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.errors import TooManyAttempts
from models.sealing import KEYRING

WINDOW = timedelta(minutes=15)
MOST_BY_NAME_AND_ADDRESS = 5
MOST_BY_NAME = 20  # more, or a stranger could shut somebody out from elsewhere
MOST_BY_ADDRESS = 40  # an office of twenty goes out by one address


class SignInAttempt(Base):
    """登录尝试 — one try with a password or a code that did not get in."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_hash: Mapped[str]  # keyed: a mistyped name is often a password
    address_hash: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        Index("ix_sign_in_attempts_name_hash", "name_hash", "at"),
        Index("ix_sign_in_attempts_address_hash", "address_hash", "at"),
        Index("ix_sign_in_attempts_at", "at"),
    )


def begin(session: Session, name: str, address: str, now: datetime) -> None:
    """Counts a try before it is looked at, so that a hundred at once are a hundred.

    Raises TooManyAttempts.
    """
    session.execute(
        delete(SignInAttempt)
        .where(SignInAttempt.at <= now - WINDOW)
        .execution_options(synchronize_session=False)
    )
    name_hash, address_hash = KEYRING.search_hash(name), KEYRING.search_hash(address)
    by_name = SignInAttempt.name_hash == name_hash
    by_address = SignInAttempt.address_hash == address_hash
    counts = session.execute(
        select(
            func.count().filter(by_name & by_address),
            func.count().filter(by_name),
            func.count().filter(by_address),
        ).where(by_name | by_address)
    ).one()
    most = (MOST_BY_NAME_AND_ADDRESS, MOST_BY_NAME, MOST_BY_ADDRESS)
    if any(count >= limit for count, limit in zip(counts, most, strict=True)):
        raise TooManyAttempts(minutes=int(WINDOW.total_seconds() // 60))
    session.add(SignInAttempt(name_hash=name_hash, address_hash=address_hash, at=now))


def succeeded(session: Session, name: str, address: str) -> None:
    """Who got in had only mistyped."""
    session.execute(
        delete(SignInAttempt)
        .where(
            SignInAttempt.name_hash == KEYRING.search_hash(name),
            SignInAttempt.address_hash == KEYRING.search_hash(address),
        )
        .execution_options(synchronize_session=False)
    )
