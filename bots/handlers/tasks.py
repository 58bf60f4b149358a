"""Staff and building heads: what waits for them, taking it on, and giving it back."""

from collections.abc import Sequence

from bots import commands, pending, registry
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.handlers import arrivals, check_ins
from bots.message import Reply
from bots.pending import Pending
from bots.ticket_words import line, record
from config.categories import Urgency
from models import conversations
from models.conversations import Question
from models.protection import active_parts
from models.ticket_flow import WORKING, Action
from models.tickets import assigning, facts, lists
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import Answer, Assignment, Part, Ticket

ASKED = frozenset({Answer.ASKED})
ACCEPTED = frozenset({Answer.ACCEPTED})
YES, NO = 1, 2
LISTED = 9


def _asked(chat: Chat) -> Sequence[Pending]:
    return _pending(chat, "task", ASKED, frozenset({YES, NO}), frozenset(Part) - {Part.ALERTED})


def _alerted(chat: Chat) -> Sequence[Pending]:
    return _pending(chat, "alert", ASKED, frozenset({YES}), frozenset({Part.ALERTED}))


def _accepted(chat: Chat) -> Sequence[Pending]:
    return _pending(chat, "finish", ACCEPTED, frozenset({YES, NO}), frozenset(Part))


def _pending(
    chat: Chat,
    kind: str,
    answers: frozenset[Answer],
    digits: frozenset[int],
    parts: frozenset[Part],
) -> list[Pending]:
    return [
        Pending(
            kind, ticket.id, one.answered_at or one.asked_at, digits, ticket.id, ticket.text or ""
        )
        for ticket, one in _tasks(chat, answers)
        if one.part in parts
    ]


def _tasks(chat: Chat, answers: frozenset[Answer]) -> Sequence[tuple[Ticket, Assignment]]:
    if not chat.speaker.has_posts:
        return []
    return lists.tasks_of(chat.session, chat.person_id, answers)


@pending.pushed("task", _asked)
def answered_by_digit(chat: Chat, ticket_id: int, digit: int) -> Reply:
    """1 takes the task; 2 gives it back: a helper without a reason, an owner with one."""
    ticket = chat.session.get_one(Ticket, ticket_id)
    if digit == YES:
        return accept(chat, ticket, "")
    if is_helper(chat, ticket):
        return decline(chat, ticket, "")
    return send_back(chat, ticket, chat.as_said(commands.remark(chat.text)))


@pending.pushed("alert", _alerted)
def acknowledged_by_digit(chat: Chat, ticket_id: int, digit: int) -> Reply:
    return accept(chat, chat.session.get_one(Ticket, ticket_id), "")


@pending.pushed("finish", _accepted, pending.FALLBACKS)
def finished_by_digit(chat: Chat, ticket_id: int, digit: int) -> Reply:
    ticket = chat.session.get_one(Ticket, ticket_id)
    reply = registry.QUESTIONS["finish"](chat, ask_to_finish(chat, ticket), chat.text, digit)
    assert reply is not None
    return reply


@registry.command("tasks")
def tasks(chat: Chat, command: Command) -> Reply:
    """The list; a number shows one of them."""
    if command.number is not None:
        return on_ticket(chat, command, (), show, changes=False)
    found = lists.tasks_of(chat.session, chat.person_id)
    if not found:
        return chat.say("no_tasks")
    shown = [ticket for ticket, _ in found[:LISTED]]
    return chat.ask(
        "task_list",
        "task_list",
        keep={"ids": [one.id for one in shown]},
        tickets=[line(one) for one in shown],
        total=len(found),
    )


