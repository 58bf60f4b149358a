"""改急缓: who supervises a place corrects the urgency of a matter there, and says why."""

from bots import registry
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.message import Reply
from config.categories import Urgency
from models import conversations
from models.conversations import Question
from models.ticket_flow import Action
from models.tickets import facts, lists
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Ticket


@registry.command("urgent")
def urgent_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, _tasks(chat), _urgent)


@registry.command("not_urgent")
def not_urgent_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, _tasks(chat), _not_urgent)


def _tasks(chat: Chat) -> list[Ticket]:
    return [ticket for ticket, _ in lists.tasks_of(chat.session, chat.person_id)]


def _urgent(chat: Chat, ticket: Ticket, reason: str) -> Reply:
    return _set(chat, ticket, Urgency.URGENT, reason)


def _not_urgent(chat: Chat, ticket: Ticket, reason: str) -> Reply:
    return _set(chat, ticket, Urgency.NORMAL, reason)


def _set(chat: Chat, ticket: Ticket, wanted: Urgency, reason: str) -> Reply:
    context = facts.context(chat.session, ticket)
    if ticket.urgency in (wanted, Urgency.EMERGENCY):
        return chat.say("urgency_kept", **context)
    if not reason:
        keep = {"urgency": wanted}
        return chat.ask(
            "why_urgency", "reason_asked", keep=keep, on_ticket=ticket.id, action="set_urgency"
        )
    actor = Actor(chat.person_id)
    apply(
        chat.session,
        ticket,
        Action.SET_URGENCY,
        by=actor,
        at=chat.now,
        reason=reason,
        urgency=wanted,
    )
    return chat.say("urgency_set", **facts.context(chat.session, ticket))


@registry.asks_words("why_urgency")
def why_urgency(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    return _set(chat, ticket, Urgency(question.context["urgency"]), chat.said)
