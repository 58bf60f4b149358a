"""一事一策 in chat: made of a ticket, planned, told, finished; by menu or in one line."""

from collections.abc import Callable

from bots import commands, legacy_views, legacy_words, registry
from bots.chat import Chat
from bots.commands import Command
from bots.handlers import legacy_steps
from bots.message import Reply
from config.policy import load
from models import conversations, protection
from models.conversations import Question
from models.errors import NotAllowed
from models.events import Event
from models.legacy import lists, opening, sides, undoing
from models.legacy.flow import LegacyAction
from models.legacy.steps import can
from models.legacy.table import LegacyProblem
from models.tickets.table import Ticket

# What the menu under a problem offers, in this order, as far as it may be done.
OFFERED = (
    *(LegacyAction.PLAN, LegacyAction.SCHEDULE, LegacyAction.JOIN, LegacyAction.NOTE),
    *(LegacyAction.REACH, LegacyAction.POSTPONE, LegacyAction.END),
)
NEEDS_MILESTONE = frozenset({LegacyAction.REACH, LegacyAction.POSTPONE})

Then = Callable[[LegacyProblem], Reply]


@registry.command("legacy")
def legacy_command(chat: Chat, command: Command) -> Reply:
    """一事一策 12: the problem of ticket 12, or a new one; alone, the list."""
    if command.number is None:
        return _list(chat, command.text)
    said = chat.as_said(command.text)
    problem = lists.of_ticket(chat.session, command.number)
    if problem is not None and sides.may_read(chat.session, problem, chat.person_id, chat.now):
        return _said(chat, problem, said)
    ticket = protection.seen(chat.session, command.number, chat.person_id, chat.now)
    return open_of(chat, ticket, said)


def _said(chat: Chat, problem: LegacyProblem, said: str) -> Reply:
    """One line does it; words that name no step are progress."""
    if not said:
        return show(chat, problem)
    action, words = legacy_words.step(said)
    return legacy_steps.take(chat, problem, action or LegacyAction.NOTE, words)


def _list(chat: Chat, said: str) -> Reply:
    found = lists.concerning(chat.session, chat.person_id, chat.now)
    readable = [one for one in found if sides.may_read(chat.session, one, chat.person_id, chat.now)]
    if not readable:
        return chat.say("legacy_none")
    if len(readable) == 1:
        return _said(chat, readable[0], said)
    return chat.ask(
        "legacy_list",
        "legacy_list",
        keep={"ids": [one.id for one in readable], "said": said},
        problems=[legacy_views.facts(chat, one) for one in readable],
    )


@registry.question("legacy_list")
def legacy_list(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    problem = chat.session.get_one(LegacyProblem, ids[digit - 1])
    return _said(chat, problem, question.context["said"])


def open_of(chat: Chat, ticket: Ticket, title: str) -> Reply:
    if not sides.may_open(chat.session, ticket, chat.person_id, chat.now):
        raise NotAllowed(number=ticket.number)
    if not title:
        return chat.ask("legacy_title", "legacy_title_asked", on_ticket=ticket.id)
    longest = load("legacy")["longest_title"]
    problem = opening.open_problem(
        chat.session, ticket, title[:longest], by=chat.person_id, at=chat.now
    )
    return show(chat, problem, "legacy_opened")


@registry.asks_words("legacy_title")
def legacy_title(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    return open_of(chat, chat.session.get_one(Ticket, question.ticket_id), text)


def show(chat: Chat, problem: LegacyProblem, template: str = "legacy_shown") -> Reply:
    """Where it stands, and what this person may do with it."""
    offered = _offered(chat, problem)
    context = legacy_views.whole(chat, problem)
    if not offered:
        return chat.say(template, offered=[], **context)
    keep = {"problem": problem.id, "offered": [str(one) for one in offered]}
    return chat.ask("legacy_shown", template, keep=keep, offered=offered, **context)


def _offered(chat: Chat, problem: LegacyProblem) -> list[LegacyAction]:
    has_milestones = bool(lists.waiting(chat.session, problem))
    return [
        action
        for action in OFFERED
        if (has_milestones or action not in NEEDS_MILESTONE)
        and can(chat.session, problem, action, by=chat.person_id, at=chat.now)
    ]


@registry.question("legacy_shown")
def legacy_shown(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    offered = question.context["offered"]
    if digit is None:
        return None
    if not 1 <= digit <= len(offered):
        return chat.say("not_a_choice", most=len(offered))
    conversations.close(question, chat.now)
    problem = chat.session.get_one(LegacyProblem, question.context["problem"])
    beside = chat.as_said(commands.remark(chat.text))
    return legacy_steps.take(chat, problem, LegacyAction(offered[digit - 1]), beside)


def last_step(chat: Chat) -> Event | None:
    """What this person did with a problem last, if it can be taken back."""
    return undoing.undoable(chat.session, chat.person_id, chat.now)


def undo(chat: Chat, step: Event) -> Reply:
    problem = undoing.undo(chat.session, step, by=chat.person_id, at=chat.now)
    conversations.close_asked(chat.session, chat.person_id, chat.now)
    return chat.say("legacy_undone", undone=step.verb, **legacy_views.facts(chat, problem))
