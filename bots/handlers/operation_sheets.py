"""The result sheet: drawn from the counts when the leader ends, reviewed by a second person."""

from collections.abc import Sequence

from bots import commands, operation_sheet, operation_views, pending, registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from bots.pending import Pending
from models import conversations
from models.conversations import Question
from models.notices.table import Notice
from models.operations import ending, lists, sides
from models.operations.table import Operation

YES, NO = 1, 2


def end(chat: Chat, operation: Operation) -> Reply:
    """The leader reads what will be published; a second person is asked to stand by it."""
    title, body = operation_sheet.drawn(chat.session, operation)
    sheet = ending.end(
        chat.session, operation, title=title, body=body, by=chat.person_id, at=chat.now
    )
    has_reviewer = bool(sides.reviewers(chat.session, operation, chat.now))
    return chat.say(
        "operation_over",
        sheet=sheet.body,
        sheet_title=sheet.title,
        has_reviewer=has_reviewer,
        **operation_views.facts(chat, operation),
    )


def _to_review(chat: Chat) -> Sequence[Pending]:
    if not chat.speaker.has_posts:
        return []
    digits = frozenset({YES, NO})
    return [
        Pending("sheet", one.id, one.ended_at or chat.now, digits, text=one.title)
        for one in lists.waiting_for_review(chat.session)
        if sides.may_review(chat.session, one, chat.person_id, chat.now)
    ]


@registry.command("operation_review")
def review_command(chat: Chat, command: Command) -> Reply:
    """审核: the sheet that waits longest, to be read once more."""
    waiting = _to_review(chat)
    if not waiting:
        return chat.say("operation_sheet_none")
    operation = chat.session.get_one(Operation, waiting[0].ref)
    sheet = chat.session.get_one(Notice, operation.notice_id)
    return chat.ask(
        "sheet",
        "operation_sheet_waiting",
        keep={"operation": operation.id},
        sheet=sheet.body,
        sheet_title=sheet.title,
    )


@registry.question("sheet")
def sheet(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is None:
        return None
    if digit not in (YES, NO):
        return chat.say("not_a_choice", most=NO)
    conversations.close(question, chat.now)
    return reviewed_by_digit(chat, question.context["operation"], digit)


@pending.pushed("sheet", _to_review)
def reviewed_by_digit(chat: Chat, operation_id: int, digit: int) -> Reply:
    """1 stands by it and has it published; 2 sends it back, with the reason."""
    operation = chat.session.get_one(Operation, operation_id)
    if digit == NO:
        return _send_back(chat, operation, chat.as_said(commands.remark(chat.text)))
    sheet = ending.approve(chat.session, operation, by=chat.person_id, at=chat.now)
    facts = operation_views.facts(chat, operation)
    return chat.say("operation_sheet_approved", notice_id=sheet.id, **facts)


def _send_back(chat: Chat, operation: Operation, reason: str) -> Reply:
    facts = operation_views.facts(chat, operation)
    if not reason:
        keep = {"operation": operation.id}
        return chat.ask(
            "why_sheet_back", "operation_reason_asked", keep=keep, asked="sheet", **facts
        )
    ending.send_back(chat.session, operation, reason, by=chat.person_id, at=chat.now)
    return chat.say("operation_sheet_sent_back", **facts)


@registry.asks_words("why_sheet_back")
def why_sheet_back(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    operation = chat.session.get_one(Operation, question.context["operation"])
    return _send_back(chat, operation, text)
