"""Takes questions up again: a short line under another reply, or anew after they ran out."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from bots.chat import Chat
from bots.message import Reply
from bots.rendering import render
from config.policy import load
from models import conversations, places, waiting
from models.conversations import Question
from models.tickets.table import Ticket


def with_reminder(chat: Chat, reply: Reply, text: str) -> str:
    """The reply, with one line about what still waits for this person, where that is sensible."""
    is_sensible = reply.template in load("intake")["waiting"]["reminded_under"]
    if chat.has_asked or not is_sensible or reply.context.get("urgency") == "emergency":
        return text
    question = waiting.next_of(chat.session, chat.person_id, chat.answered_id, chat.now)
    if question is None or not chat.session.get_one(Ticket, question.ticket_id).is_open:
        return text
    reminder = render("waiting_line", _words(question))
    return f"{text}\n{reminder}"


def expired(chat: Chat, kinds: Collection[str]) -> Question | None:
    """The latest question of these kinds that ran out, if its ticket is open still."""
    since = chat.now - timedelta(days=load("intake")["waiting"]["asked_again_days"])
    found = conversations.expired_questions(chat.session, chat.person_id, kinds, chat.now)
    return next(
        (
            one
            for one in found
            if one.expires_at >= since
            and waiting.is_lasting(one)
            and chat.session.get_one(Ticket, one.ticket_id).is_open
        ),
        None,
    )


def ask_again(chat: Chat) -> Reply | None:
    """The answer came after the time of its question: that is said, and it is asked anew."""
    question = expired(chat, load("intake")["waiting"]["kinds"])
    if question is None:
        return None
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    offered = question.context.get("estates", ())
    return chat.ask(
        question.kind,
        "asked_again",
        keep=dict(question.context),
        on_ticket=ticket.id,
        text=ticket.text or "",
        offered=[places.full_name(chat.session, one) for one in offered],
        **_words(question),
    )


def _words(question: Question) -> dict[str, Any]:
    return {
        "ticket_id": question.ticket_id,
        "asked": question.kind,
        "choices": question.context.get("keys", []),
        "parts": [one["text"] for one in question.context.get("parts", [])],
        "into": question.context.get("into"),
    }
