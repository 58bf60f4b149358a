"""The resident rates what was done: one digit, or a few words."""

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Any

from bots import answers, commands, pending, registry
from bots.answers import SOLVED
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.handlers import accusing
from bots.message import Reply
from bots.pending import Pending
from models import conversations
from models.conversations import Question
from models.protection import is_supporter
from models.ticket_flow import State
from models.tickets import facts, lists, rating, supporting
from models.tickets.refining import add_note
from models.tickets.table import Ticket

DIGITS = frozenset(range(SOLVED + 1))  # 0: not solved; 1-5: stars; SOLVED: in words only
WORDS_FROM = 4  # what is said beside the digit is kept from this length on
FOLLOW_HOURS = 1 / 6  # so long what is said next belongs to the matter taken up again


def _unrated(chat: Chat) -> Sequence[Pending]:
    mine = [(one, one.text) for one in lists.unrated_by(chat.session, chat.person_id)]
    # What a neighbour wrote is not repeated to who joined.
    joined = [(one, one.place_name) for one in _joined(chat)]
    return [
        Pending("rating", one.id, one.resolved_at or one.opened_at, DIGITS, one.id, name or "")
        for one, name in (*mine, *joined)
    ]


def _joined(chat: Chat) -> Sequence[Ticket]:
    return lists.unrated_supported_by(chat.session, chat.person_id, chat.now)


@pending.pushed("rating", _unrated)
def rated_by_digit(chat: Chat, ticket_id: int, digit: int) -> Reply:
    """A digit, or words that stand for one; more than that is kept with the matter."""
    ticket = chat.session.get_one(Ticket, ticket_id)
    beside = commands.remark(chat.text)
    if answers.rating_at_end(chat.text) is not None:
        beside = chat.text
    if len(beside) < WORDS_FROM:
        return rate(chat, ticket, digit)
    words = chat.as_said(beside)
    past_them = accusing.apart(chat, ticket, words)
    if past_them is None:
        add_note(chat.session, ticket, words, **_by(chat), for_reporter=False)
        return rate(chat, ticket, digit)
    rate(chat, ticket, digit)
    return Reply(past_them.template, past_them.context | {"rated": ticket.state})


@registry.command("rate")
def rate_command(chat: Chat, command: Command) -> Reply:
    """ "评价 5" means five stars, unless a ticket of that number waits for its rating."""
    joined = _joined(chat)
    unrated = [*lists.unrated_by(chat.session, chat.person_id), *joined]
    number = command.number
    is_ticket = number in {one.id for one in unrated} or _read(command.text) is not None
    if number in DIGITS and not is_ticket:
        command = replace(command, number=None, text=f"{number}{command.text}")
    said = partial(_said, joined=frozenset([one.id for one in joined]))
    return on_ticket(chat, command, unrated, said)


def _said(chat: Chat, ticket: Ticket, text: str, *, joined: Set[int]) -> Reply:
    ticket = supporting.main_of(chat.session, ticket)
    is_joined = ticket.id in joined
    if ticket.state != State.RESOLVED and not is_joined:
        return chat.say("rating_not_open", **_facts(chat, ticket))
    digit = _read(text)
    if digit is None:
        return chat.ask(
            "stars",
            "rating_asked",
            on_ticket=ticket.id,
            is_mine=not is_joined,
            **_facts(chat, ticket),
        )
    return rate(chat, ticket, digit)


def _read(text: str) -> int | None:
    """The rating in "5", "5星" or "很满意"."""
    said = answers.read(text)
    if said is not None and said.rating is not None:
        return said.rating
    digit = commands.digit(text)
    return digit if digit in DIGITS - {SOLVED} else None


@registry.question("stars")
def stars(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is None:
        return None
    if digit not in DIGITS:
        return chat.say("not_a_choice", least=0, most=5)
    conversations.close(question, chat.now)
    return rate(chat, chat.session.get_one(Ticket, question.ticket_id), digit)


def rate(chat: Chat, ticket: Ticket, digit: int) -> Reply:
    """Archives with the rating; an unhappy reporter has the matter taken up again, once."""
    stars = digit if 0 < digit < SOLVED else None
    is_joined = is_supporter(chat.session, ticket, chat.person_id)
    reopens = rating.rate(chat.session, ticket, is_solved=digit > 0, stars=stars, **_by(chat))
    context = {"is_happy": digit > rating.UNHAPPY, **_facts(chat, ticket)}
    if not reopens:
        return chat.say("supporter_rating_kept" if is_joined else "rating_kept", **context)
    return chat.ask(
        "supplement_text",
        "rating_reopened",
        on_ticket=ticket.id,
        hours=FOLLOW_HOURS,
        **context,
    )


def _by(chat: Chat) -> dict[str, Any]:
    return {"by": chat.person_id, "at": chat.now}


def _facts(chat: Chat, ticket: Ticket) -> dict[str, Any]:
    return facts.context(chat.session, ticket)
