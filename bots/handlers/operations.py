"""Joint operations: planned in one line or step by step, listed, begun, called off."""

from collections.abc import Collection, Sequence
from typing import Any

from bots import commands, operation_views, operation_words, pending, registry
from bots.chat import Chat
from bots.commands import Command
from bots.handlers import on_site, operation_plans, operation_sheets, operation_teams
from bots.message import Reply
from bots.pending import Pending
from models import conversations
from models.conversations import Question
from models.errors import NotFound
from models.events import Event
from models.operations import lists, planning, sides, undoing
from models.operations.flow import OPEN, OperationAction, OperationState
from models.operations.flow import Reply as Answer
from models.operations.steps import can
from models.operations.table import Operation

YES, NO = 1, 2
MENU = (
    *(OperationAction.START, OperationAction.END, OperationAction.INVITE),
    OperationAction.CANCEL,
)
OF_A_DATE = "月日号点时:-/."  # what follows a number that names no operation


def _invited(chat: Chat) -> Sequence[Pending]:
    if not chat.speaker.has_posts:
        return []
    digits = frozenset({YES, NO})
    return [
        Pending("operation", one.id, member.asked_at, digits, text=one.title)
        for one, member in lists.invitations(chat.session, chat.person_id)
    ]


@pending.pushed("operation", _invited)
def invitation_by_digit(chat: Chat, operation_id: int, digit: int) -> Reply:
    """1 comes, 2 can not; nobody has to say why, and who does is heard."""
    operation = chat.session.get_one(Operation, operation_id)
    answer = Answer.COMING if digit == YES else Answer.DECLINED
    words = chat.as_said(commands.remark(chat.text))
    planning.reply(chat.session, operation, answer, by=chat.person_id, at=chat.now, words=words)
    facts = operation_views.facts(chat, operation)
    return chat.say("operation_replied", is_coming=answer == Answer.COMING, **facts)


@registry.command("operation")
def operation_command(chat: Chat, command: Command) -> Reply:
    """专项整治 飞线夜查 明晚8点 幸福里小区; with a number one of them; alone, the list."""
    text = command.text
    if (more := operation_words.more_teams(text)) is not None:
        found = _meant(chat, command, OPEN, OperationAction.INVITE)
        return operation_teams.invite(chat, found, more) if isinstance(found, Operation) else found
    if command.number is not None and not text.startswith(tuple(OF_A_DATE)):
        operation = _seen(chat, command.number)
        return on_site.take(chat, operation, text) if text else show(chat, operation)
    if command.number is not None:
        text = f"{command.number}{text}"
    if text:
        return operation_plans.begin(chat, text)
    mine = lists.concerning(chat.session, chat.person_id)
    may_plan = operation_plans.may_plan(chat)
    if not mine:
        return operation_plans.nothing_yet(chat)
    if len(mine) == 1 and not may_plan:
        return show(chat, mine[0])
    return chat.ask(
        "operation_list",
        "operation_list",
        keep={"ids": [one.id for one in mine]},
        operations=[operation_views.facts(chat, one) for one in mine],
        may_plan=may_plan,
    )


