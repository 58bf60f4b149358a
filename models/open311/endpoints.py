"""外地平台: Open311 of other houses, to which matters that belong there are handed on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.categories import LEVEL_ONE
from models import events
from models.base import Base
from models.errors import AlreadyDone, DomainError, NotFound
from models.events import Fact
from models.sealing import Sealed

OTHERWISE = "other"  # stands for every class without a code of its own
LONGEST_NAME = 40
SCHEMES = ("http", "https")


class EndpointUnfit(DomainError):
    """What was given is no endpoint; `field` says what is wrong."""

    template = "endpoint_unfit"


class Endpoint(Base):
    """外地平台 — the Open311 of another house, and our key for it."""

    __tablename__ = "open311_endpoints"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    url: Mapped[str]
    jurisdiction: Mapped[str | None]
    api_key: Mapped[str] = mapped_column(Sealed)
    codes: Mapped[dict[str, Any]]  # our class, or OTHERWISE → their service_code
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    def code_for(self, category: str) -> str:
        return str(self.codes.get(category, self.codes[OTHERWISE]))


def add(
    session: Session,
    name: str,
    url: str,
    api_key: str,
    codes: Mapping[str, str],
    *,
    jurisdiction: str | None = None,
    at: datetime,
) -> Endpoint:
    """By the operator. Raises EndpointUnfit, AlreadyDone for a name in use."""
    address = urlsplit(url)
    for field, is_fit in (
        ("name", 0 < len(name.strip()) <= LONGEST_NAME),
        ("url", address.scheme in SCHEMES and bool(address.hostname) and not address.query),
        ("codes", OTHERWISE in codes and codes.keys() <= {OTHERWISE, *LEVEL_ONE}),
    ):
        if not is_fit:
            raise EndpointUnfit(field, field=field)
    if any(one.name == name.strip() for one in in_use(session)):
        raise AlreadyDone(f"there is an endpoint {name}")
    endpoint = Endpoint(
        name=name.strip(),
        url=url.rstrip("/"),
        jurisdiction=jurisdiction,
        api_key=api_key,
        codes=dict(codes),
        added_at=at,
    )
    session.add(endpoint)
    session.flush()
    _record(session, endpoint, "endpoint_added", at)
    return endpoint


def end(session: Session, name: str, *, at: datetime) -> None:
    """What was handed on to it is followed to its end; nothing new is."""
    endpoint = next((one for one in in_use(session) if one.name == name), None)
    if endpoint is None:
        raise NotFound(f"there is no endpoint {name}")
    endpoint.ended_at = at
    _record(session, endpoint, "endpoint_ended", at)


def in_use(session: Session) -> Sequence[Endpoint]:
    found = select(Endpoint).where(Endpoint.ended_at.is_(None)).order_by(Endpoint.id)
    return session.scalars(found).all()


def _record(session: Session, endpoint: Endpoint, verb: str, at: datetime) -> None:
    fact = Fact(verb=verb, subject_kind="endpoint", subject_id=endpoint.id, at=at)
    events.record(session, fact)
