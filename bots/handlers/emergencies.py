"""The end of an emergency: staff stand it down, and read how it went."""

from bots import registry
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.message import Reply
from config.categories import Urgency
from models import conversations
from models.conversations import Question
from models.errors import NotAllowed
from models.tickets import assigning, facts, lists, reviewing, standing_down
from models.tickets.table import Ticket


@registry.command("stand_down")
def stand_down_command(chat: Chat, command: Command) -> Reply:
    """解除 12 是烧纸; without words it asks for them once."""
    return on_ticket(chat, command, _emergencies(chat), _stand_down)


def _emergencies(chat: Chat) -> list[Ticket]:
    asked = dict.fromkeys(ticket for ticket, _ in lists.tasks_of(chat.session, chat.person_id))
    return [ticket for ticket in asked if ticket.urgency == Urgency.EMERGENCY]


def _stand_down(chat: Chat, ticket: Ticket, words: str) -> Reply:
    by, at = chat.person_id, chat.now
    if not words and standing_down.can_stand_down(chat.session, ticket, by=by, at=at):
        return chat.ask("why_stood_down", "reason_asked", on_ticket=ticket.id, action="stand_down")
    standing_down.stand_down(chat.session, ticket, words, by=by, at=at)
    mine = assigning.active_of(chat.session, ticket, chat.person_id)
    context = facts.context(chat.session, ticket) | {"part": mine.part if mine else None}
    if mine is None:
        return chat.say("stood_down_kept", **context)
    return chat.ask("finish", "stood_down_kept", on_ticket=ticket.id, **context)


@registry.asks_words("why_stood_down")
def why_stood_down(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    return _stand_down(chat, chat.session.get_one(Ticket, question.ticket_id), text)


@registry.command("review")
def review_command(chat: Chat, command: Command) -> Reply:
    """小结 12: who answered, who was there, how it ended; of one under way, so far."""
    if command.number is None and not _emergencies(chat):
        return chat.say("review_none")
    return on_ticket(chat, command, _emergencies(chat), _review)


def _review(chat: Chat, ticket: Ticket, text: str) -> Reply:
    if not reviewing.may_read(chat.session, ticket, chat.person_id, chat.now):
        raise NotAllowed(number=ticket.number)
    if ticket.urgency != Urgency.EMERGENCY:
        return chat.say("review_none")
    ended = ticket.resolved_at or chat.now
    review = reviewing.review(chat.session, ticket, ended)
    return chat.say("emergency_review", **facts.context(chat.session, ticket) | review)
