"""Staff call departments to a ticket, see who has come, and end the whistle."""

from collections.abc import Sequence
from typing import Any

from bots import commands, pending, registry, whistle_words
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.message import Reply
from bots.pending import Pending
from models import conversations
from models.conversations import Question
from models.errors import NotAllowed
from models.events import Event
from models.posts import Role
from models.protection import capacities, holders_for
from models.ticket_flow import Capacity
from models.tickets import facts, lists
from models.tickets.table import Ticket
from models.whistles import calling, ending, sides, telling, terms, undoing
from models.whistles import lists as whistle_lists
from models.whistles.flow import SOUNDED, WhistleAction, WhistleKind, WhistleState
from models.whistles.table import Whistle, WhistleCall

CONFIRM, BREAK_OFF = 1, 2
WITHOUT_WORDS = 1
LISTED = 9


def _to_confirm(chat: Chat) -> Sequence[Pending]:
    """Whistles of this caller that every department has answered."""
    if not chat.speaker.has_posts:
        return []
    found = []
    for whistle, ticket in whistle_lists.sounded_by(chat.session, chat.person_id):
        calls = whistle_lists.calls_of(chat.session, whistle)
        closed = [call.closed_at for call in calls if call.closed_at is not None]
        if len(closed) == len(calls):
            digits = frozenset({CONFIRM})
            text = ticket.text or ""
            found.append(Pending("whistle", whistle.id, max(closed), digits, ticket.id, text))
    return found


@pending.pushed("whistle", _to_confirm)
def confirmed_by_digit(chat: Chat, whistle_id: int, digit: int) -> Reply:
    return _confirm(chat, chat.session.get_one(Whistle, whistle_id))


@registry.command("whistle")
def whistle_command(chat: Chat, command: Command) -> Reply:
    """吹哨 12 消防 城管; without departments it asks which."""
    tasks = [ticket for ticket, _ in lists.tasks_of(chat.session, chat.person_id)]
    return on_ticket(chat, command, tasks, _whistle)


def _whistle(chat: Chat, ticket: Ticket, text: str) -> Reply:
    if not sides.may_call(chat.session, ticket, chat.person_id, chat.now):
        raise NotAllowed(number=ticket.number)
    named = whistle_words.read(text)
    if named.departments:
        return _gather(chat, ticket, named.departments, named.kind, named.words)
    offered = _offered(chat, ticket)
    if not offered:
        return chat.say("whistle_nobody_left", ticket_id=ticket.id)
    return chat.ask(
        "whistle_departments",
        "whistle_asked",
        keep={"departments": offered, "kind": named.kind, "words": named.words},
        on_ticket=ticket.id,
        departments=offered,
    )


def _offered(chat: Chat, ticket: Ticket) -> list[str]:
    """Departments with somebody here that are not called yet."""
    called = whistle_lists.called_departments(chat.session, ticket.id)
    here = {
        one.department
        for one in holders_for(chat.session, ticket, chat.now)
        if one.role == Role.DEPARTMENT_LIAISON
    }
    return [one for one in terms.departments() if one in here and one not in called][:LISTED]


@registry.question("whistle_departments")
def whistle_departments(
    chat: Chat, question: Question, text: str, digit: int | None
) -> Reply | None:
    """ "1 3", or the departments by name."""
    offered: list[str] = question.context["departments"]
    kind, words = question.context["kind"], question.context["words"]
    numbers = whistle_words.digits(chat.text)
    if numbers is None and digit is not None:
        numbers, words = [digit], chat.as_said(commands.remark(chat.text))
    if numbers is None:
        named = whistle_words.read(chat.said)
        chosen, kind = list(named.departments), named.kind or kind
        words = named.words or words
    elif all(1 <= one <= len(offered) for one in numbers):
        chosen = [offered[one - 1] for one in numbers]
    else:
        return chat.say("not_a_choice", most=len(offered))
    if not chosen:
        return None
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    return _gather(chat, ticket, chosen, WhistleKind(kind) if kind else None, words)


def _gather(
    chat: Chat,
    ticket: Ticket,
    departments: Sequence[str],
    kind: WhistleKind | None,
    words: str,
) -> Reply:
    """Asks once when and where a joint action gathers: all departments read the same words."""
    is_begun = whistle_lists.under_way(chat.session, ticket.id) is not None
    if kind != WhistleKind.JOINT or words or is_begun:
        return _sound(chat, ticket, departments, kind, words)
    keep = {"departments": list(departments)}
    return chat.ask("whistle_gathering", "gathering_asked", keep=keep, on_ticket=ticket.id)


