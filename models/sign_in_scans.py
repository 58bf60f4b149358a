"""Signing in by WeChat: a browser shows a code, a phone scans it and says yes."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.sign_ins import digest

PREFIX = "sign-in-"
LIFE = timedelta(minutes=5)
KEPT = timedelta(days=1)


class ScanState(StrEnum):
    """扫码进度 — where one sign-in by scan stands."""

    WAITING = "waiting"
    SCANNED = "scanned"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    USED = "used"


class SignInScan(Base):
    """扫码登录 — one code on one browser's page, for one phone, once."""

    __tablename__ = "sign_in_scans"

    id: Mapped[int] = mapped_column(primary_key=True)
    scene: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)  # only that browser can take it up
    code: Mapped[str]  # two digits that both show, so that nobody confirms another's page
    device: Mapped[str]  # computer or phone
    state: Mapped[ScanState]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)
    created_at: Mapped[datetime]


def open_scan(session: Session, device: str, now: datetime) -> tuple[SignInScan, str]:
    """A fresh code, and the secret that its browser keeps."""
    session.execute(
        delete(SignInScan)
        .where(SignInScan.created_at <= now - KEPT)
        .execution_options(synchronize_session=False)
    )
    secret = secrets.token_urlsafe(32)
    scan = SignInScan(
        scene=PREFIX + secrets.token_urlsafe(16),
        secret_hash=digest(secret),
        code=f"{secrets.randbelow(90) + 10}",
        device=device,
        state=ScanState.WAITING,
        created_at=now,
    )
    session.add(scan)
    session.flush()
    return scan, secret


def of_browser(session: Session, secret: str, now: datetime) -> SignInScan | None:
    return session.scalars(
        select(SignInScan).where(
            SignInScan.secret_hash == digest(secret), SignInScan.created_at > now - LIFE
        )
    ).first()


def scanned(session: Session, scene: str, person_id: int, now: datetime) -> SignInScan | None:
    """By this phone; None for a code that ran out or that another phone has scanned."""
    return _move(
        session,
        now,
        (ScanState.WAITING, ScanState.SCANNED),
        ScanState.SCANNED,
        SignInScan.scene == scene,
        SignInScan.person_id.is_(None) | (SignInScan.person_id == person_id),
        person_id=person_id,
    )


def confirm(session: Session, scan_id: int, person_id: int, now: datetime) -> SignInScan | None:
    return _answer(session, scan_id, person_id, ScanState.CONFIRMED, now)


def refuse(session: Session, scan_id: int, person_id: int, now: datetime) -> SignInScan | None:
    return _answer(session, scan_id, person_id, ScanState.REFUSED, now)


def _answer(
    session: Session, scan_id: int, person_id: int, answer: ScanState, now: datetime
) -> SignInScan | None:
    mine = (SignInScan.id == scan_id, SignInScan.person_id == person_id)
    return _move(session, now, (ScanState.SCANNED,), answer, *mine)


def take_up(session: Session, secret: str, now: datetime) -> int | None:
    """Who has confirmed it, once."""
    taken = _move(
        session,
        now,
        (ScanState.CONFIRMED,),
        ScanState.USED,
        SignInScan.secret_hash == digest(secret),
    )
    return taken.person_id if taken is not None else None


def _move(
    session: Session,
    now: datetime,
    old: tuple[ScanState, ...],
    new: ScanState,
    *which: object,
    **values: object,
) -> SignInScan | None:
    """One step by whoever comes first; None when it is another state by then, or too late."""
    return session.scalars(
        update(SignInScan)
        .where(*which, SignInScan.state.in_(old), SignInScan.created_at > now - LIFE)  # type: ignore[arg-type]
        .values(state=new, **values)
        .returning(SignInScan)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).first()
