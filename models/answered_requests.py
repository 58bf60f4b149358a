"""Requests that may come twice: what the first was answered is kept, and the second gets it."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.errors import KeyUsedOtherwise
from models.people import Identity, all_they_were
from models.sealing import Sealed

KEPT = timedelta(days=1)


class AnsweredRequest(Base):
    """已答请求 — one request of one person under a key of their phone's choosing, and its answer.

    Work and answer are kept by one transaction: whoever repeats it meanwhile waits for that.
    """

    __tablename__ = "answered_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id"))
    key: Mapped[str]
    fingerprint: Mapped[str]  # of what was asked
    answer: Mapped[str | None] = mapped_column(Sealed)
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("identity_id", "key"),)

    @property
    def body(self) -> Any:
        """What was answered before; None for a request that is new."""
        return None if self.answer is None else json.loads(self.answer)

    def keep(self, body: Any) -> None:
        self.answer = json.dumps(body, ensure_ascii=False)


def answered(session: Session, identity_id: int, key: str, fingerprint: str) -> Any:
    """What it was answered before, or None: so that a repeat is not worked out again."""
    found = _found(session, identity_id, key)
    return None if found is None else _same(found, fingerprint).body


def begin(
    session: Session, identity_id: int, key: str, fingerprint: str, at: datetime
) -> AnsweredRequest:
    """This request, new or answered before. Raises KeyUsedOtherwise."""
    session.execute(
        delete(AnsweredRequest)
        .where(AnsweredRequest.identity_id == identity_id, AnsweredRequest.at <= at - KEPT)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        insert(AnsweredRequest)
        .values(identity_id=identity_id, key=key, fingerprint=fingerprint, at=at)
        .on_conflict_do_nothing(index_elements=["identity_id", "key"])
    )
    found = _found(session, identity_id, key)
    assert found is not None
    return _same(found, fingerprint)


def _found(session: Session, identity_id: int, key: str) -> AnsweredRequest | None:
    return session.scalars(
        select(AnsweredRequest).where(
            AnsweredRequest.identity_id == identity_id, AnsweredRequest.key == key
        )
    ).first()


def _same(found: AnsweredRequest, fingerprint: str) -> AnsweredRequest:
    if found.fingerprint != fingerprint:
        raise KeyUsedOtherwise
    return found


def forget(session: Session, person_id: int) -> None:
    theirs = select(Identity.id).where(Identity.person_id.in_(all_they_were(person_id)))
    session.execute(
        delete(AnsweredRequest)
        .where(AnsweredRequest.identity_id.in_(theirs))
        .execution_options(synchronize_session=False)
    )
