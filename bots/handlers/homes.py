"""Binding a home in chat, and the building head's word on it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bots import locations, pending, registry
from bots.chat import Chat
from bots.commands import Command
from bots.keeping import KEPT_HOURS
from bots.message import Reply
from bots.pending import Pending
from bots.places_in_text import PlaceMention
from bots.several_homes import lived_in
from models import conversations, homes, places, privacy_consents
from models.conversations import Question
from models.homes import Home, HomeState
from models.people import Person
from models.places import Area, AreaKind
from models.privacy_consents import ConsentDoor, Purpose
from models.roster import doubles

YES, NO = 1, 2
# What each digit of a question does, in its order.
FIRST = ("claim", "nothing")
SECOND = ("claim", "move", "nothing")  # beside the one home they have, or in its place


@registry.command("bind")
def bind(chat: Chat, command: Command) -> Reply:
    """绑定 幸福里小区3号楼2单元501; without an address it is asked for."""
    mention = chat.understanding.place if chat.understanding else None
    building = _building(chat, mention)
    if building is not None:
        return confirm(chat, building, room_of(mention))
    current = chat.speaker.home_label
    return chat.ask("home_address", "bind_asked", current=current, said=command.text or None)


@registry.question("home_address")
def home_address(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is not None or chat.understanding is None:
        return None
    mention = chat.understanding.place
    building = _building(chat, mention)
    if building is not None:
        conversations.close(question, chat.now)
        return confirm(chat, building, room_of(mention))
    if mention is None or not (mention.building or mention.estate):
        return None
    estates = sorted(set(places.estate_names(chat.session).values()))[:6]
    return chat.say("place_unknown", said=mention.text, estates=estates)


def _building(chat: Chat, mention: PlaceMention | None) -> Area | None:
    if mention is None or not mention.building:
        return None
    location = locations.locate(chat, mention)
    area = chat.session.get(Area, location.area_id) if location.area_id else None
    is_building = area is not None and area.kind == AreaKind.BUILDING
    return area if is_building and area and area.number == mention.building else None


def room_of(mention: PlaceMention | None) -> str | None:
    if mention is None or not (mention.room or mention.unit):
        return None
    return "-".join(part for part in (mention.unit, mention.room) if part)


def confirm(chat: Chat, building: Area, room: str | None) -> Reply:
    """Says what will be kept and why; the digit is the consent."""
    kept = homes.homes_of(chat.session, chat.person_id) if chat.speaker.home_id else []
    place = places.full_name(chat.session, building.id)
    if any(one.area_id == building.id and room in (None, one.room) for one in kept):
        return chat.say("home_known", place=place)
    acts = SECOND if len(kept) == 1 else FIRST
    return chat.ask(
        "is_home",
        "home_confirm",
        keep={"area_id": building.id, "room": room, "acts": list(acts)},
        place=place,
        room=room,
        current=[_named(chat, one) for one in kept],
        acts=acts,
    )


@registry.question("is_home")
def is_home(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    act = _chosen(question.context.get("acts", FIRST), digit)
    if act is None:
        return None
    conversations.close(question, chat.now)
    if act == "nothing":
        return chat.say("home_not_kept")
    home = _kept(chat, act, question.context)
    verifier = chat.session.get(Person, home.asked_id) if home.asked_id else None
    return chat.say(
        "home_kept",
        place=places.full_name(chat.session, home.area_id),
        verifier=verifier.name if verifier else None,
        count=len(homes.homes_of(chat.session, chat.person_id)),
    )


def _chosen(acts: Sequence[str], digit: int | None) -> str | None:
    return acts[digit - 1] if digit and digit <= len(acts) else None


def _kept(chat: Chat, act: str, said: Mapping[str, Any]) -> Home:
    session, person_id = chat.session, chat.person_id
    building, room = session.get_one(Area, said["area_id"]), said.get("room")
    before = homes.current_home(session, person_id) if act == "move" else None
    if before is not None:
        home = homes.move(session, before, building, room, chat.now, chat.account)
    else:
        home = homes.claim(session, person_id, building, room, chat.now, chat.account)
    door = ConsentDoor.CHAT
    privacy_consents.give(session, person_id, Purpose.HOME, door=door, at=chat.now)
    doubles.ask_of_buildings(session, [building.id], chat.now)
    return home


def _named(chat: Chat, home: Home) -> str:
    """幸福里小区3号楼 2-501"""
    place = places.full_name(chat.session, home.area_id)
    return f"{place} {home.room}" if home.room else place


def _claims(chat: Chat) -> Sequence[Pending]:
    if not chat.speaker.has_posts:
        return []
    return [
        Pending(
            "home",
            home.id,
            home.claimed_at,
            frozenset({YES, NO}),
            text=places.full_name(chat.session, home.area_id),
        )
        for home in homes.waiting_for(chat.session, chat.person_id)
    ]


@pending.pushed("home", _claims)
def verified_by_digit(chat: Chat, home_id: int, digit: int) -> Reply:
    """1: lives here. 2: does not."""
    home = homes.find(chat.session, home_id)
    homes.answer(
        chat.session,
        home,
        is_neighbour=digit == YES,
        by=chat.person_id,
        at=chat.now,
        account=chat.account,
    )
    return chat.say(
        "home_answered",
        place=places.full_name(chat.session, home.area_id),
        is_neighbour=home.state == HomeState.VERIFIED,
    )


@registry.question("scanned_place")
def scanned_place(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """A building's code was scanned: 1 lives here. Anything else is a matter about the place."""
    area = chat.session.get_one(Area, question.context["area_id"])
    if digit != YES or area.kind != AreaKind.BUILDING:
        return None
    conversations.close(question, chat.now)
    return confirm(chat, area, None)


def at_door(chat: Chat, area: Area, *, is_welcome: bool) -> Reply:
    """Somebody stands there: what they say next is about this place, unless it is their home."""
    return chat.ask(
        "scanned_place",
        "scanned",
        keep={"area_id": area.id},
        hours=KEPT_HOURS,
        place=places.full_name(chat.session, area.id),
        is_home=area.id in lived_in(chat),
        can_be_home=area.kind == AreaKind.BUILDING,
        is_welcome=is_welcome,
    )
