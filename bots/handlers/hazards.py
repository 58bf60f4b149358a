"""The hazard ledger in chat: what is open, one of it, what became of it, corrections."""

from collections.abc import Sequence
from typing import Any

from bots import registry, reporting
from bots.chat import Chat
from bots.commands import Command
from bots.handlers import patrols, walkers
from bots.hazard_words import says_found, state_said
from bots.message import Reply
from config.categories import Intent
from config.policy import load
from models import conversations, protection
from models.conversations import Question
from models.errors import NotAllowed
from models.events import Event
from models.hazards import acting, correcting, entering, lists, sides, undoing
from models.hazards.flow import HazardAction, HazardState
from models.hazards.table import Hazard
from models.places import Area, AreaKind
from models.tickets.table import Ticket

SOLVED, PASSED_UP = 1, 2
LISTED = 9
_SAID = {SOLVED: HazardState.SOLVED, PASSED_UP: HazardState.PASSED_UP}


@registry.command("hazard")
def hazard_command(chat: Chat, command: Command) -> Reply:
    """隐患 lists what is open; 隐患 5 shows one; 隐患 and words enters what was found."""
    if command.number is None:
        return _take(chat, chat.as_said(command.text)) if command.text else _list(chat)
    hazard = _seen(chat, command.number)
    state = state_said(command.text)
    return _show(chat, hazard) if state is None else patrols.settle(chat, [hazard], state)


def _take(chat: Chat, said: str) -> Reply:
    meant = chat.understanding
    is_talk = meant is None or meant.intent in (Intent.CHITCHAT, Intent.ABUSE, Intent.ENQUIRY)
    return chat.say("hazard_how") if is_talk else patrols.take(chat, said)


def _seen(chat: Chat, number: int) -> Hazard:
    """The same refusal for a wrong number and a hidden hazard."""
    hazard = chat.session.get(Hazard, number)
    if hazard is None or not sides.may_see(chat.session, hazard, chat.person_id, chat.now):
        raise NotAllowed(number=f"{load('labels')['noun']['hazard']}{number}")
    return hazard


def _list(chat: Chat) -> Reply:
    found = lists.open_around(chat.session, chat.person_id, chat.now)
    if not found:
        return chat.say("hazard_none")
    listed = found[:LISTED]
    keep = {"ids": [one.id for one in listed]}
    shown = [patrols.facts(one) | {"ticket_state": _ticket_state(chat, one)} for one in listed]
    return chat.ask("hazard_list", "hazard_list", keep=keep, hazards=shown, count=len(found))


