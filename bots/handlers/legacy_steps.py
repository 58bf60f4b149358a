"""One step on a legacy problem: done when everything was said, else the rest is asked."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from bots import legacy_views, legacy_words, operation_words, registry
from bots.chat import Chat
from bots.message import Reply
from models import conversations, protection
from models.conversations import Question
from models.legacy import going, lists, opening, telling
from models.legacy.flow import LegacyAction, LegacyOutcome
from models.legacy.table import LegacyProblem, Milestone

OUTCOMES = (LegacyOutcome.SOLVED, LegacyOutcome.EASED, LegacyOutcome.CANNOT_FIX)


def take(chat: Chat, problem: LegacyProblem, action: LegacyAction, words: str) -> Reply:
    return STEPS[action](chat, problem, words)


def _ask(chat: Chat, problem: LegacyProblem, action: LegacyAction, **more: Any) -> Reply:
    """What is missing; what was said so far is kept."""
    context = {"missing": None, "milestones": [], **more}
    said = context.pop("said", "")
    missing = context["missing"]
    keep = {"problem": problem.id, "action": str(action), "said": said, "missing": missing}
    return chat.ask("legacy_words", "legacy_asked", keep=keep, step=str(action), **context)


@registry.question("legacy_words")
def legacy_words_said(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    problem = chat.session.get_one(LegacyProblem, question.context["problem"])
    before = question.context["said"]
    # Which one stands in front of what was said of it.
    is_place = question.context["missing"] == "which"
    said = f"{text} {before}".strip() if is_place else f"{before} {text}".strip()
    return take(chat, problem, LegacyAction(question.context["action"]), said)


def _plan(chat: Chat, problem: LegacyProblem, words: str) -> Reply:
    if not words:
        return _ask(chat, problem, LegacyAction.PLAN)
    opening.plan(chat.session, problem, words, by=chat.person_id, at=chat.now)
    return _kept(chat, problem, "plan")


def _schedule(chat: Chat, problem: LegacyProblem, words: str) -> Reply:
    said = legacy_words.dated(words, chat.now)
    if said.day is None or not said.text:
        missing = "day" if said.text else None
        return _ask(chat, problem, LegacyAction.SCHEDULE, said=words, missing=missing)
    milestone = opening.schedule(
        chat.session, problem, said.text, said.day, by=chat.person_id, at=chat.now
    )
    return _kept(chat, problem, "milestone", milestone)


def _join(chat: Chat, problem: LegacyProblem, words: str) -> Reply:
    roles, departments, _ = operation_words.read_teams(words)
    if not (roles or departments):
        return _ask(chat, problem, LegacyAction.JOIN)
    joined = opening.join(chat.session, problem, roles, departments, by=chat.person_id, at=chat.now)
    new = [{"role": one.role, "department": one.department} for one in joined]
    return chat.say("legacy_joined", joined=new, **legacy_views.facts(chat, problem))


def _link(chat: Chat, problem: LegacyProblem, words: str) -> Reply:
    number, _ = legacy_words.place_and_rest(words.lstrip("#"))
    if number is None:
        return _ask(chat, problem, LegacyAction.LINK)
    ticket = protection.seen(chat.session, number, chat.person_id, chat.now)
    opening.link(chat.session, problem, ticket, by=chat.person_id, at=chat.now)
    return chat.say("legacy_linked", ticket_id=ticket.id, **legacy_views.facts(chat, problem))


def _note(chat: Chat, problem: LegacyProblem, words: str) -> Reply:
    if not words:
        return _ask(chat, problem, LegacyAction.NOTE)
    going.note(chat.session, problem, words, by=chat.person_id, at=chat.now)
    return _kept(chat, problem, "note")


def _reach(chat: Chat, problem: LegacyProblem, words: str) -> Reply:
    found, rest = _milestone(chat, problem, words)
    if found is None:
        return _which(chat, problem, LegacyAction.REACH, words)
    going.reach(chat.session, found, rest, by=chat.person_id, at=chat.now)
    return _kept(chat, problem, "reached", found)


def _postpone(chat: Chat, problem: LegacyProblem, words: str) -> Reply:
    found, rest = _milestone(chat, problem, words)
    if found is None:
        return _which(chat, problem, LegacyAction.POSTPONE, words)
    said = legacy_words.dated(rest, chat.now)
    if said.day is None or not said.text:
        missing = "reason" if said.day else "day"
        return _ask(chat, problem, LegacyAction.POSTPONE, said=words, missing=missing)
    return _postponed(chat, problem, found, said.day, said.text)


def _postponed(
    chat: Chat, problem: LegacyProblem, milestone: Milestone, day: date, reason: str
) -> Reply:
    going.postpone(chat.session, milestone, day, reason, by=chat.person_id, at=chat.now)
    return _kept(chat, problem, "postponed", milestone)


def _end(chat: Chat, problem: LegacyProblem, words: str) -> Reply:
    place, result = legacy_words.place_and_rest(words)
    if place is None or not 1 <= place <= len(OUTCOMES) or not result:
        missing = "outcome" if place is None else "result"
        kept = words if missing == "result" else ""
        return _ask(chat, problem, LegacyAction.END, said=kept, missing=missing)
    outcome = OUTCOMES[place - 1]
    going.end(chat.session, problem, outcome, result, by=chat.person_id, at=chat.now)
    return _kept(chat, problem, "ended")


def _milestone(chat: Chat, problem: LegacyProblem, words: str) -> tuple[Milestone | None, str]:
    """The one with the number in the list of those that wait, or the only one."""
    waiting = lists.waiting(chat.session, problem)
    place, rest = legacy_words.place_and_rest(words)
    if place is not None and 1 <= place <= len(waiting):
        return waiting[place - 1], rest
    return (waiting[0], words) if len(waiting) == 1 else (None, words)


def _which(chat: Chat, problem: LegacyProblem, action: LegacyAction, words: str) -> Reply:
    waiting = lists.waiting(chat.session, problem)
    if not waiting:
        return chat.say("legacy_no_milestone", **legacy_views.facts(chat, problem))
    rows = [telling.of_milestone(one) for one in waiting]
    return _ask(chat, problem, action, said=words, missing="which", milestones=rows)


def _kept(
    chat: Chat, problem: LegacyProblem, kept: str, milestone: Milestone | None = None
) -> Reply:
    row = telling.of_milestone(milestone) if milestone else {}
    return chat.say("legacy_kept", kept=kept, **row, **legacy_views.facts(chat, problem))


Step = Callable[[Chat, LegacyProblem, str], Reply]

STEPS: Mapping[LegacyAction, Step] = {
    LegacyAction.PLAN: _plan,
    LegacyAction.SCHEDULE: _schedule,
    LegacyAction.JOIN: _join,
    LegacyAction.LINK: _link,
    LegacyAction.NOTE: _note,
    LegacyAction.REACH: _reach,
    LegacyAction.POSTPONE: _postpone,
    LegacyAction.END: _end,
}
