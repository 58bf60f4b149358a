"""Binding a home in chat, and the building head's word on it."""

from collections.abc import Sequence

from bots import pending, registry
from bots.chat import Chat
from bots.commands import Command
from bots.handlers import intake
from bots.keeping import KEPT_HOURS
from bots.message import Reply
from bots.pending import Pending
from bots.places_in_text import PlaceMention
from models import conversations, homes, places
from models.conversations import Question
from models.homes import HomeState
from models.people import Person
from models.places import Area, AreaKind

YES, NO = 1, 2


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
    location = intake.locate(chat, mention)
    area = chat.session.get(Area, location.area_id) if location.area_id else None
    is_building = area is not None and area.kind == AreaKind.BUILDING
    return area if is_building and area and area.number == mention.building else None


def room_of(mention: PlaceMention | None) -> str | None:
    if mention is None or not (mention.room or mention.unit):
        return None
    return "-".join(part for part in (mention.unit, mention.room) if part)


def confirm(chat: Chat, building: Area, room: str | None) -> Reply:
    """Says what will be kept and why; 1 is the consent."""
    return chat.ask(
        "is_home",
        "home_confirm",
        keep={"area_id": building.id, "room": room},
        place=places.full_name(chat.session, building.id),
        room=room,
    )


@registry.question("is_home")
def is_home(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit == NO:
        conversations.close(question, chat.now)
        return chat.say("home_not_kept")
    if digit != YES:
        return None
    conversations.close(question, chat.now)
    building = chat.session.get_one(Area, question.context["area_id"])
    room = question.context.get("room")
    home = homes.claim(chat.session, chat.person_id, building, room, chat.now, chat.account)
    verifier = chat.session.get(Person, home.asked_id) if home.asked_id else None
    return chat.say(
        "home_kept",
        place=places.full_name(chat.session, building.id),
        verifier=verifier.name if verifier else None,
    )


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
        is_home=chat.speaker.home_id == area.id,
        can_be_home=area.kind == AreaKind.BUILDING,
        is_welcome=is_welcome,
    )
