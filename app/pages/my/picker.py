"""Where a matter is, or a home: the homes first, else estate, building and unit one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import conversations, homes, places
from models.errors import NotFound
from models.places import Area, AreaKind
from models.tickets.asked import number_in

OTHER = "other"
MOST_ESTATES = 300
SCANNED = "scanned_place"  # the question that the chat asks who has scanned a door's code
# What is picked within what, from the widest.
STEPS = {"estate": AreaKind.BUILDING, "building": AreaKind.UNIT}

Choices = Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Offered:
    """可选地点 — the lists of the picker, with what is chosen in each."""

    known: Choices  # the door whose code was scanned, and the homes
    place: str
    estates: Choices
    buildings: Choices
    units: Choices
    chosen: Mapping[str, int | None]


def offered(session: Session, person_id: int, form: Mapping[str, str], now: datetime) -> Offered:
    known = _known(session, person_id, now)
    chosen = {name: number_in(form.get(name, "")) for name in ("estate", "building", "unit")}
    within = {
        name: places.listed_in(session, outer, kind) if (outer := chosen[name]) else []
        for name, kind in STEPS.items()
    }
    usual = str(known[0][0]) if known else OTHER
    given = form.get("place", usual)
    return Offered(
        known,
        given if given in {OTHER, *(str(area_id) for area_id, _ in known)} else usual,
        places.estates(session, MOST_ESTATES),
        within["estate"],
        within["building"],
        chosen,
    )


def picked(session: Session, form: Mapping[str, str]) -> Area | None:
    """The narrowest that was chosen; None where nothing was. Raises NotFound."""
    if form.get("place", OTHER) != OTHER:
        return _area(session, form["place"])
    given = [form[name] for name in ("unit", "building", "estate") if form.get(name)]
    return _area(session, given[0]) if given else None


def _area(session: Session, written: str) -> Area:
    number = number_in(written)
    area = session.get(Area, number) if number else None
    if area is None:
        raise NotFound(number="")
    return area


def _known(session: Session, person_id: int, now: datetime) -> Choices:
    asked = conversations.open_questions(session, person_id, now)
    scanned = [one.context["area_id"] for one in asked if one.kind == SCANNED]
    lived = [one.area_id for one in homes.homes_of(session, person_id)]
    return [(one, places.full_name(session, one)) for one in dict.fromkeys([*scanned, *lived])]
