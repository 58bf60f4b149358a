"""Short words that are no matter yet, or none any more: "有个事", "误报", a sticker, a curse."""

import re
from functools import cache

from bots.chat import Chat
from bots.message import Reply
from config.policy import load
from models.tickets import refining
from models.tickets.recent import Reported
from models.tickets.table import Ticket

LONGEST = 16


def is_heard_in(text: str) -> bool:
    """Whether `answer` may have something to say to these words."""
    return len(text) <= LONGEST and (
        text.isdecimal()
        or not any(map(str.isalnum, text))
        or text in load("intake")["small_talk"]["curses"]
        or _pattern("over").search(text) is not None
        or _pattern("opening").fullmatch(text) is not None
    )


def answer(chat: Chat, before: Reported | None) -> Reply | None:
    """None for whatever may be a matter. `before`: what they reported lately."""
    if not is_heard_in(chat.text):
        return None
    table = load("intake")["small_talk"]
    if not any(map(str.isalnum, chat.text)):
        is_thanks = all(one in table["thanks"] for one in chat.text if not one.isspace())
        return chat.say("courtesy" if is_thanks else "kind_unknown")
    if chat.text in table["curses"]:
        return chat.say("abuse")
    if _pattern("over").search(chat.text) and not chat.is_alarm:
        return _tell_over(chat, before)
    if _pattern("opening").fullmatch(chat.text):
        return chat.say("go_on")
    is_number = before is None and chat.text.isdecimal()
    return chat.say("nothing_asked", digit=chat.text) if is_number else None


def _tell_over(chat: Chat, before: Reported | None) -> Reply:
    """Those on their way hear of it at once; whether they need not come is asked of nobody else."""
    if before is None:
        return chat.say("courtesy")
    ticket = chat.session.get_one(Ticket, before.ticket_id)
    refining.add_note(
        chat.session, ticket, chat.said, by=chat.person_id, at=chat.now, for_reporter=False
    )
    return chat.say("over_kept", ticket_id=ticket.id)


@cache
def _pattern(part: str) -> re.Pattern[str]:
    table = load("intake")["small_talk"]
    words = "|".join(map(re.escape, sorted(table[part], key=len, reverse=True)))
    if part == "over":
        return re.compile(rf"^(?:{words})|(?:{words})$")
    before, after = ("|".join(map(re.escape, table[one])) for one in ("before", "after"))
    return re.compile(rf"(?:{before}){{0,5}}(?:{words})(?:{after}|{before}|{words}){{0,5}}")
