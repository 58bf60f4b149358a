"""Official accounts and mini-programs that residents write to."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.sealing import Sealed
from models.statements import Statement

MAIN = "main"
MINI = "mini"
EVERY_API = ""


class AccountKind(StrEnum):
    OFFICIAL = "official"
    MINI = "mini"


class Account(Base):
    """公众号 — an official account (or mini-program) with its own token towards the platform.

    Keys of accounts `main` and `mini` come from the settings; the row holds what is learned at
    run time, and the keys of further accounts.
    """

    __tablename__ = "accounts"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[AccountKind] = mapped_column(server_default=AccountKind.OFFICIAL)
    app_id: Mapped[str | None]
    secret: Mapped[str | None] = mapped_column(Sealed)
    access_token: Mapped[str | None] = mapped_column(Sealed)
    token_serial: Mapped[int] = mapped_column(server_default="0")  # counts the tokens kept
    token_expires_at: Mapped[datetime | None]
    token_lease: Mapped[str | None]
    token_lease_until: Mapped[datetime | None]


class ApiStop(Base):
    """接口停用 — the platform will refuse this API (or, when empty, the whole account) for now."""

    __tablename__ = "api_stops"

    account: Mapped[str] = mapped_column(ForeignKey("accounts.key"), primary_key=True)
    api: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    reason: Mapped[str]


def ensure_account(session: Session, key: str) -> None:
    """An account known by its settings alone gets its row when something is learned about it."""
    kind = AccountKind.MINI if key == MINI else AccountKind.OFFICIAL
    session.execute(
        insert(Account)
        .values(key=key, name=key, kind=kind)
        .on_conflict_do_nothing(index_elements=["key"])
    )


def stop(
    session: Session, account: str, api: str, until: datetime, reason: str, now: datetime
) -> bool:
    """Stops an API, or EVERY_API; true when it was not at rest already."""
    ensure_account(session, account)
    put = insert(ApiStop).values(account=account, api=api, until=until, reason=reason)
    row = session.execute(
        put.on_conflict_do_update(
            index_elements=["account", "api"],
            set_={"until": until, "reason": reason},
            where=ApiStop.until <= now,
        ).returning(ApiStop.api)
    )
    return row.first() is not None


def resume(session: Session, account: str) -> None:
    """Staff have put right what was wrong: every stop of the account ends."""
    session.execute(delete(ApiStop).where(ApiStop.account == account))


_stop_columns = ApiStop.__table__.c
_resting = Statement(
    select(_stop_columns.api, _stop_columns.until, _stop_columns.reason).where(
        _stop_columns.account == bindparam("account"),
        or_(_stop_columns.api == bindparam("api"), _stop_columns.api == EVERY_API),
        _stop_columns.until > bindparam("now", type_=UtcDateTime()),
    )
)


def resting(
    session: Session, account: str, api: str, now: datetime
) -> tuple[str, datetime, str] | None:
    """The stop that stands in the way of one call: API, end and reason."""
    found = _resting.first(session, account=account, api=api, now=now)
    return (found[0], found[1], found[2]) if found else None


def stops(session: Session, now: datetime) -> Sequence[ApiStop]:
    """What is stopped at this moment."""
    return session.scalars(select(ApiStop).where(ApiStop.until > now)).all()
