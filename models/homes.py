"""Homes: claimed by a resident, verified by the building head, remembered as the place."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import dispatch, events
from models.base import Base
from models.errors import AlreadyDone, NotAllowed, NotFound
from models.events import Fact
from models.places import Area, full_name
from models.posts import Role
from models.sealing import Sealed

VERIFYING = (Role.BUILDING_HEAD, Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF)


class HomeState(StrEnum):
    """住所状态 — claimed until the building head has answered."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    REFUSED = "refused"
    LEFT = "left"


CURRENT = "state IN ('claimed', 'verified')"


class Home(Base):
    """住所 — where a person lives: claimed by them, verified by the building head."""

    __tablename__ = "homes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)  # building
    room: Mapped[str | None] = mapped_column(Sealed)  # who lives behind a door is private
    state: Mapped[HomeState]
    claimed_at: Mapped[datetime]
    asked_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))

    __table_args__ = (
        Index(
            "ix_homes_current",
            "person_id",
            unique=True,
            sqlite_where=text(CURRENT),
            postgresql_where=text(CURRENT),
        ),
        CheckConstraint(
            "state IN ('claimed', 'left') OR answered_by IS NOT NULL", name="answer_has_author"
        ),
    )


def current_home(session: Session, person_id: int) -> Home | None:
    return session.scalars(
        select(Home).where(
            Home.person_id == person_id,
            Home.state.in_([HomeState.CLAIMED, HomeState.VERIFIED]),
        )
    ).first()


def claim(
    session: Session, person_id: int, building: Area, room: str | None, now: datetime, account: str
) -> Home:
    """绑定: this person says they live here. Who verifies it is asked; the old home is left.

    Saying the same again changes nothing: what was verified stays so.
    """
    known = current_home(session, person_id)
    if known is not None and known.area_id == building.id and room in (None, known.room):
        return known
    leave(session, person_id, now)
    holders = dispatch.holders_at(session, building.id, now)
    loads = dispatch.loads(session)
    asked = dispatch.holder_of(holders, VERIFYING, loads, barred=frozenset({person_id}))
    home = Home(
        person_id=person_id,
        area_id=building.id,
        room=room,
        state=HomeState.CLAIMED,
        claimed_at=now,
        asked_id=asked.person_id if asked else None,
    )
    session.add(home)
    session.flush()
    _record(session, home, "home_claimed", person_id, now, account, {"room": room})
    return home


def answer(
    session: Session, home: Home, *, is_neighbour: bool, by: int, at: datetime, account: str
) -> None:
    """The building head (or who stands in) says whether this person lives here."""
    if home.state != HomeState.CLAIMED:
        raise AlreadyDone(place=full_name(session, home.area_id))
    holders = dispatch.holders_at(session, home.area_id, at)
    if by == home.person_id or not any(
        one.person_id == by and one.role in VERIFYING for one in holders
    ):
        raise NotAllowed(number=full_name(session, home.area_id))
    home.state = HomeState.VERIFIED if is_neighbour else HomeState.REFUSED
    home.answered_at, home.answered_by = at, by
    _record(session, home, f"home_{home.state}", by, at, account, {})


def leave(session: Session, person_id: int, now: datetime) -> Home | None:
    """The person no longer lives there, or lives elsewhere now."""
    home = current_home(session, person_id)
    if home is not None:
        home.state, home.asked_id = HomeState.LEFT, None
        session.flush()
    return home


def waiting_for(session: Session, person_id: int) -> list[Home]:
    """Claims this person was asked to verify and has not answered."""
    return list(
        session.scalars(
            select(Home)
            .where(Home.asked_id == person_id, Home.state == HomeState.CLAIMED)
            .order_by(Home.id)
        )
    )


def find(session: Session, home_id: int) -> Home:
    home = session.get(Home, home_id)
    if home is None:
        raise NotFound(number=str(home_id))
    return home


def _record(
    session: Session,
    home: Home,
    verb: str,
    by: int,
    at: datetime,
    account: str,
    extra: dict[str, str | None],
) -> None:
    events.record(
        session,
        Fact(
            verb=verb,
            subject_kind="home",
            subject_id=home.id,
            at=at,
            account=account,
            actor_id=by,
            new=home.state,
            area_id=home.area_id,
            parties={
                "resident": [home.person_id],
                "verifier": [home.asked_id] if home.asked_id else [],
            },
            context={"place": full_name(session, home.area_id), **extra},
        ),
    )
