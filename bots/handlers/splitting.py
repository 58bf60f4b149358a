"""Several matters in one message: apart, if the resident says so; else they stay one."""

from dataclasses import replace
from typing import Any

from bots import locations, registry
from bots.accusation import accused
from bots.chat import Chat
from bots.locations import Location
from bots.message import Reply
from bots.places_in_text import PlaceMention
from bots.reporting import class_of
from bots.splitting import Part, main, restored
from bots.things import things_in
from config.policy import load
from models import conversations
from models.conversations import Question
from models.tickets import facts
from models.tickets.opening import Report
from models.tickets.splitting import Kept, split_off
from models.tickets.table import Ticket

APART, TOGETHER = 1, 2
_AROUND = " 。.，,！!吧啊呀的"


@registry.question("split")
def split(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """1, or "分开": each gets a ticket of its own. 2: they stay one."""
    chosen = _in_words(chat.text) if digit is None else digit
    if chosen is None:
        return None
    if chosen not in (APART, TOGETHER):
        return chat.say("not_a_choice", most=TOGETHER)
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    if chosen == TOGETHER:
        return chat.say("ticket_kept_whole", ticket_id=ticket.id)
    parts = tuple(restored(one) for one in question.context["parts"])
    return chat.say("ticket_split", matters=apart(chat, ticket, parts))


def _in_words(said: str) -> int | None:
    plain = said.strip(_AROUND)
    words = load("splitting")["answers"]
    if plain in words["apart"]:
        return APART
    return TOGETHER if plain in words["together"] else None


def apart(chat: Chat, ticket: Ticket, parts: tuple[Part, ...]) -> list[dict[str, Any]]:
    """The part of the ticket's own class keeps it, with all that belongs to it. What each is."""
    stays = main(parts, replace(parts[0].meant, category=ticket.category))
    kept = parts[stays]
    others = [_report(chat, ticket, one) for one in parts if one is not kept]
    opened = split_off(
        chat.session, ticket, _kept(chat, kept), others, by=chat.person_id, at=chat.now
    )
    return [facts.context(chat.session, ticket), *(dict(one.context) for one in opened)]


def _kept(chat: Chat, part: Part) -> Kept:
    meant = part.meant
    named = _named(chat, meant.place)
    area_id = named.area_id if named else None
    spot, things = _spot(meant.place), things_in(part.text)
    return Kept(part.text, meant.category, meant.subcategory, spot, area_id, things)


def _report(chat: Chat, ticket: Ticket, part: Part) -> Report:
    meant = part.meant
    about = accused(part.text, meant)
    where = _where(chat, ticket, meant.place)
    return Report(
        account=ticket.account,
        reporter_id=chat.person_id,
        text=part.text,
        about=about,
        hides_reporter=ticket.hides_reporter or about is not None,
        area_id=where.area_id,
        community_id=where.community_id,
        place_name=where.name,
        spot=where.spot,
        things=things_in(part.text),
        **class_of(meant),
    )


def _where(chat: Chat, ticket: Ticket, mention: PlaceMention | None) -> Location:
    """Where the part says, else where the ticket is."""
    here = Location(ticket.area_id, ticket.community_id, ticket.place_name, _spot(mention))
    return _named(chat, mention) or here


def _named(chat: Chat, mention: PlaceMention | None) -> Location | None:
    """A building or estate that was named and is there."""
    if mention is None or not (mention.building or mention.estate):
        return None
    found = locations.locate(chat, mention)
    return found if found.area_id is not None else None


def _spot(mention: PlaceMention | None) -> str | None:
    return mention.spot if mention else None
