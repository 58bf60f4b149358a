"""A called department checks in, tells its result, or says that it is not theirs."""

from collections.abc import Callable, Sequence

from bots import answers, commands, pending, registry
from bots.chat import Chat
from bots.choosing import on_ticket
from bots.commands import Command
from bots.handlers import intake
from bots.message import Reply
from bots.pending import Pending
from models import conversations
from models.conversations import Question
from models.tickets import facts, refining
from models.tickets.table import Ticket
from models.whistles import answering, lists, sides
from models.whistles.flow import PENDING, CallState
from models.whistles.table import WhistleCall

YES, NO = 1, 2
SHORTEST_RESULT = 2


def _called(chat: Chat) -> Sequence[Pending]:
    return _pending(chat, "call", CallState.CALLED)


def _checked_in(chat: Chat) -> Sequence[Pending]:
    return _pending(chat, "result", CallState.CHECKED_IN)


def _pending(chat: Chat, kind: str, state: CallState) -> list[Pending]:
    if not chat.speaker.has_posts:
        return []
    digits = frozenset({YES, NO})
    return [
        Pending(kind, call.id, call.called_at, digits, ticket.id, ticket.text or "")
        for call, ticket in lists.calls_for(chat.session, chat.person_id, frozenset({state}))
    ]


@pending.pushed("call", _called)
def called_by_digit(chat: Chat, call_id: int, digit: int) -> Reply:
    """1 checks in; 2 sends it back, with the reason."""
    call = chat.session.get_one(WhistleCall, call_id)
    if digit == YES:
        return _check_in(chat, call)
    return send_back(chat, call, chat.as_said(commands.remark(chat.text)))


@pending.pushed("result", _checked_in, pending.FALLBACKS)
def result_by_digit(chat: Chat, call_id: int, digit: int) -> Reply:
    """1 with a few words tells the result; 2 sends it back after all."""
    call = chat.session.get_one(WhistleCall, call_id)
    beside = chat.as_said(commands.remark(chat.text))
    return answer(chat, call, beside) if digit == YES else send_back(chat, call, beside)


@registry.command("check_in")
def check_in_command(chat: Chat, command: Command) -> Reply:
    waiting = frozenset({CallState.CALLED})
    found = [ticket for _, ticket in lists.calls_for(chat.session, chat.person_id, waiting)]
    return on_ticket(chat, command, found, _check_in_on)


def _check_in_on(chat: Chat, ticket: Ticket, text: str) -> Reply:
    call = call_on(chat, ticket)
    if call is None:
        return chat.say("no_such_tickets", command="check_in")
    return _check_in(chat, call)


def call_on(chat: Chat, ticket: Ticket) -> WhistleCall | None:
    """The call on this ticket that waits for a department this person speaks for."""
    whistle = lists.under_way(chat.session, ticket.id) if chat.speaker.has_posts else None
    if whistle is None:
        return None
    return next(
        (
            call
            for call in lists.calls_of(chat.session, whistle)
            if call.state in PENDING
            and sides.answers_for(chat.session, ticket, call.department, chat.person_id, chat.now)
        ),
        None,
    )


def _check_in(chat: Chat, call: WhistleCall) -> Reply:
    answering.check_in(chat.session, call, by=chat.person_id, at=chat.now)
    return _ask_result(chat, call, "check_in_kept")


def _ask_result(chat: Chat, call: WhistleCall, template: str) -> Reply:
    ticket = _ticket(chat, call)
    context = facts.context(chat.session, ticket) | {
        "result_due": call.result_due_at.isoformat(),
    }
    return chat.ask("call_result", template, keep={"call": call.id}, on_ticket=ticket.id, **context)


@registry.question("call_result")
def call_result(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """1, or words that tell what was done; what is only under way is noted."""
    call = chat.session.get_one(WhistleCall, question.context["call"])
    if digit is not None and digit not in (YES, NO):
        return chat.say("not_a_choice", most=NO)
    if digit is None and (len(text) < SHORTEST_RESULT or _is_elsewhere(chat, call)):
        return None
    if digit is None and not answers.says_done(chat.text):
        ticket = _ticket(chat, call)
        refining.keep_note(chat.session, ticket, text, by=chat.person_id, at=chat.now)
        return chat.say("call_goes_on", ticket_id=ticket.id)
    conversations.close(question, chat.now)
    if digit is not None:
        return result_by_digit(chat, call.id, digit)
    return answer(chat, call, text)


def _is_elsewhere(chat: Chat, call: WhistleCall) -> bool:
    """An alarm, courtesies, or a matter of another class where nothing was done."""
    if chat.is_alarm or chat.understanding is None or answers.read(chat.text) is not None:
        return True
    if answers.names_what_was_done(chat.text):
        return False
    return intake.is_other_matter(chat, _ticket(chat, call).category)


def answer(chat: Chat, call: WhistleCall, words: str) -> Reply:
    if len(words) < SHORTEST_RESULT:
        return _ask_words(chat, call, "call_words", "call_result_asked")
    answering.answer(chat.session, call, words, by=chat.person_id, at=chat.now)
    return chat.say("call_answered", ticket_id=_ticket(chat, call).id)


@registry.asks_words("call_words")
def call_words(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    return _with_words(chat, question, text, answer)


def send_back(chat: Chat, call: WhistleCall, reason: str) -> Reply:
    if not reason:
        return _ask_words(chat, call, "why_call_back", "reason_asked")
    answering.send_back(chat.session, call, reason, by=chat.person_id, at=chat.now)
    return chat.say("call_sent_back", ticket_id=_ticket(chat, call).id)


@registry.asks_words("why_call_back")
def why_call_back(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    return _with_words(chat, question, text, send_back)


def _with_words(
    chat: Chat, question: Question, text: str, then: Callable[[Chat, WhistleCall, str], Reply]
) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    return then(chat, chat.session.get_one(WhistleCall, question.context["call"]), text)


def _ask_words(chat: Chat, call: WhistleCall, kind: str, template: str) -> Reply:
    ticket = _ticket(chat, call)
    keep = {"call": call.id}
    return chat.ask(kind, template, keep=keep, on_ticket=ticket.id, action="send_back")


def _ticket(chat: Chat, call: WhistleCall) -> Ticket:
    return lists.ticket_of(chat.session, call)
