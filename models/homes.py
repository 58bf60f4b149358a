"""Homes: claimed by a resident, each verified by its building head; one of them is the usual."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import dispatch, events, on_duty
from models.base import Base
from models.errors import AlreadyDone, NotAllowed, NotFound, TooManyHomes
from models.events import Fact
from models.people import Person
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
USUAL = f"{CURRENT} AND is_usual"
BESIDE = f"{CURRENT} AND NOT is_usual"
LIVING = (HomeState.CLAIMED, HomeState.VERIFIED)
MOST = 6  # homes of one person: more can not be chosen from by a digit at a glance


class Home(Base):
    """住所 — where a person lives: claimed by them, verified by the building head.

    Of several one is the usual: where a matter is that names no place.
    """

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
    is_usual: Mapped[bool] = mapped_column(server_default="1")
    chosen_at: Mapped[datetime | None]  # when they said themselves that it is the usual one

    __table_args__ = (
        Index(
            "ix_homes_usual",
            "person_id",
            unique=True,
            sqlite_where=text(USUAL),
            postgresql_where=text(USUAL),
        ),
        Index(
            "ix_homes_beside",
            "person_id",
            sqlite_where=text(BESIDE),
            postgresql_where=text(BESIDE),
        ),
        CheckConstraint(
            "state IN ('claimed', 'left') OR answered_by IS NOT NULL", name="answer_has_author"
        ),
    )


def homes_of(session: Session, person_id: int) -> list[Home]:
    """Every home of a person, the usual one first, then in the order they were claimed."""
    return list(
        session.scalars(
            select(Home)
            .where(Home.person_id == person_id, Home.state.in_(LIVING))
            .order_by(Home.is_usual.desc(), Home.id)
        )
    )


def current_home(session: Session, person_id: int) -> Home | None:
    """The usual one."""
    return next(iter(homes_of(session, person_id)), None)


def claim(
    session: Session, person_id: int, building: Area, room: str | None, now: datetime, account: str
) -> Home:
    """绑定: this person says they live here, beside where else they live. Who verifies it is asked.

    Saying the same again changes nothing: what was verified stays so.
    """
    # Two claims of one person wait for each other here, so that one of them is the usual.
    session.get_one(Person, person_id, with_for_update=True)
    kept = homes_of(session, person_id)
    same = [one for one in kept if one.area_id == building.id and room in (None, one.room)]
    if same:
        return same[0]
    if len(kept) >= MOST:
        raise TooManyHomes
    holders = on_duty.holders_at(session, building.id, now)
    loads = dispatch.loads(session)
    asked = dispatch.holder_of(holders, VERIFYING, loads, barred=frozenset({person_id}))
    home = Home(
        person_id=person_id,
        area_id=building.id,
        room=room,
        state=HomeState.CLAIMED,
        claimed_at=now,
        asked_id=asked.person_id if asked else None,
        is_usual=not kept,
    )
    session.add(home)
    session.flush()
    _record(session, home, "home_claimed", person_id, now, account, {"room": room})
    return home


def move(
    session: Session, home: Home, building: Area, room: str | None, now: datetime, account: str
) -> Home:
    """搬家: another home in the place of this one; the usual stays the usual."""
    was_usual, person_id = home.is_usual, home.person_id
    if home.area_id == building.id and room in (None, home.room):
        return home
    leave(session, home, now, account)
    new = claim(session, person_id, building, room, now, account)
    if was_usual and not new.is_usual:
        _make_usual(session, new)
    return new


def choose_usual(session: Session, home: Home, now: datetime, account: str) -> None:
    """常住: matters that name no place are here."""
    if home.state not in LIVING:
        raise NotFound(number=full_name(session, home.area_id))
    _make_usual(session, home)
    home.chosen_at = now
    session.flush()
    _record(session, home, "home_chosen", home.person_id, now, account, {})


def _make_usual(session: Session, home: Home) -> None:
    for one in homes_of(session, home.person_id):
        one.is_usual, one.chosen_at = False, None
    session.flush()
    home.is_usual = True
    session.flush()


def answer(
    session: Session, home: Home, *, is_neighbour: bool, by: int, at: datetime, account: str
) -> None:
    """The building head (or who stands in) says whether this person lives here."""
    if home.state != HomeState.CLAIMED:
        raise AlreadyDone(place=full_name(session, home.area_id))
    holders = on_duty.holders_at(session, home.area_id, at)
    if by == home.person_id or not any(
        one.person_id == by and one.role in VERIFYING for one in holders
    ):
        raise NotAllowed(number=full_name(session, home.area_id))
    home.state = HomeState.VERIFIED if is_neighbour else HomeState.REFUSED
    home.answered_at, home.answered_by = at, by
    if home.state == HomeState.REFUSED:
        _pass_on_usual(session, home)
    _record(session, home, f"home_{home.state}", by, at, account, {})


def leave(session: Session, home: Home, now: datetime, account: str) -> None:
    """The person no longer lives there; of the others the first verified one becomes the usual."""
    if home.state not in LIVING:
        raise AlreadyDone
    home.state, home.asked_id = HomeState.LEFT, None
    _pass_on_usual(session, home)
    _record(session, home, "home_left", home.person_id, now, account, {})


def leave_all(session: Session, person_id: int) -> None:
    """Of somebody who is forgotten here: nobody is told, and nothing is said of it."""
    for home in homes_of(session, person_id):
        home.state, home.asked_id, home.is_usual = HomeState.LEFT, None, False
    session.flush()


def hand_over(session: Session, goes: int, stays: int) -> None:
    """Two persons are one: every home they said once; the usual one of who stays."""
    kept = homes_of(session, stays)
    for home in homes_of(session, goes):
        is_double = any((one.area_id, one.room) == (home.area_id, home.room) for one in kept)
        if is_double:
            home.state, home.asked_id = HomeState.LEFT, None
        home.is_usual = home.is_usual and not kept
    session.flush()
    session.execute(
        update(Home)
        .where(Home.person_id == goes)
        .values(person_id=stays)
        .execution_options(synchronize_session=False)
    )


def _pass_on_usual(session: Session, home: Home) -> None:
    was_usual, home.is_usual, home.chosen_at = home.is_usual, False, None
    session.flush()
    others = homes_of(session, home.person_id)
    if was_usual and others:
        verified = [one for one in others if one.state == HomeState.VERIFIED]
        _make_usual(session, (verified or others)[0])


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


def find_own(session: Session, home_id: int, person_id: int) -> Home:
    """Nobody's home but their own exists for them here."""
    home = find(session, home_id)
    if home.person_id != person_id:
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
