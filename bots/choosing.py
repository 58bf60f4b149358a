"""Which ticket a command means: its number, the only one there is, or one question."""

from collections.abc import Callable, Sequence

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from bots.ticket_words import line
from models import conversations, protection
from models.conversations import Question
from models.tickets.table import Ticket

Then = Callable[[Chat, Ticket, str], Reply]


def on_ticket(
    chat: Chat,
    command: Command,
    candidates: Sequence[Ticket],
    then: Then,
    *,
    changes: bool = True,
) -> Reply:
    """Does `then` with the ticket that is meant, asking once when several may be.

    `changes`: whether it may be another afterwards, and so nobody else acts on it meanwhile.
    """
    if command.number is not None:
        who = chat.person_id
        ticket = protection.seen(chat.session, command.number, who, chat.now, to_act=changes)
        return then(chat, ticket, chat.as_said(command.text))
    if not candidates:
        return chat.say("no_such_tickets", command=command.key)
    if len(candidates) == 1:
        return then(chat, candidates[0], chat.as_said(command.text))
    return chat.ask(
        "which_ticket",
        "which_ticket",
        keep={
            "command": command.key,
            "text": chat.as_said(command.text),
            "ids": [one.id for one in candidates],
        },
        command=command.key,
        tickets=[line(one) for one in candidates],
    )


@registry.question("which_ticket")
def which_ticket(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    conversations.close(question, chat.now)
    key = question.context["command"]
    chosen = Command(key, number=ids[digit - 1], text=question.context["text"])
    return registry.COMMANDS[key](chat, chosen)