@registry.question("task_list")
def task_list(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    conversations.close(question, chat.now)
    return show(chat, chat.session.get_one(Ticket, ids[digit - 1]), "")


def show(chat: Chat, ticket: Ticket, text: str) -> Reply:
    """One task with what can be done now; an open one is asked about again."""
    part = _part(chat, ticket)
    context = facts.context(chat.session, ticket) | {
        "part": part,
        "record": record(chat.session, ticket),
    }
    if part is None:
        return chat.say("task_shown", **context, question=None)
    question = "finish" if _answer(chat, ticket) == Answer.ACCEPTED else "take"
    return chat.ask(question, "task_shown", on_ticket=ticket.id, **context, question=question)


@registry.question("take")
def take(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit not in (YES, NO):
        return None
    conversations.close(question, chat.now)
    return answered_by_digit(chat, question.ticket_id or 0, digit)


@registry.command("accept")
def accept_command(chat: Chat, command: Command) -> Reply:
    # Who says a number has chosen: whoever has many tasks need not have them all read.
    found = _waiting(chat) if command.number is None else ()
    return on_ticket(chat, command, found, accept)


def accept(chat: Chat, ticket: Ticket, text: str) -> Reply:
    apply(chat.session, ticket, Action.ACCEPT, by=Actor(chat.person_id), at=chat.now)
    return chat.ask(
        "finish",
        "task_accepted",
        on_ticket=ticket.id,
        part=_part(chat, ticket),
        **facts.context(chat.session, ticket),
    )


@registry.command("start")
def start_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, arrivals.expected(chat) or _taken(chat), start)


def start(chat: Chat, ticket: Ticket, text: str) -> Reply:
    if ticket.urgency == Urgency.EMERGENCY:
        return arrivals.arrive(chat, ticket)
    apply(chat.session, ticket, Action.START, by=Actor(chat.person_id), at=chat.now)
    return chat.ask(
        "finish", "task_started", on_ticket=ticket.id, **facts.context(chat.session, ticket)
    )


@registry.command("decline")
def decline_command(chat: Chat, command: Command) -> Reply:
    found = [ticket for ticket, one in _tasks(chat, ASKED | ACCEPTED) if one.part == Part.HELPER]
    return on_ticket(chat, command, found, decline)


def decline(chat: Chat, ticket: Ticket, text: str) -> Reply:
    """A neighbour need not say why."""
    apply(chat.session, ticket, Action.DECLINE, by=Actor(chat.person_id), at=chat.now)
    return chat.say("task_declined", **facts.context(chat.session, ticket))


@registry.command("send_back")
def send_back_command(chat: Chat, command: Command) -> Reply:
    found = [ticket for ticket, one in _tasks(chat, ASKED | ACCEPTED) if one.part == Part.OWNER]
    return on_ticket(chat, command, found, send_back)


def send_back(chat: Chat, ticket: Ticket, reason: str) -> Reply:
    """A paid post says why; asked for once when it is missing."""
    call = None if has_task(chat, ticket) else check_ins.call_on(chat, ticket)
    if call is not None:
        return check_ins.send_back(chat, call, reason)
    if not reason:
        return chat.ask("why_back", "reason_asked", on_ticket=ticket.id, action="send_back")
    actor = Actor(chat.person_id)
    apply(chat.session, ticket, Action.SEND_BACK, by=actor, at=chat.now, reason=reason)
    return chat.say("task_sent_back", **facts.context(chat.session, ticket))


@registry.asks_words("why_back")
def why_back(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    return send_back(chat, chat.session.get_one(Ticket, question.ticket_id), text)


@registry.command("transfer")
def transfer_command(chat: Chat, command: Command) -> Reply:
    found = [ticket for ticket, one in _tasks(chat, ASKED | ACCEPTED) if one.part == Part.OWNER]
    return on_ticket(chat, command, found, transfer)


def transfer(chat: Chat, ticket: Ticket, reason: str) -> Reply:
    """Offers the posts that may take it; the choice carries it out."""
    choices = assigning.paid_choices(chat.session, ticket, chat.now)[:LISTED]
    if not choices:
        return chat.say("nobody_to_transfer_to", ticket_id=ticket.id)
    return chat.ask(
        "transfer_to",
        "transfer_asked",
        keep={"posts": [one.post_id for one in choices], "reason": reason},
        on_ticket=ticket.id,
        choices=[
            {"role": one.role, "name": one.name, "department": one.department} for one in choices
        ],
    )


@registry.question("transfer_to")
def transfer_to(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    posts = question.context["posts"]
    if digit is None:
        return None
    if not 1 <= digit <= len(posts):
        return chat.say("not_a_choice", most=len(posts))
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    if not question.context["reason"]:
        keep = {"post": posts[digit - 1]}
        return chat.ask(
            "why_transfer", "reason_asked", keep=keep, on_ticket=ticket.id, action="transfer"
        )
    return _hand_over(chat, ticket, posts[digit - 1], question.context["reason"])


@registry.asks_words("why_transfer")
def why_transfer(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    return _hand_over(chat, ticket, question.context["post"], text)


def _hand_over(chat: Chat, ticket: Ticket, post_id: int, reason: str) -> Reply:
    choices = assigning.paid_choices(chat.session, ticket, chat.now)
    holder = next((one for one in choices if one.post_id == post_id), None)
    if holder is None:
        return chat.say("nobody_to_transfer_to", ticket_id=ticket.id)
    actor = Actor(chat.person_id)
    apply(
        chat.session,
        ticket,
        Action.TRANSFER,
        by=actor,
        at=chat.now,
        reason=reason,
        holder=holder,
    )
    return chat.say("task_transferred", **facts.context(chat.session, ticket))


def ask_to_finish(chat: Chat, ticket: Ticket) -> Question:
    asked = conversations.ask(
        chat.session, chat.person_id, "finish", {}, chat.now, ticket_id=ticket.id
    )
    return chat.session.get_one(Question, asked)


def is_helper(chat: Chat, ticket: Ticket) -> bool:
    return _part(chat, ticket) == Part.HELPER


def has_task(chat: Chat, ticket: Ticket) -> bool:
    return _part(chat, ticket) is not None


def _waiting(chat: Chat) -> list[Ticket]:
    return [ticket for ticket, _ in _tasks(chat, ASKED)]


def _taken(chat: Chat) -> list[Ticket]:
    return [ticket for ticket, _ in _tasks(chat, ACCEPTED) if ticket.state in WORKING]


def _part(chat: Chat, ticket: Ticket) -> Part | None:
    parts = active_parts(chat.session, ticket, chat.person_id)
    return Part.OWNER if Part.OWNER in parts else next(iter(parts), None)


def _answer(chat: Chat, ticket: Ticket) -> Answer | None:
    mine = assigning.active_of(chat.session, ticket, chat.person_id)
    return mine.answer if mine else None
