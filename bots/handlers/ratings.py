"""The resident rates what was done: one digit, or a few words."""

import re
from collections.abc import Sequence
from typing import Any

from bots import pending, registry
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.message import Reply
from bots.pending import Pending
from models import conversations
from models.conversations import Question
from models.ticket_flow import MAX_REOPENS, Action
from models.tickets import facts, lists
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket

DIGITS = frozenset(range(6))  # 0: not solved; 1-5: stars
UNHAPPY = 2  # so many stars or fewer count as not satisfied


def _unrated(chat: Chat) -> Sequence[Pending]:
    return [
        Pending("rating", one.id, one.resolved_at or one.opened_at, DIGITS, one.id, one.text or "")
        for one in lists.unrated_by(chat.session, chat.person_id)
    ]


@pending.pushed("rating", _unrated)
def rated_by_digit(chat: Chat, ticket_id: int, digit: int) -> Reply:
    return rate(chat, chat.session.get_one(Ticket, ticket_id), digit)


@registry.command("rate")
def rate_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, lists.unrated_by(chat.session, chat.person_id), _said)


def _said(chat: Chat, ticket: Ticket, text: str) -> Reply:
    stars = re.search(r"[0-5]", text)
    if stars is None:
        return chat.ask("stars", "rating_asked", on_ticket=ticket.id, **_facts(chat, ticket))
    return rate(chat, ticket, int(stars[0]))


@registry.question("stars")
def stars(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is None or digit not in DIGITS:
        return None
    conversations.close(question, chat.now)
    return rate(chat, chat.session.get_one(Ticket, question.ticket_id), digit)


def rate(chat: Chat, ticket: Ticket, digit: int) -> Reply:
    """Archives with the rating; an unhappy reporter has the matter taken up again, once."""
    given: dict[str, Any] = {"solved": digit > 0, "stars": digit or None}
    reopens = digit <= UNHAPPY and ticket.reopens < MAX_REOPENS
    action = Action.REOPEN if reopens else Action.RATE
    apply(chat.session, ticket, action, by=Actor(chat.person_id), at=chat.now, **given)
    template = "rating_reopened" if reopens else "rating_kept"
    return chat.say(template, stars=digit, **_facts(chat, ticket))


def _facts(chat: Chat, ticket: Ticket) -> dict[str, Any]:
    return facts.context(chat.session, ticket)
