"""Staff tell what they found and did: result, note, answer to the resident, pause."""

import re
from datetime import timedelta

from bots import answers, commands, locations, registry, reporting
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.handlers import check_ins, directory_answers, takeovers, tasks
from bots.handlers.takeovers import open_talks
from bots.message import Reply
from config.categories import Intent
from config.policy import load
from models import conversations
from models.conversations import Question
from models.ticket_flow import Action, Outcome, State
from models.tickets import facts, finishing, lists, refining
from models.tickets.actions import apply
from models.tickets.step import Actor
from models.tickets.table import ACTIVE, Ticket

_DAYS = re.compile(r"(\d{1,3})\s*(天|日|小时)")
SHORTEST_RESULT = 2
_ASKING = ("?", "吗", "呢")


@registry.command("resolve")
def resolve_command(chat: Chat, command: Command) -> Reply:
    found = _mine(chat) if command.number is None else ()
    return on_ticket(chat, command, found, resolve)


def resolve(chat: Chat, ticket: Ticket, result: str) -> Reply:
    """Needs one sentence of result; asked for when it is missing."""
    call = None if tasks.has_task(chat, ticket) else check_ins.call_on(chat, ticket)
    if call is not None:
        return check_ins.answer(chat, call, result)
    if len(result) < SHORTEST_RESULT:
        return chat.ask("finish", "result_asked", on_ticket=ticket.id)
    return finish(chat, ticket, result, Outcome.FIXED)


@registry.question("finish")
def finish_question(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """1: done. 2: can not be done, and why. Words: the result."""
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    if digit is None:
        return _told(chat, question, ticket, text)
    beside = chat.as_said(commands.remark(chat.text))
    if digit == tasks.YES:
        conversations.close(question, chat.now)
        result = beside if len(beside) >= SHORTEST_RESULT else load("labels")["result"]["done"]
        return finish(chat, ticket, result, Outcome.FIXED)
    if digit != tasks.NO:
        return chat.say("not_a_choice", most=tasks.NO)
    conversations.close(question, chat.now)
    if tasks.is_helper(chat, ticket):
        return tasks.decline(chat, ticket, beside)
    return cannot_fix(chat, ticket, beside)


def _told(chat: Chat, question: Question, ticket: Ticket, text: str) -> Reply | None:
    """Words: the result, unless they tell what is still to come or are about something else."""
    meant = chat.understanding
    if meant is None or len(text) < SHORTEST_RESULT or _is_new_matter(chat, ticket):
        return None
    said = answers.read(chat.text)
    if chat.text.endswith(_ASKING) or (said is not None and said.rating is None):
        return chat.say("task_goes_on", ticket_id=ticket.id, is_noted=False)
    if meant.intent in (Intent.CHITCHAT, Intent.ABUSE) and said is None:
        return None
    if not answers.says_done(chat.text):
        add(chat, ticket, text, for_reporter=False)
        return chat.say("task_goes_on", ticket_id=ticket.id, is_noted=True)
    conversations.close(question, chat.now)
    return finish(chat, ticket, text, Outcome.FIXED)


def cannot_fix(chat: Chat, ticket: Ticket, reason: str) -> Reply:
    """Ends a matter honestly: the resident reads why."""
    if len(reason) < SHORTEST_RESULT:
        return chat.ask("why_not", "reason_asked", on_ticket=ticket.id, action="cannot_fix")
    return finish(chat, ticket, reason, Outcome.CANNOT_FIX)


@registry.asks_words("why_not")
def why_not(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    return cannot_fix(chat, chat.session.get_one(Ticket, question.ticket_id), text)


def finish(chat: Chat, ticket: Ticket, result: str, outcome: Outcome) -> Reply:
    finishing.finish(chat.session, ticket, result, outcome, by=chat.person_id, at=chat.now)
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
    talks = [one.ticket_id for one in open_talks(chat)]
    found = [chat.session.get_one(Ticket, one) for one in talks] or _mine(chat)
    return on_ticket(chat, command, found, _answer)


def _answer(chat: Chat, ticket: Ticket, text: str) -> Reply:
    talk = next((one for one in open_talks(chat) if one.ticket_id == ticket.id), None)
    if talk is not None and text:
        return takeovers.pass_on(chat, talk, text)
    if not text:
        return chat.ask("answer_text", "note_asked", on_ticket=ticket.id, for_reporter=True)
    return add(chat, ticket, text, for_reporter=True)


@registry.asks_words("note_text")
def note_text(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    return add(chat, chat.session.get_one(Ticket, question.ticket_id), text, for_reporter=False)


@registry.asks_words("answer_text")
def answer_text(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    return add(chat, chat.session.get_one(Ticket, question.ticket_id), text, for_reporter=True)


def add(chat: Chat, ticket: Ticket, text: str, *, for_reporter: bool) -> Reply:
    refining.add_note(
        chat.session, ticket, text, by=chat.person_id, at=chat.now, for_reporter=for_reporter
    )
    offered = directory_answers.offer(chat, ticket, text) if for_reporter else None
    return offered or chat.say("note_kept", ticket_id=ticket.id, for_reporter=for_reporter)


@registry.command("suspend")
def suspend_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, _mine(chat), suspend)


def suspend(chat: Chat, ticket: Ticket, text: str) -> Reply:
    """挂起 12 3天 等配件: how long, and why."""
    found = _DAYS.search(text)
    reason = _DAYS.sub("", text).strip(" ,，。;；")
    if found is None or not reason:
        return chat.ask("suspend_text", "suspend_asked", on_ticket=ticket.id)
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


@registry.asks_words("suspend_text")
def suspend_text(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """How long and why, said after all; anything else is no answer to it."""
    if chat.is_alarm or _DAYS.search(text) is None:
        return None
    conversations.close(question, chat.now)
    return suspend(chat, chat.session.get_one(Ticket, question.ticket_id), text)


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


def _is_new_matter(chat: Chat, ticket: Ticket) -> bool:
    """An alarm, or a matter of another building where nothing was done: no task's result."""
    meant = chat.understanding
    if meant is None or chat.is_alarm:
        return meant is not None
    if not reporting.is_sure(meant) or meant.place is None or not meant.place.building:
        return False
    if answers.names_what_was_done(chat.text):
        return False
    return locations.locate(chat, meant.place).area_id != ticket.area_id
