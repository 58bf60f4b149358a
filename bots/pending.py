"""Which open question a digit or a few words answer; an answer that fits two is asked back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bots import registry
from bots.chat import Chat
from bots.message import Reply
from models import conversations
from models.conversations import Question

MOST_CHOICES = 9


@dataclass(frozen=True, slots=True)
class Pending:
    """待答事项 — something that waits for this person, and the digits that answer it."""

    kind: str
    ref: int
    since: datetime
    digits: frozenset[int]
    ticket_id: int | None = None
    text: str = ""  # what to call it when asking back


Finder = Callable[[Chat], Sequence[Pending]]
Answerer = Callable[[Chat, int, int], Reply]
FINDERS: list[Finder] = []
FALLBACKS: list[Finder] = []  # looked at when nothing waits for an answer of its own
ANSWERERS: dict[str, Answerer] = {}


def pushed(
    kind: str, finder: Finder, finders: list[Finder] = FINDERS
) -> Callable[[Answerer], Answerer]:
    """Registers what may wait for a person by itself: `finder` lists it, the function answers.

    The function is called with chat, the id of what waits, and the digit.
    """

    def register(answerer: Answerer) -> Answerer:
        finders.append(finder)
        ANSWERERS[kind] = answerer
        return answerer

    return register


def answer_digit(chat: Chat, digit: int) -> Reply:
    """A digit answers what we asked last, unless something newer waits for the same digit."""
    questions = conversations.open_questions(chat.session, chat.person_id, chat.now)
    asked = next((one for one in questions if not one.is_pushed), None)
    waiting = [one for find in FINDERS for one in find(chat) if digit in one.digits]
    if asked is not None:
        newer = [one for one in waiting if one.since > asked.opened_at]
        if not newer:
            return _answer_asked(chat, asked, digit)
        waiting = newer
        waiting.append(_as_pending(asked))
    if not waiting:
        waiting = [one for find in FALLBACKS for one in find(chat) if digit in one.digits]
    if not waiting:
        return chat.say("nothing_asked", digit=digit)
    if len(waiting) == 1:
        return ANSWERERS[waiting[0].kind](chat, waiting[0].ref, digit)
    shown = sorted(waiting, key=lambda one: one.since, reverse=True)[:MOST_CHOICES]
    return chat.ask(
        "which",
        "which_one",
        keep={"digit": digit, "choices": [[one.kind, one.ref] for one in shown]},
        digit=digit,
        choices=[{"kind": one.kind, "ticket_id": one.ticket_id, "text": one.text} for one in shown],
    )


def answer_words(chat: Chat) -> Reply | None:
    """Words that answer an open question; None when they are about something else."""
    for question in conversations.open_questions(chat.session, chat.person_id, chat.now):
        reply = registry.QUESTIONS[question.kind](chat, question, chat.text, None)
        if reply is not None:
            return reply
    return None


@registry.question("which")
def which(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    choices = question.context["choices"]
    if digit is None:
        return None
    if not 1 <= digit <= len(choices):
        return chat.say("not_a_choice", most=len(choices))
    conversations.close(question, chat.now)
    kind, ref = choices[digit - 1]
    if kind == "asked":
        earlier = chat.session.get_one(Question, ref)
        return _answer_asked(chat, earlier, question.context["digit"])
    return ANSWERERS[kind](chat, ref, question.context["digit"])


def _answer_asked(chat: Chat, question: Question, digit: int) -> Reply:
    reply = registry.QUESTIONS[question.kind](chat, question, chat.text, digit)
    return reply or chat.say("nothing_asked", digit=digit)


def _as_pending(question: Question) -> Pending:
    return Pending(
        "asked", question.id, question.opened_at, frozenset(), question.ticket_id, question.kind
    )