@registry.question("hazard_list")
def hazard_list(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    return _show(chat, _seen(chat, ids[digit - 1]))


def _show(chat: Chat, hazard: Hazard) -> Reply:
    offered = [
        digit
        for digit, state in _SAID.items()
        if _can(chat, hazard, patrols.ACTIONS[state]) and hazard.state != HazardState.PASSED_UP
    ]
    context = patrols.facts(hazard) | {
        "found_by": hazard.found_by,
        "found_at": hazard.found_at.isoformat(),
        "text": _words(chat, hazard),
        "ticket_state": _ticket_state(chat, hazard),
        "offered": offered,
        "can_strike": _can(chat, hazard, HazardAction.STRIKE),
    }
    if not offered:
        return chat.say("hazard_shown", **context)
    return chat.ask("hazard", "hazard_shown", keep={"ids": [hazard.id]}, **context)


def _can(chat: Chat, hazard: Hazard, action: HazardAction) -> bool:
    return acting.can(chat.session, hazard, action, by=chat.person_id, at=chat.now)


def _words(chat: Chat, hazard: Hazard) -> str:
    if not sides.may_read_words(chat.session, hazard, chat.person_id, chat.now):
        return ""
    ticket = chat.session.get(Ticket, hazard.ticket_id) if hazard.ticket_id else None
    return (ticket.text if ticket else hazard.text) or ""


def _ticket_state(chat: Chat, hazard: Hazard) -> str | None:
    ticket = chat.session.get(Ticket, hazard.ticket_id) if hazard.ticket_id else None
    return ticket.state if ticket else None


@registry.question("hazard")
def hazard_question(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """1 solved on the spot, 2 passed up, or the same in words."""
    found = [chat.session.get_one(Hazard, one) for one in question.context["ids"]]
    if digit is not None and digit not in _SAID:
        return chat.say("not_a_choice", most=PASSED_UP)
    if digit is None and _is_elsewhere(chat, found):
        return None
    state = _SAID[digit] if digit is not None else state_said(chat.text)
    if state is None and not _is_place(chat):
        return None
    _place(chat, found)
    if state is None:
        return patrols.asked_about(chat, found)
    conversations.close(question, chat.now)
    return patrols.settle(chat, found, state)


def _is_elsewhere(chat: Chat, found: Sequence[Hazard]) -> bool:
    """An alarm, a finding of its own, or words about another thing or building."""
    meant = chat.understanding
    if meant is None or chat.is_alarm or says_found(chat.text):
        return True
    is_long = len(chat.text) > patrols.LONGEST_SETTLING
    if (
        is_long
        and reporting.is_sure(meant)
        and meant.category not in {one.category for one in found}
    ):
        return True
    area = _area_named(chat)
    known = [chat.session.get(Area, one.area_id) for one in found if one.area_id]
    return area is not None and any(
        one is not None and one.kind == AreaKind.BUILDING and one.id != area.id for one in known
    )


def _area_named(chat: Chat) -> Area | None:
    meant = chat.understanding
    if meant is None or not walkers.is_named(meant):
        return None
    where, _ = walkers.where(chat, walkers.walker(chat), {}, meant)
    return chat.session.get_one(Area, where.area_id) if where.area_id is not None else None


def _is_place(chat: Chat) -> bool:
    """Nothing but where it is."""
    meant = chat.understanding
    if meant is None or meant.place is None or not walkers.is_named(meant):
        return False
    left = [one for one in chat.text.replace(meant.place.text, "") if one.isalnum()]
    return len(left) <= 1


def _place(chat: Chat, found: Sequence[Hazard]) -> None:
    """Where it is, said with the answer or alone."""
    area = _area_named(chat)
    for hazard in found:
        if area is not None and hazard.area_id != area.id and hazard.state == HazardState.FOUND:
            correcting.place(chat.session, hazard, area, by=chat.person_id, at=chat.now)


@registry.command("strike_hazard")
def strike_command(chat: Chat, command: Command) -> Reply:
    """不算隐患 5 是住户的快递."""
    if command.number is None:
        return _list(chat)
    hazard = _seen(chat, command.number)
    reason = chat.as_said(command.text)
    acting.strike(chat.session, hazard, reason, by=chat.person_id, at=chat.now)
    return chat.say("hazard_struck", **patrols.facts(hazard))


@registry.command("enter_hazard")
def enter_command(chat: Chat, command: Command) -> Reply:
    """列为隐患 12: a ticket that its class alone did not enter."""
    if command.number is None:
        return chat.say("hazard_how")
    ticket = protection.seen(chat.session, command.number, chat.person_id, chat.now)
    known = entering.of_ticket(chat.session, ticket.id)
    if known is not None and known.state != HazardState.STRUCK:
        return chat.say("hazard_entered", **patrols.facts(known), is_known=True)
    hazard = correcting.enter(chat.session, ticket, by=chat.person_id, at=chat.now)
    return chat.say("hazard_entered", **patrols.facts(hazard), is_known=False)


def last_step(chat: Chat) -> Event | None:
    """What this person did in the ledger last, if it can be taken back."""
    if not chat.speaker.has_posts:
        return None
    return undoing.undoable(chat.session, chat.person_id, chat.now)


def undo(chat: Chat, step: Event) -> Reply:
    hazard = undoing.undo(chat.session, step, by=chat.person_id, at=chat.now)
    conversations.close_asked(chat.session, chat.person_id, chat.now)
    context: dict[str, Any] = patrols.facts(hazard)
    if hazard.state != HazardState.FOUND:
        return chat.say("hazard_undone", **context, asks=False)
    return chat.ask("hazard", "hazard_undone", keep={"ids": [hazard.id]}, **context, asks=True)
