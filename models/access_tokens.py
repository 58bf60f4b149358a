"""The access token of an account: kept here, renewed by one process at a time."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from sqlalchemy import LargeBinary, bindparam, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from models.accounts import Account, ensure_account
from models.sealing import KEYRING
from models.statements import Statement

LEASE_SECONDS = 30  # longer than the slowest call for a token


@dataclass(frozen=True, slots=True)
class HeldToken:
    """凭证 — a token as the store holds it; the serial tells it from the next one."""

    text: str | None
    serial: int
    expires_at: datetime | None
    leased_until: datetime | None  # while somebody renews it

    def lasts_until(self, at: datetime) -> bool:
        return self.text is not None and self.expires_at is not None and self.expires_at > at


NONE_YET = HeldToken(None, 0, None, None)


_columns = Account.__table__.c
# Read before every call to the platform.
_held = Statement(
    select(
        type_coerce(_columns.access_token, LargeBinary),
        _columns.token_serial,
        _columns.token_expires_at,
        _columns.token_lease_until,
    ).where(_columns.key == bindparam("account"))
)


def held(session: Session, account: str) -> HeldToken:
    row = _held.first(session, account=account)
    return HeldToken(_opened(row[0]), *row[1:]) if row else NONE_YET


def _opened(sealed: bytes | None) -> str | None:
    """None also when its data key is gone: another token is had for the asking."""
    try:
        return None if sealed is None else KEYRING.open(bytes(sealed)).decode()
    except (InvalidTag, KeyError):
        return None


def lease(session: Session, account: str, serial: int, now: datetime) -> str | None:
    """The right to renew the token of that serial; None when another has it or has renewed it."""
    ensure_account(session, account)
    mark = secrets.token_hex(8)
    won = session.execute(
        update(Account)
        .where(
            Account.key == account,
            Account.token_serial == serial,
            or_(Account.token_lease_until.is_(None), Account.token_lease_until <= now),
        )
        .values(token_lease=mark, token_lease_until=now + timedelta(seconds=LEASE_SECONDS))
        .returning(Account.key)
        .execution_options(synchronize_session=False)
    )
    return mark if won.first() else None


def keep(session: Session, account: str, mark: str, text: str, expires_at: datetime) -> bool:
    """Keeps the new token and ends the lease; false when the lease was lost meanwhile."""
    kept = session.execute(
        update(Account)
        .where(Account.key == account, Account.token_lease == mark)
        .values(
            access_token=text,
            token_expires_at=expires_at,
            token_serial=Account.token_serial + 1,
            token_lease=None,
            token_lease_until=None,
        )
        .returning(Account.key)
        .execution_options(synchronize_session=False)
    )
    return kept.first() is not None


def release(session: Session, account: str, mark: str) -> None:
    """The renewal failed; the next one may try."""
    session.execute(
        update(Account)
        .where(Account.key == account, Account.token_lease == mark)
        .values(token_lease=None, token_lease_until=None)
        .execution_options(synchronize_session=False)
    )
