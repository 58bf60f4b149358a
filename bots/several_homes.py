"""Of somebody with several homes: which one they speak of, and between which we can not tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from bots.chat import Chat
from bots.places_in_text import PlaceMention
from models import homes, places
from models.homes import Home
from models.places import Area
from models.speakers import Speaker


@dataclass(frozen=True, slots=True)
class _Lived:
    home: Home
    building: Area
    estate: Area | None


def speaker_at_home(chat: Chat, mention: PlaceMention | None) -> Speaker:
    """Who speaks, at the one of their homes that the words fit best; the usual one in doubt."""
    who = chat.speaker
    if not who.has_homes_beside:
        return who
    lived = _lived(chat)
    best = (_fitting(lived, mention) or lived)[0]
    return who._replace(
        home_id=best.building.id,
        home_state=best.home.state,
        home_name=best.building.name,
        estate_id=best.estate.id if best.estate else None,
        estate_name=best.estate.name if best.estate else None,
        community_id=best.building.community_id,
    )


def lived_in(chat: Chat) -> Sequence[int]:
    """The buildings they live in, the usual one first."""
    if not chat.speaker.has_homes_beside:
        return [chat.speaker.home_id] if chat.speaker.home_id is not None else []
    kept = homes.homes_of(chat.session, chat.person_id)
    return list(dict.fromkeys(one.area_id for one in kept))


def in_doubt(chat: Chat, mention: PlaceMention | None) -> Sequence[int]:
    """The places to choose from, when the words fit homes of several estates.

    Who has said which home is the usual one has answered for what names no place.
    """
    if not chat.speaker.has_homes_beside or (mention is not None and mention.estate):
        return ()
    lived = _lived(chat)
    number = mention.building if mention else None
    fitting = _fitting(lived, mention)
    if number is None and lived[0].home.chosen_at is not None:
        return ()
    estates = {one.estate.id: one.estate for one in fitting or lived if one.estate}
    if len(estates) < 2:
        return ()
    if fitting:
        return tuple(dict.fromkeys(one.building.id for one in fitting))
    found = (places.building_in(chat.session, one, number or "") for one in estates)
    offered = tuple(building[0] for building in found if building)
    return offered if len(offered) > 1 else ()


def _lived(chat: Chat) -> list[_Lived]:
    session = chat.session
    found = []
    for home in homes.homes_of(session, chat.person_id):
        building = session.get_one(Area, home.area_id)
        estate = session.get_one(Area, building.estate_id) if building.estate_id else None
        found.append(_Lived(home, building, estate))
    return found


def _fitting(lived: Sequence[_Lived], mention: PlaceMention | None) -> list[_Lived]:
    """Those of the estate and the number that were named; nothing named fits them all."""
    estate, number = (mention.estate, mention.building) if mention else (None, None)
    there = [one for one in lived if estate is None or (one.estate and one.estate.name == estate)]
    return [one for one in there if number in (None, one.building.number)] or (
        there if estate is not None else []
    )