@registry.question("whistle_gathering")
def whistle_gathering(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """Words: when and where. 1: each department arranges its own."""
    if chat.is_alarm:
        return None
    if digit not in (None, WITHOUT_WORDS):
        return chat.say("not_a_choice", least=WITHOUT_WORDS, most=WITHOUT_WORDS)
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    words = "" if digit == WITHOUT_WORDS else text
    return _sound(chat, ticket, question.context["departments"], WhistleKind.JOINT, words)


def _sound(
    chat: Chat,
    ticket: Ticket,
    departments: Sequence[str],
    kind: WhistleKind | None,
    words: str,
) -> Reply:
    called = whistle_lists.called_departments(chat.session, ticket.id)
    if called.issuperset(departments):
        return chat.say("whistle_called_before", ticket_id=ticket.id, departments=departments)
    calls = calling.sound(
        chat.session, ticket, departments, by=chat.person_id, at=chat.now, kind=kind, words=words
    )
    whistle = chat.session.get_one(Whistle, calls[0].whistle_id)
    return chat.say(
        "whistle_kept",
        ticket_id=ticket.id,
        whistle_kind=whistle.kind,
        departments=[call.department for call in calls],
        empty=[call.department for call in calls if call.person_id is None],
        words=words,
        check_in_due=calls[0].check_in_due_at.isoformat(),
        result_due=calls[0].result_due_at.isoformat(),
    )


@registry.command("whistle_shown")
def shown_command(chat: Chat, command: Command) -> Reply:
    """哨 12: who has come, who is late, who has answered."""
    mine = whistle_lists.sounded_by(chat.session, chat.person_id)
    asked = whistle_lists.calls_for(chat.session, chat.person_id)
    found = {ticket.id: ticket for _, ticket in (*mine, *asked)}
    if command.number is None and not found:
        return chat.say("whistle_none_open")
    return on_ticket(chat, command, list(found.values())[:LISTED], _show, changes=False)


def _show(chat: Chat, ticket: Ticket, text: str) -> Reply:
    whistle = whistle_lists.latest(chat.session, ticket.id)
    if not _may_read(chat, ticket):
        raise NotAllowed(number=ticket.number)
    if whistle is None:
        return chat.say("whistle_never", ticket_id=ticket.id)
    context: dict[str, Any] = {
        "whistle_kind": whistle.kind,
        "is_over": whistle.state == WhistleState.ENDED,
        "calls": [_line(chat, whistle, one) for one in _calls(chat, whistle)],
        "can_confirm": _can(chat, whistle, WhistleAction.CONFIRM),
        "can_break_off": _can(chat, whistle, WhistleAction.BREAK_OFF),
    }
    if not context["can_break_off"]:
        return chat.say("whistle_shown", ticket_id=ticket.id, **context)
    keep = {"whistle": whistle.id}
    return chat.ask("whistle_shown", "whistle_shown", keep=keep, on_ticket=ticket.id, **context)


def _may_read(chat: Chat, ticket: Ticket) -> bool:
    """Who works on the matter or watches over it; residents hear what came out."""
    mine = capacities(chat.session, ticket, chat.person_id, chat.now) - {Capacity.REPORTER}
    return bool(mine) or whistle_lists.was_called(chat.session, ticket.id, chat.person_id)


def _calls(chat: Chat, whistle: Whistle) -> Sequence[WhistleCall]:
    return whistle_lists.calls_of(chat.session, whistle)


def _line(chat: Chat, whistle: Whistle, call: WhistleCall) -> dict[str, Any]:
    return telling.of_call(call) | {
        "is_late": call.is_late(whistle.ended_at or chat.now),
        "has_person": call.person_id is not None,
        "text": telling.words_of(chat.session, call),
        "checked_in": call.checked_in_at.isoformat() if call.checked_in_at else None,
    }


def _can(chat: Chat, whistle: Whistle, action: WhistleAction) -> bool:
    return ending.can(chat.session, whistle, action, by=chat.person_id, at=chat.now)


@registry.question("whistle_shown")
def whistle_shown(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    whistle = chat.session.get_one(Whistle, question.context["whistle"])
    if digit == CONFIRM and _can(chat, whistle, WhistleAction.CONFIRM):
        conversations.close(question, chat.now)
        return _confirm(chat, whistle)
    if digit == BREAK_OFF:
        conversations.close(question, chat.now)
        return _break_off(chat, whistle, chat.as_said(commands.remark(chat.text)))
    return None if digit is None else chat.say("not_a_choice", least=BREAK_OFF, most=BREAK_OFF)


def _break_off(chat: Chat, whistle: Whistle, reason: str) -> Reply:
    if not reason:
        keep = {"whistle": whistle.id}
        return chat.ask(
            "why_broken_off",
            "reason_asked",
            keep=keep,
            on_ticket=whistle.ticket_id,
            action="break_off",
        )
    ending.break_off(chat.session, whistle, reason, by=chat.person_id, at=chat.now)
    return chat.say("whistle_ended", ticket_id=whistle.ticket_id, is_confirmed=False)


@registry.asks_words("why_broken_off")
def why_broken_off(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    return _break_off(chat, chat.session.get_one(Whistle, question.context["whistle"]), text)


def _confirm(chat: Chat, whistle: Whistle) -> Reply:
    ending.confirm(chat.session, whistle, by=chat.person_id, at=chat.now)
    return chat.say("whistle_ended", ticket_id=whistle.ticket_id, is_confirmed=True)


def undo(chat: Chat, step: Event) -> Reply:
    """Takes back a call or a check-in."""
    undoing.undo(chat.session, step, by=chat.person_id, at=chat.now)
    conversations.close_asked(chat.session, chat.person_id, chat.now)
    ticket = chat.session.get_one(Ticket, step.subject_id)
    context = facts.context(chat.session, ticket)
    return chat.say("whistle_step_undone", is_call=step.verb == SOUNDED, **context)
