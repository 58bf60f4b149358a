"""My homes: said by the resident, verified by the building head, left when one moves."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import request
from sqlalchemy.orm import Session

from app.pages.my import picker
from app.pages.my.access import page
from app.pages.my.rendering import Answer, back_to, render
from app.pages.my.visit import Visit
from models import homes, places, privacy_consents
from models.errors import NotFound
from models.homes import Home
from models.places import Area, AreaKind
from models.privacy_consents import ConsentDoor, Purpose
from models.roster import doubles

LONGEST_ROOM = 20

Change = Callable[[Session, Visit, Home], None]


@page("/homes")
def own_homes(visit: Visit) -> Answer:
    return _list(visit, {})


@page("/homes", "POST")
def home_claimed(visit: Visit) -> Answer:
    """What is kept and why stands above the button: pressing it is the consent, as in chat."""
    if "pick" in request.form:
        return _list(visit, request.form)
    room = request.form.get("room", "").strip()[:LONGEST_ROOM] or None
    who = visit.who
    with visit.writing() as session:
        building = _building(session, picker.picked(session, request.form))
        privacy_consents.give(
            session, who.person_id, Purpose.HOME, door=ConsentDoor.PAGE, at=visit.now
        )
        homes.claim(session, who.person_id, building, room, visit.now, who.account)
        doubles.ask_of_buildings(session, [building.id], visit.now)
    return back_to("own_homes", "home_claimed")


@page("/homes/<int:home_id>/<any(choose, leave):change>", "POST")
def home_changed(visit: Visit, home_id: int, change: str) -> Answer:
    with visit.writing() as session:
        home = homes.find_own(session, home_id, visit.who.person_id)
        CHANGES[change](session, visit, home)
    return back_to("own_homes", f"home_{change}")


def _choose(session: Session, visit: Visit, home: Home) -> None:
    homes.choose_usual(session, home, visit.now, visit.who.account)


def _leave(session: Session, visit: Visit, home: Home) -> None:
    homes.leave(session, home, visit.now, visit.who.account)


CHANGES: dict[str, Change] = {"choose": _choose, "leave": _leave}


def _building(session: Session, area: Area | None) -> Area:
    """A unit says which building."""
    if area is not None and area.kind == AreaKind.UNIT and area.parent_id is not None:
        area = session.get(Area, area.parent_id)
    if area is None or area.kind != AreaKind.BUILDING:
        raise NotFound(number="")
    return area


def _list(visit: Visit, given: Mapping[str, str]) -> Answer:
    with visit.reading() as session:
        kept = homes.homes_of(session, visit.who.person_id)
        named = [(one, places.full_name(session, one.area_id)) for one in kept]
        offered = picker.offered(session, visit.who.person_id, given, visit.now)
        # Only what is not a home yet is picked here.
        bare = replace(offered, known=(), place=picker.OTHER)
        return render("homes.html", homes=named, bare=bare, given=given)
