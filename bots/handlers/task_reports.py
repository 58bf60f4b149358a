"""Staff tell what they found and did: result, note, answer to the resident, pause."""

import re
from datetime import timedelta

from bots import registry
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.handlers import tasks
from bots.message import Reply
from config.policy import load
from models import conversations
from models.conversations import Question
from models.ticket_flow import Action, Outcome, State
from models.tickets import facts, lists, refining
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import ACTIVE, Ticket

_DAYS = re.compile(r"(\d{1,3})\s*(天|日|小时)")
SHORTEST_RESULT = 2


@registry.command("resolve")
def resolve_command(chat: Chat, command: Command) -> Reply:
    found = [ticket for ticket, _ in lists.tasks_of(chat.session, chat.person_id, ACTIVE)]
    return on_ticket(chat, command, found, resolve)


def resolve(chat: Chat, ticket: Ticket, result: str) -> Reply:
    """Needs one sentence of result; asked for when it is missing."""
    if len(result) < SHORTEST_RESULT:
        return chat.ask("finish", "result_asked", on_ticket=ticket.id)
    return finish(chat, ticket, result, Outcome.FIXED)


@registry.question("finish")
def finish_question(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """1: done. 2: can not be done, and why. Words: the result."""
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    if digit is None:
        if chat.understanding is None or len(text) < SHORTEST_RESULT or _is_new_matter(chat):
            return None
        conversations.close(question, chat.now)
        return finish(chat, ticket, text, Outcome.FIXED)
    if digit == tasks.YES:
        conversations.close(question, chat.now)
        return finish(chat, ticket, load("labels")["result"]["done"], Outcome.FIXED)
    if digit == tasks.NO:
        return chat.ask("why_not", "reason_asked", on_ticket=ticket.id, action="cannot_fix")
    return chat.say("not_a_choice", most=tasks.NO)


@registry.question("why_not")
def why_not(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is not None:
        return None
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    return finish(chat, ticket, text, Outcome.CANNOT_FIX)


def finish(chat: Chat, ticket: Ticket, result: str, outcome: Outcome) -> Reply:
    """Resolves; who finishes without having taken the task takes it in the same breath."""
    actor = Actor(chat.person_id)
    if ticket.state == State.DISPATCHED:
        apply(chat.session, ticket, Action.ACCEPT, by=actor, at=chat.now)
    apply(
        chat.session,
        ticket,
        Action.RESOLVE,
        by=actor,
        at=chat.now,
        reason=result,
        outcome=outcome,
    )
    return chat.say("task_resolved", **facts.context(chat.session, ticket))


@registry.command("note")
def note_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, _mine(chat), _note)


def _note(chat: Chat, ticket: Ticket, text: str) -> Reply:
    if not text:
        return chat.ask("note_text", "note_asked", on_ticket=ticket.id, for_reporter=False)
    return add(chat, ticket, text, for_reporter=False)


@registry.command("answer")
def answer_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, _mine(chat), _answer)


def _answer(chat: Chat, ticket: Ticket, text: str) -> Reply:
    if not text:
        return chat.ask("answer_text", "note_asked", on_ticket=ticket.id, for_reporter=True)
    return add(chat, ticket, text, for_reporter=True)


@registry.question("note_text")
def note_text(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    conversations.close(question, chat.now)
    return add(chat, chat.session.get_one(Ticket, question.ticket_id), text, for_reporter=False)


@registry.question("answer_text")
def answer_text(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    conversations.close(question, chat.now)
    return add(chat, chat.session.get_one(Ticket, question.ticket_id), text, for_reporter=True)


def add(chat: Chat, ticket: Ticket, text: str, *, for_reporter: bool) -> Reply:
    refining.add_note(
        chat.session, ticket, text, by=chat.person_id, at=chat.now, for_reporter=for_reporter
    )
    return chat.say("note_kept", ticket_id=ticket.id, for_reporter=for_reporter)


@registry.command("suspend")
def suspend_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, _mine(chat), suspend)


def suspend(chat: Chat, ticket: Ticket, text: str) -> Reply:
    """挂起 12 3天 等配件: how long, and why."""
    found = _DAYS.search(text)
    reason = _DAYS.sub("", text).strip(" ,，。;；")
    if found is None or not reason:
        return chat.say("suspend_asked", ticket_id=ticket.id)
    amount = int(found[1])
    pause = timedelta(hours=amount) if found[2] == load("labels")["unit"]["hour"] else None
    apply(
        chat.session,
        ticket,
        Action.SUSPEND,
        by=Actor(chat.person_id),
        at=chat.now,
        reason=reason,
        until=chat.now + (pause or timedelta(days=amount)),
    )
    context = facts.context(chat.session, ticket)
    assert ticket.suspended_until is not None
    return chat.say("task_suspended", until=ticket.suspended_until.isoformat(), **context)


@registry.command("resume")
def resume_command(chat: Chat, command: Command) -> Reply:
    found = [one for one in _mine(chat) if one.state == State.SUSPENDED]
    return on_ticket(chat, command, found, resume)


def resume(chat: Chat, ticket: Ticket, text: str) -> Reply:
    apply(chat.session, ticket, Action.RESUME, by=Actor(chat.person_id), at=chat.now)
    return chat.ask(
        "finish", "task_started", on_ticket=ticket.id, **facts.context(chat.session, ticket)
    )


def _mine(chat: Chat) -> list[Ticket]:
    return [ticket for ticket, _ in lists.tasks_of(chat.session, chat.person_id, ACTIVE)]


def _is_new_matter(chat: Chat) -> bool:
    """A sure complaint about a place is a report of its own, not the result of a task."""
    meant = chat.understanding
    sure = load("intake")["confidence"]["new_matter_from"]
    return meant is not None and meant.confidence >= sure and meant.place is not None
