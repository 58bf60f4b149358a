"""Where a message is about: the place that was named or scanned, the home, the post."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bots.chat import Chat
from bots.places_in_text import PlaceMention
from bots.several_homes import in_doubt, speaker_at_home
from config.policy import load
from models import places, serving
from models.places import Area, AreaKind
from models.tickets import refining


class Location(NamedTuple):
    """报事地点 — where a matter is, as far as it is known."""

    area_id: int | None = None
    community_id: int | None = None
    name: str | None = None
    spot: str | None = None
    offered: Sequence[int] = ()  # between which of their homes the resident may choose


def location_of(
    chat: Chat, mention: PlaceMention | None, kept: Mapping[str, Any] | None
) -> Location:
    """Nowhere yet while it may be at several homes; but help sets out at once, to the likeliest."""
    offered = in_doubt(chat, mention) if not (kept or {}).get("area_id") else ()
    if offered and not chat.is_alarm:
        return Location(spot=mention.spot if mention else None, offered=offered)
    found = locate(chat, mention, kept)
    return found._replace(offered=offered) if offered else found


def locate(
    chat: Chat, mention: PlaceMention | None, kept: Mapping[str, Any] | None = None
) -> Location:
    """The place that was named, the code that was scanned, else the home."""
    who = speaker_at_home(chat, mention)
    scanned_id = (kept or {}).get("area_id")
    estate_id, estate_name = who.estate_id, who.estate_name
    if scanned_id is not None and mention is not None and not mention.estate:
        estate_id, estate_name = _estate_of(chat, scanned_id) or (estate_id, estate_name)
    if mention is not None and mention.estate and mention.estate != estate_name:
        found = places.estate_named(chat.session, mention.estate)
        estate_id, estate_name = found or (estate_id, estate_name)
    spot = mention.spot if mention else None
    if mention is not None and mention.building and estate_id is not None:
        building = places.building_in(chat.session, estate_id, mention.building)
        if building is not None:
            return Location(building[0], building[2], f"{estate_name}{building[1]}", spot)
    if scanned_id is not None:
        return area_location(chat, scanned_id, spot)
    if estate_id is not None and estate_id != who.estate_id:
        return area_location(chat, estate_id, spot)
    if who.home_id is None:
        return _at_post(chat, mention, spot) if who.has_posts else Location(spot=spot)
    # A spot of the estate ("东门旁边") is looked after by the posts of the home's grid.
    is_indoors = spot is not None and any(word in spot for word in load("intake")["indoors"])
    where = estate_name if spot and not is_indoors else who.home_label
    return Location(who.home_id, who.community_id, where, spot)


def _at_post(chat: Chat, mention: PlaceMention | None, spot: str | None) -> Location:
    """Who serves a place and lives nowhere that we know of speaks of that place."""
    served = serving.place_served(chat.session, chat.person_id, chat.now)
    if served is None:
        return Location(spot=spot)
    number = mention.building if mention else None
    if number is None or number == served.number:
        return area_location(chat, served.id, spot) if served.number else Location(spot=spot)
    estate_id = served.id if served.kind == AreaKind.ESTATE else served.estate_id
    building = places.building_in(chat.session, estate_id, number) if estate_id else None
    return area_location(chat, building[0], spot) if building else Location(spot=spot)


def _estate_of(chat: Chat, area_id: int) -> tuple[int, str] | None:
    """ "5号楼" after an estate was named, or after a code was scanned there."""
    area = chat.session.get_one(Area, area_id)
    estate_id = area.id if area.kind == AreaKind.ESTATE else area.estate_id
    return (estate_id, chat.session.get_one(Area, estate_id).name) if estate_id else None


def is_there(chat: Chat, mention: PlaceMention, area_id: int) -> bool:
    """Whether it is what was named, and not something wider for want of such a building."""
    area = chat.session.get_one(Area, area_id)
    return mention.building is None or area.number == mention.building


def area_location(chat: Chat, area_id: int, spot: str | None) -> Location:
    area = chat.session.get_one(Area, area_id)
    name = places.full_name(chat.session, area.id)
    return Location(area.id, refining.community_of(area), name, spot)
