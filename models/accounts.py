"""Official accounts and mini-programs that residents write to."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

MAIN = "main"


class Account(Base):
    """公众号 — an official account (or mini-program) with its own token towards the platform.

    Keys of account `main` come from the settings; the row holds what is learned at run time.
    """

    __tablename__ = "accounts"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    access_token: Mapped[str | None]
    token_expires_at: Mapped[datetime | None]
    token_lease: Mapped[str | None]
    token_lease_until: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    paused_reason: Mapped[str | None]