@registry.question("operation_list")
def operation_list(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    return show(chat, _seen(chat, ids[digit - 1]))


def show(chat: Chat, operation: Operation) -> Reply:
    """Where it stands, who comes, what was counted, and what this person may do with it."""
    context = operation_views.whole(chat, operation)
    offered = _offered(chat, operation)
    if not offered:
        return chat.say("operation_shown", offered=[], **context)
    keep = {"operation": operation.id, "offered": offered}
    return chat.ask("operation_shown", "operation_shown", keep=keep, offered=offered, **context)


def _offered(chat: Chat, operation: Operation) -> list[str]:
    """Who has not said whether they come is asked that alone."""
    member = sides.member_of(chat.session, operation, chat.person_id)
    if member is not None and member.reply == Answer.ASKED and operation.is_open:
        return [str(Answer.COMING), str(Answer.DECLINED)]
    return [
        str(action)
        for action in MENU
        if can(chat.session, operation, action, by=chat.person_id, at=chat.now)
    ]


@registry.question("operation_shown")
def operation_shown(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    offered = question.context["offered"]
    if digit is None:
        return None
    if not 1 <= digit <= len(offered):
        return chat.say("not_a_choice", most=len(offered))
    conversations.close(question, chat.now)
    operation = chat.session.get_one(Operation, question.context["operation"])
    chosen = offered[digit - 1]
    if chosen in (Answer.COMING, Answer.DECLINED):
        return invitation_by_digit(chat, operation.id, YES if chosen == Answer.COMING else NO)
    beside = commands.remark(chat.text)
    if chosen == OperationAction.CANCEL:
        return cancel(chat, operation, chat.as_said(beside))
    if chosen == OperationAction.INVITE:
        return operation_teams.ask(chat, operation, beside)
    return start(chat, operation) if chosen == OperationAction.START else _end(chat, operation)


@registry.command("operation_start")
def start_command(chat: Chat, command: Command) -> Reply:
    action = OperationAction.START
    found = _meant(chat, command, [OperationState.PLANNED], action)
    return start(chat, found) if isinstance(found, Operation) else found


def start(chat: Chat, operation: Operation) -> Reply:
    planning.start(chat.session, operation, by=chat.person_id, at=chat.now)
    return chat.say("operation_started", **operation_views.facts(chat, operation))


@registry.command("operation_end")
def end_command(chat: Chat, command: Command) -> Reply:
    action = OperationAction.END
    found = _meant(chat, command, [OperationState.UNDER_WAY], action)
    return _end(chat, found) if isinstance(found, Operation) else found


def _end(chat: Chat, operation: Operation) -> Reply:
    return operation_sheets.end(chat, operation)


@registry.command("operation_cancel")
def cancel_command(chat: Chat, command: Command) -> Reply:
    found = _meant(chat, command, OPEN, OperationAction.CANCEL)
    if not isinstance(found, Operation):
        return found
    return cancel(chat, found, chat.as_said(command.text))


def cancel(chat: Chat, operation: Operation, reason: str) -> Reply:
    if not reason:
        keep = {"operation": operation.id}
        facts = operation_views.facts(chat, operation)
        return chat.ask(
            "why_cancelled", "operation_reason_asked", keep=keep, asked="cancel", **facts
        )
    planning.cancel(chat.session, operation, reason, by=chat.person_id, at=chat.now)
    facts = operation_views.facts(chat, operation)
    return chat.say("operation_cancelled", is_mine=True, words=reason, **facts)


@registry.asks_words("why_cancelled")
def why_cancelled(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    operation = chat.session.get_one(Operation, question.context["operation"])
    return cancel(chat, operation, text)


def undo(chat: Chat, step: Event) -> Reply:
    """Takes back a plan, an entry, a correction or the end."""
    operation = undoing.undo(chat.session, step, by=chat.person_id, at=chat.now)
    conversations.close_asked(chat.session, chat.person_id, chat.now)
    context: dict[str, Any] = operation_views.facts(chat, operation)
    sums = operation_views.sums(chat, operation)
    return chat.say("operation_step_undone", undone=step.verb, sums=sums, **context)


def _meant(
    chat: Chat, command: Command, states: Collection[OperationState], action: OperationAction
) -> Operation | Reply:
    """The one with the number, or the only one of this person that the action fits."""
    if command.number is not None:
        return _seen(chat, command.number)
    mine = [
        one
        for one in lists.concerning(chat.session, chat.person_id)
        if one.state in states and can(chat.session, one, action, by=chat.person_id, at=chat.now)
    ]
    if len(mine) == 1:
        return mine[0]
    if not mine:
        return chat.say("operation_none", may_plan=operation_plans.may_plan(chat))
    return chat.ask(
        "operation_list",
        "operation_list",
        keep={"ids": [one.id for one in mine]},
        operations=[operation_views.facts(chat, one) for one in mine],
        may_plan=False,
    )


def _seen(chat: Chat, number: int) -> Operation:
    """The same answer for a wrong number and for one that is none of theirs."""
    operation = chat.session.get(Operation, number)
    if operation is None:
        raise NotFound(number=str(number))
    if not sides.may_read(chat.session, operation, chat.person_id, chat.now):
        raise NotFound(number=str(number))
    return operation
