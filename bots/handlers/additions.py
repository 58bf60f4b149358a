"""Words that open no ticket: more about the matter just reported, or a place and nothing else."""

import re

from bots import locations, reporting, resuming
from bots.accusation import accused
from bots.chat import Chat
from bots.handlers import clarifying, homes, intake
from bots.keeping import kept_for_later
from bots.message import Reply
from bots.places_in_text import PlaceMention
from bots.splitting import is_related, names_another
from bots.understand import Understanding
from config.categories import LAST_RESORT, Urgency
from config.policy import load
from models import places
from models.places import Area
from models.tickets import refining
from models.tickets.recent import Reported
from models.tickets.table import Ticket

_AROUND_A_PLACE = re.compile(r"[\s,，。.、!！]|小区|的")


def take(chat: Chat, before: Reported | None) -> Reply | None:
    """None when the words are a matter of their own. `before`: what they reported lately."""
    meant = chat.understanding
    if meant is None or meant.urgency == Urgency.EMERGENCY or meant.intent in reporting.TALK:
        return None
    late = _answered_late(chat, meant) if before is None else None
    if late is not None:
        return late
    if _is_place_alone(chat.text, meant.place):
        return _placed(chat, meant.place, before)
    if before is None or _accuses_anew(chat, meant, before):
        return None
    is_same = _is_same(meant, before) or _goes_on(chat.text, meant, before)
    if (is_same or _is_vague(meant)) and _is_near(chat, meant.place, before):
        return _add(chat, before.ticket_id)
    return None


def _answered_late(chat: Chat, meant: Understanding) -> Reply | None:
    """A class or a place and nothing else, when a question about one has run out."""
    if _is_place_alone(chat.text, meant.place):
        question = resuming.expired(chat, ["place"])
        if question is None or question.ticket_id is None:
            return None
        return _placed_late(chat, meant.place, question.ticket_id)
    is_class = clarifying.class_named(chat.text) is not None
    is_late = is_class and resuming.expired(chat, ["class_choice"]) is not None
    return _asked_again(chat) if is_late else None


def _asked_again(chat: Chat) -> Reply:
    return resuming.ask_again(chat) or intake.take_in(chat)


def _placed_late(chat: Chat, mention: PlaceMention | None, ticket_id: int) -> Reply:
    """A place is a place at any time: it goes to the ticket that lacked one."""
    ticket = chat.session.get_one(Ticket, ticket_id)
    before = Reported(ticket.id, ticket.category, ticket.subcategory, ticket.area_id)
    return _placed(chat, mention, before)


def _accuses_anew(chat: Chat, meant: Understanding, before: Reported) -> bool:
    """A complaint about somebody must not reach them beside a matter that they may read."""
    about = accused(chat.text, meant)
    return about is not None and chat.session.get_one(Ticket, before.ticket_id).about != about


def _is_vague(meant: Understanding) -> bool:
    """Nothing in the words names a matter of the neighbourhood."""
    if meant.intent in reporting.FOR_COMMUNITY:
        return False
    unsure = load("intake")["confidence"]["ask_below"]
    is_weak = meant.confidence < unsure and meant.category == reporting.NOT_OURS
    return is_weak or not meant.evidence


def _is_same(meant: Understanding, before: Reported) -> bool:
    is_same_kind = meant.subcategory in (before.subcategory, LAST_RESORT)
    return meant.category == before.category and is_same_kind


def _goes_on(text: str, meant: Understanding, before: Reported) -> bool:
    """ "都臭了好几天了" goes on about the rubbish, though it speaks of a smell."""
    if not text.startswith(tuple(load("intake")["goes_on"])) or names_another(text):
        return False
    return meant.category == before.category or is_related(meant.category, before.category)


def _is_place_alone(text: str, mention: PlaceMention | None) -> bool:
    """ "阳光花园2号楼", "我住3号楼": what is left beside the place says nothing."""
    if mention is None or not (mention.building or mention.estate):
        return False
    left = _AROUND_A_PLACE.sub("", text.replace(mention.text, ""))
    words = load("intake")["around_a_place"]
    return left == "" or left in words["living"] or left in words["being"]


def _is_near(chat: Chat, mention: PlaceMention | None, before: Reported) -> bool:
    """No other building or estate is named than that of the matter before."""
    if mention is None or not (mention.building or mention.estate):
        return True
    return locations.locate(chat, mention).area_id in (before.area_id, None)


def _add(chat: Chat, ticket_id: int) -> Reply:
    ticket = chat.session.get_one(Ticket, ticket_id)
    refining.add_note(
        chat.session, ticket, chat.said, by=chat.person_id, at=chat.now, for_reporter=False
    )
    return chat.say("ticket_supplemented", ticket_id=ticket_id, asks_place=ticket.area_id is None)


def _placed(chat: Chat, mention: PlaceMention | None, before: Reported | None) -> Reply:
    assert mention is not None
    area_id = _area_meant(chat, mention, before)
    if area_id is None:
        estates = sorted(set(places.estate_names(chat.session).values()))[:6]
        return chat.say("place_unknown", said=mention.text, estates=estates)
    area = chat.session.get_one(Area, area_id)
    if before is not None and before.area_id in (None, area.estate_id):
        ticket = chat.session.get_one(Ticket, before.ticket_id)
        return intake.put_in_place(chat, ticket, area_id)
    if before is not None and before.area_id == area_id:
        return _add(chat, before.ticket_id)  # a unit or a room: who comes must find the door
    left = _AROUND_A_PLACE.sub("", chat.text.replace(mention.text, ""))
    if left in load("intake")["around_a_place"]["living"] and area.number == mention.building:
        return homes.confirm(chat, area, homes.room_of(mention))
    return homes.at_door(chat, area, is_welcome=False)


def _area_meant(chat: Chat, mention: PlaceMention, before: Reported | None) -> int | None:
    """ "3号楼" after "幸福里": in the estate that the matter before is in."""
    wider_id = before.area_id if before is not None else None
    if wider_id is not None and mention.building and not mention.estate:
        building = places.building_in(chat.session, wider_id, mention.building)
        if building is not None:
            return building[0]
    location = locations.locate(chat, mention, kept_for_later(chat))
    is_known = location.area_id is not None and locations.is_there(chat, mention, location.area_id)
    return location.area_id if is_known else None
