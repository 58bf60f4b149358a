"""Homes: said by the resident, confirmed by who serves the building, left when one moves."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from app.api.routes import Call, Work, acts, reads, sets
from app.api.schemas import Given, Number, Sent, YesNo
from bots.handlers.building_heads import served_by
from models import homes, privacy_consents
from models.errors import NotFound
from models.homes import Home
from models.places import Area, AreaKind, full_name
from models.privacy_consents import ConsentDoor, Purpose
from models.roster import doubles

Room = Annotated[str, Field(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$")]


class HomeIn(Sent):
    """住所 — a building, and the door in it if one likes; sending it agrees to its keeping."""

    area_id: Number
    room: Room | None = None


class HomeOut(Given):
    id: int
    area_id: int
    place: str
    room: str | None
    state: str
    is_usual: bool


class HomesOut(Given):
    items: list[HomeOut]


class Neighbour(Sent):
    lives_here: YesNo


class Server(Given):
    """服务人员 — who serves a building; a neighbour's own number is not given."""

    role: str
    name: str | None
    phone: str | None


class Building(Given):
    place: str
    has_head: bool
    people: list[Server]


class Buildings(Given):
    items: list[Building]


@reads("/homes", gives=HomesOut)
def list_homes(call: Call) -> Work:
    """One's homes, the usual one first."""
    return lambda session: _all(session, homes.homes_of(session, call.who.person_id))


@acts("/homes", takes=HomeIn, gives=HomeOut, refuses=("not_found", "too_many_homes"))
def claim_home(call: Call, body: HomeIn) -> Work:
    """Say where one lives; who serves the building is asked to confirm it."""

    def work(session: Session) -> HomeOut:
        building, who = session.get(Area, body.area_id), call.who
        if building is None or building.kind != AreaKind.BUILDING:
            raise NotFound
        said = {"door": ConsentDoor.API, "at": call.now}
        privacy_consents.give(session, who.person_id, Purpose.HOME, **said)
        room = (body.room or "").strip() or None
        home = homes.claim(session, who.person_id, building, room, call.now, who.account)
        doubles.ask_of_buildings(session, [building.id], call.now)
        return _out(session, home)

    return work


@sets("/homes/<int:home_id>/usual", gives=HomeOut)
def choose_home(call: Call, home_id: int) -> Work:
    """Make it the usual one: where matters are that name no place."""

    def work(session: Session) -> HomeOut:
        home = _own(session, call, home_id)
        homes.choose_usual(session, home, call.now, call.who.account)
        return _out(session, home)

    return work


@sets("/homes/<int:home_id>", method="DELETE", status=204, refuses=("already_done",))
def leave_home(call: Call, home_id: int) -> Work:
    """One lives there no more."""
    return lambda session: homes.leave(
        session, _own(session, call, home_id), call.now, call.who.account
    )


@reads("/homes/to-verify", gives=HomesOut)
def list_homes_to_verify(call: Call) -> Work:
    """What neighbours have said and who is signed in was asked to confirm."""
    return lambda session: _all(session, homes.waiting_for(session, call.who.person_id))


@sets("/homes/<int:home_id>/verification", takes=Neighbour, gives=HomeOut, refuses=("not_allowed",))
def verify_home(call: Call, home_id: int, body: Neighbour) -> Work:
    """Say whether the neighbour lives there."""

    def work(session: Session) -> HomeOut:
        asked = homes.waiting_for(session, call.who.person_id)
        home = next((one for one in asked if one.id == home_id), None)
        if home is None:
            raise NotFound
        by = {"by": call.who.person_id, "at": call.now, "account": call.who.account}
        homes.answer(session, home, is_neighbour=body.lives_here, **by)
        return _out(session, home)

    return work


@reads("/building-heads", gives=Buildings)
def list_building_heads(call: Call) -> Work:
    """Who serves where one lives: building head, grid worker, community."""

    def work(session: Session) -> Buildings:
        lived = (one.area_id for one in homes.homes_of(session, call.who.person_id))
        served = (served_by(session, one, call.now) for one in dict.fromkeys(lived))
        return Buildings(items=[Building.model_validate(one) for one in served])

    return work


def _own(session: Session, call: Call, home_id: int) -> Home:
    return homes.find_own(session, home_id, call.who.person_id)


def _all(session: Session, found: list[Home]) -> HomesOut:
    return HomesOut(items=[_out(session, one) for one in found])


def _out(session: Session, home: Home) -> HomeOut:
    return HomeOut(
        id=home.id,
        area_id=home.area_id,
        place=full_name(session, home.area_id),
        room=home.room,
        state=home.state,
        is_usual=home.is_usual,
    )
