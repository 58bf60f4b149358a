"""The filters somebody keeps under a name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.errors import DomainError, NotFound

MOST_VIEWS = 12
LONGEST_NAME = 20


class ViewsFull(DomainError):
    """More than a person finds their way in; one has to go first."""

    template = "views_full"


class SavedView(Base):
    """常用筛选 — conditions of the queue that one person keeps under a name."""

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    name: Mapped[str]
    conditions: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("person_id", "name"),)


def of_person(session: Session, person_id: int) -> Sequence[SavedView]:
    return session.scalars(
        select(SavedView).where(SavedView.person_id == person_id).order_by(SavedView.id)
    ).all()


def save(
    session: Session, person_id: int, name: str, conditions: dict[str, Any], now: datetime
) -> SavedView:
    """Under a name that exists it takes the place of the old one. Raises NotFound, ViewsFull."""
    wanted = name.strip()[:LONGEST_NAME]
    if not wanted:
        raise NotFound("a name for the view")
    mine = (SavedView.person_id == person_id, SavedView.name == wanted)
    view = session.scalars(select(SavedView).where(*mine)).first()
    if view is None:
        total = session.scalar(select(func.count()).where(SavedView.person_id == person_id)) or 0
        if total >= MOST_VIEWS:
            raise ViewsFull(most=MOST_VIEWS)
        view = SavedView(person_id=person_id, name=wanted, created_at=now)
        session.add(view)
    view.conditions = conditions
    session.flush()
    return view


def drop(session: Session, person_id: int, view_id: int) -> None:
    """Raises NotFound for somebody else's, too."""
    view = session.get(SavedView, view_id)
    if view is None or view.person_id != person_id:
        raise NotFound(number=view_id)
    session.delete(view)
