"""The questions about a ticket's class and place: put another way once, then left to a person."""

from datetime import timedelta
from functools import lru_cache

from bots import answers, commands, locations, registry, reporting
from bots.accusation import accused
from bots.chat import Chat
from bots.handlers import intake
from bots.message import Reply
from config.categories import (
    CATEGORIES,
    LAST_RESORT,
    NAMING,
    Intent,
    Shown,
    Urgency,
    categories,
)
from config.policy import load
from models import conversations, places
from models.conversations import Question
from models.tickets import facts, refining
from models.tickets.table import Ticket

NONE_OF_THEM = 0
REMARK_FROM = 4  # what is said beside a digit is kept from this length on
ESTATES = 6
_AROUND_A_NAME = " 。.，,！!"
_OF_THEIR_OWN = {Intent.ENQUIRY, *reporting.FOR_COMMUNITY}
_Class = tuple[str, str | None]


@registry.question("class_choice")
def class_choice(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """One of the offered classes by digit or by name, or the matter in clearer words."""
    keys = question.context["keys"]
    if digit == NONE_OF_THEM or (digit is None and _is_none_of(chat.text)):
        return _left(chat, question, "class_left_to_person")
    if digit is not None and digit > len(keys):
        return _missed(chat, question)
    chosen = (keys[digit - 1], None) if digit is not None else class_named(chat.text)
    if chosen is None:
        chosen = _rephrased(chat, question)
        if chosen is None:
            is_attempt = _is_attempt(chat, question) and not _names_a_place(chat)
            return _missed(chat, question) if is_attempt else None
        _note(chat, question, chat.said)
    elif len(beside := chat.as_said(commands.remark(chat.text))) >= REMARK_FROM:
        _note(chat, question, beside)
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    refining.reclassify(chat.session, ticket, *chosen, by=chat.person_id, at=chat.now)
    return intake.after_refining(chat, ticket)


def class_named(text: str) -> _Class | None:
    """The category, or its child, whose name was said and nothing else."""
    return _by_name(NAMING.shown).get(text.strip(_AROUND_A_NAME))


@lru_cache(1)
def _by_name(shown: Shown) -> dict[str, _Class]:
    """As they are shown, then as they are shipped. Where two have one name, the first; a category
    before its children."""
    named: dict[str, _Class] = {}
    for category in (*categories(), *CATEGORIES.values()):
        named.setdefault(category.label, (category.key, None))
        for child in category.children:
            if child.key != LAST_RESORT:
                named.setdefault(child.label, (category.key, child.key))
    return named


@registry.question("place")
def place(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """The estate and building of a ticket; offered to be remembered as the home."""
    offered = question.context.get("estates", ())
    if digit == NONE_OF_THEM and offered or (digit is None and _is_none_of(chat.text)):
        return _left(chat, question, "place_left_to_person")
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    if digit is not None:
        if not offered:
            return None
        if digit > len(offered):
            return _missed(chat, question)
        return _placed(chat, question, offered[digit - 1])
    found = chat.understanding.place if chat.understanding else None
    if found is not None and not intake.is_other_matter(chat, ticket.category):
        location = locations.locate(chat, found)
        if location.area_id is not None and locations.is_there(chat, found, location.area_id):
            return _placed(chat, question, location.area_id)
    is_attempt = _is_of(chat, ticket.category) and _is_attempt(chat, question)
    return _missed(chat, question) if is_attempt else None


def _placed(chat: Chat, question: Question, area_id: int) -> Reply:
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    return intake.put_in_place(chat, ticket, area_id, question.context.get("parts"))


def _rephrased(chat: Chat, question: Question) -> _Class | None:
    """The same matter in words that are understood. A full report, place and all, is a new one."""
    meant = chat.understanding
    if meant is None or not _is_attempt(chat, question) or not reporting.is_sure(meant):
        return None
    is_first = _misses(question) == 0
    if meant.category == reporting.NOT_OURS or (is_first and _names_a_place(chat)):
        return None
    return meant.category, meant.subcategory


def _is_attempt(chat: Chat, question: Question) -> bool:
    """Words that try to answer, soon after the question; not what goes its own way."""
    meant = chat.understanding
    if meant is None or question.is_pushed or question.context.get("is_wished") or chat.parts:
        return False
    limits = load("intake")["clarifying"]
    minutes = limits["rephrased_within_minutes" if _misses(question) else "said_within_minutes"]
    if chat.now - question.opened_at > timedelta(minutes=minutes):
        return False
    is_apart = meant.urgency == Urgency.EMERGENCY or meant.intent in _OF_THEIR_OWN
    is_talk = meant.intent in reporting.TALK or answers.read(chat.text) is not None
    return not (is_apart or is_talk) and accused(chat.text, meant) is None


def _names_a_place(chat: Chat) -> bool:
    mention = chat.understanding.place if chat.understanding else None
    return mention is not None and bool(mention.building or mention.estate)


def _is_of(chat: Chat, category: str) -> bool:
    """Not surely about something else than the ticket."""
    meant = chat.understanding
    if meant is None or not reporting.is_sure(meant) or meant.category == category:
        return meant is not None
    limits = load("intake")
    is_pointing = chat.text.startswith(tuple(limits["clarifying"]["pointing"]))
    return is_pointing and meant.confidence < limits["confidence"]["new_matter_from"]


def _is_none_of(text: str) -> bool:
    return text.strip(_AROUND_A_NAME) in load("intake")["none_of_them"]


def _misses(question: Question) -> int:
    return int(question.context.get("misses", 0))


def _missed(chat: Chat, question: Question) -> Reply:
    """What was said is kept with the ticket; the second miss leaves the rest to a person."""
    if commands.digit(chat.text) is None:
        _note(chat, question, chat.said)
    is_class = question.kind == "class_choice"
    if _misses(question) + 1 >= load("intake")["clarifying"]["misses"]:
        return _left(chat, question, "class_left_to_person" if is_class else "place_left_to_person")
    return _class_again(chat, question) if is_class else _place_again(chat, question)


def _class_again(chat: Chat, question: Question) -> Reply:
    keys = question.context["keys"]
    return chat.ask(
        "class_choice",
        "class_rephrase",
        keep={**question.context, "misses": _misses(question) + 1},
        on_ticket=question.ticket_id,
        choices=keys,
        is_noted=commands.digit(chat.text) is None,
    )


def _place_again(chat: Chat, question: Question) -> Reply:
    """With their homes to choose from, or the estates: a digit is easier than a name."""
    offered = question.context.get("estates") or [
        area_id for area_id, _ in places.estates(chat.session, ESTATES)
    ]
    mention = chat.understanding.place if chat.understanding else None
    return chat.ask(
        "place",
        "place_rephrase",
        keep={
            **question.context,
            "misses": _misses(question) + 1,
            "estates": offered,
        },
        on_ticket=question.ticket_id,
        estates=[places.full_name(chat.session, one) for one in offered],
        said=mention.text if mention and _names_a_place(chat) else None,
        is_noted=commands.digit(chat.text) is None,
    )


def _note(chat: Chat, question: Question, words: str) -> None:
    """Nothing said so far is lost."""
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    if ticket.is_open:
        refining.add_note(
            chat.session, ticket, words, by=chat.person_id, at=chat.now, for_reporter=False
        )


def _left(chat: Chat, question: Question, template: str) -> Reply:
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    return chat.say(template, **facts.context(chat.session, ticket))
