"""同求: asks whether a neighbour's ticket is the same matter, joins it, and takes that back."""

import re
from collections.abc import Mapping
from typing import Any

from bots import registry, twins
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.likeness import Matter
from bots.message import Reply
from bots.twins import Reported, twin_of
from config.categories import Urgency
from models import conversations, protection
from models.conversations import Question
from models.ticket_flow import Action
from models.tickets import facts, supporting
from models.tickets.actions import apply, can
from models.tickets.lists import recent_of
from models.tickets.opening import Report
from models.tickets.step import Actor
from models.tickets.table import Ticket

KIND = "same_matter"
YES, NO = 1, 2
_BETWEEN = r"[\s#№＃,，、]*"
_OTHER = re.compile(
    rf"{_BETWEEN}(?P<to>(?:合并)?[到进入]|并到|并入)?(?:和|与|跟|同)?{_BETWEEN}(?P<number>\d{{1,9}})"
    r"(?!\d|号?[楼栋幢])(?:号工单|号单|号)?[\s,，:：。]*(?P<rest>.*)",
    re.DOTALL,
)


def ask(
    chat: Chat, ticket_id: int, twin: Mapping[str, Any], template: str, context: dict[str, Any]
) -> Reply:
    """The reply that it asks with; yes and no are digits, silence leaves both as they are."""
    return chat.ask(
        KIND,
        template,
        keep={"into": twin["ticket_id"]},
        on_ticket=ticket_id,
        **context | {"question": "same", "twin": twin},
    )


def twin_of_report(chat: Chat, report: Report) -> dict[str, Any] | None:
    """Several matters are told apart first."""
    return None if chat.parts else twins.twin_of_report(chat.session, report, chat.now)


def refined(chat: Chat, ticket: Ticket, context: dict[str, Any]) -> Reply:
    """The class or the place of a report became known: says so, and may ask now."""
    twin = _twin_of_ticket(chat, ticket)
    if twin is None:
        return chat.say("ticket_refined", **context, question=None)
    return ask(chat, ticket.id, twin, "ticket_refined", context)


def _twin_of_ticket(chat: Chat, ticket: Ticket) -> dict[str, Any] | None:
    is_whole = ticket.area_id is not None and ticket.is_open and ticket.text is not None
    is_theirs = ticket.reporter_id == chat.person_id and ticket.households == 1
    if not is_whole or not is_theirs or ticket.urgency == Urgency.EMERGENCY:
        return None
    matter = Matter(
        ticket.text or "",
        ticket.category,
        ticket.subcategory,
        dict(ticket.evidence),
        ticket.place_name,
        ticket.opened_at,
    )
    things = frozenset((ticket.things or "").split())
    reported = Reported(
        chat.person_id, ticket.community_id, ticket.intent, ticket.about, matter, things
    )
    return twin_of(chat.session, reported, chat.now)


@registry.question(KIND)
def same_matter(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if digit is None:
        return None
    if digit not in (YES, NO):
        return chat.say("not_a_choice", most=NO)
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    into = chat.session.get_one(Ticket, question.context["into"])
    into = supporting.main_of(chat.session, into)
    if digit == NO:
        return chat.say("matter_apart", ended=None, **facts.context(chat.session, ticket))
    if not supporting.may_join(chat.session, ticket, into, chat.person_id, chat.now):
        return chat.say("matter_apart", ended=into.id, **facts.context(chat.session, ticket))
    apply(chat.session, ticket, Action.MERGE, by=Actor(chat.person_id), at=chat.now, into=into)
    context = facts.context(chat.session, into)
    return chat.say("matter_joined", report=ticket.id, **context)


@registry.command("apart")
def apart_command(chat: Chat, command: Command) -> Reply:
    """ "不是同一件事": answers the question, or takes back the yes just given."""
    for question in conversations.open_questions(chat.session, chat.person_id, chat.now):
        if question.kind == KIND:
            reply = same_matter(chat, question, "", NO)
            assert reply is not None
            return reply
    ticket = recent_of(chat.session, chat.person_id, chat.now)
    by = Actor(chat.person_id)
    is_joined = ticket is not None and ticket.merged_into is not None
    if (
        ticket is None
        or not is_joined
        or not can(chat.session, ticket, Action.UNDO, by=by, at=chat.now)
    ):
        return chat.say("nothing_to_undo", ticket_id=None)
    apply(chat.session, ticket, Action.UNDO, by=by, at=chat.now)
    return chat.say("matter_apart", ended=None, **facts.context(chat.session, ticket))


@registry.command("merge")
def merge_command(chat: Chat, command: Command) -> Reply:
    """ "并单 15 12 同一处漏水": the later into the earlier, unless told which into which."""
    found = _OTHER.fullmatch(command.text)
    if command.number is None or found is None:
        return chat.say("merge_which")
    pair = command.number, int(found["number"])
    ticket_id, into_id = pair if found["to"] else (max(pair), min(pair))
    ticket, into = (
        protection.seen(chat.session, one, chat.person_id, chat.now) for one in (ticket_id, into_id)
    )
    reason = chat.as_said(found["rest"].strip())
    if not reason:
        keep = {"into": into.id}
        return chat.ask("why_merge", "reason_asked", keep=keep, on_ticket=ticket.id, action="merge")
    return _merge(chat, ticket, into, reason)


@registry.asks_words("why_merge")
def why_merge(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    ticket = chat.session.get_one(Ticket, question.ticket_id)
    return _merge(chat, ticket, chat.session.get_one(Ticket, question.context["into"]), text)


def _merge(chat: Chat, ticket: Ticket, into: Ticket, reason: str) -> Reply:
    by = Actor(chat.person_id)
    apply(chat.session, ticket, Action.MERGE, by=by, at=chat.now, reason=reason, into=into)
    context = facts.context(chat.session, into)
    return chat.say("task_merged", report=ticket.id, **context)


@registry.command("unmerge")
def unmerge_command(chat: Chat, command: Command) -> Reply:
    return on_ticket(chat, command, (), _unmerge)


def _unmerge(chat: Chat, ticket: Ticket, text: str) -> Reply:
    apply(chat.session, ticket, Action.UNMERGE, by=Actor(chat.person_id), at=chat.now)
    return chat.say("task_unmerged", **facts.context(chat.session, ticket))
