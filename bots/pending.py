"""Which open question a digit or a few words answer; what fits two of them is asked back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bots import answers, commands, registry, resuming
from bots.answers import Answer
from bots.chat import Chat
from bots.message import Reply
from models import conversations
from models.conversations import Question

MOST_CHOICES = 9
LONGEST_ASIDE = 3  # "5 很满意" still is nothing but a digit
# What words may answer in place of a digit; more than this would be taken from people's mouths.
RATED_IN_WORDS = frozenset({"rating", "stars"})
TRUE_IN_WORDS = frozenset({"home", "is_home", "scanned_place", "same_matter"})
CONSENTED_IN_WORDS = frozenset({"is_home", "directory_keep"})
PROMISED_IN_WORDS = frozenset({"task", "alert", "take", "call", "operation"})


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
Answerer = Callable[[Chat, int, int], Reply | None]
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


def answer_digit(chat: Chat, digit: int) -> Reply | None:
    """A digit answers what we asked last, unless something newer waits for the same digit.

    None when nothing waits and more was said than a number: that is a matter of its own.
    """
    talk = _talk(chat)
    if talk is not None and not _anything_since(chat, talk):
        return _answer_in_talk(chat, talk, digit)
    reply = _answer(chat, digit, lambda kind: kind not in registry.FOR_WORDS)
    if reply is None and len(commands.remark(chat.text)) <= LONGEST_ASIDE:
        reply = resuming.ask_again(chat) or chat.say("nothing_asked", digit=digit)
    return reply


def answer_words(chat: Chat) -> Reply | None:
    """Words that answer an open question; None when they are about something else."""
    said = answers.read(chat.text) or _rating_beside(chat)
    talk = _talk(chat) if chat.speaker.has_questions else None
    if said is not None and (talk is None or _anything_since(chat, talk)):
        reply = _answer_said(chat, said)
        if reply is not None:
            return reply
    for question in conversations.open_questions(chat.session, chat.person_id, chat.now):
        reply = give(chat, question, chat.said, None)
        if reply is not None:
            return reply
    return chat.say("courtesy") if said is not None and said.is_courtesy else None


def _rating_beside(chat: Chat) -> Answer | None:
    """A rating after a few words that name no matter of their own."""
    meant = chat.understanding
    if meant is None or meant.evidence:
        return None
    rating = answers.rating_at_end(chat.text)
    return Answer(rating=rating) if rating is not None else None


def _talk(chat: Chat) -> Question | None:
    """The talk with a person, if nothing was asked of this one since its last word."""
    questions = conversations.open_questions(chat.session, chat.person_id, chat.now)
    newest = questions[0] if questions else None
    return newest if newest is not None and newest.kind in registry.TALKS else None


def _anything_since(chat: Chat, talk: Question) -> bool:
    return any(one.since > talk.opened_at for find in FINDERS for one in find(chat))


def _answer_in_talk(chat: Chat, talk: Question, digit: int) -> Reply | None:
    """ "3" may be said to the other, or answer what has waited since before; then it is asked."""
    waiting = _waiting(chat, digit, [*FINDERS, *FALLBACKS], lambda kind: True)
    if waiting:
        return _ask_which(chat, digit, [_as_pending(talk), *waiting])
    return give(chat, talk, chat.said, None)


def _answer_said(chat: Chat, said: Answer) -> Reply | None:
    """ "满意" is a rating where one is waited for, "收到" a yes to a task."""
    for digit, kinds in (
        (said.rating, RATED_IN_WORDS),
        (said.truth, TRUE_IN_WORDS),
        (said.consent, CONSENTED_IN_WORDS),
        (said.promise, PROMISED_IN_WORDS),
    ):
        reply = None if digit is None else _answer(chat, digit, kinds.__contains__)
        if reply is not None:
            return reply
    return None


def _answer(chat: Chat, digit: int, counts: Callable[[str], bool]) -> Reply | None:
    """Gives the digit to what waits for it, among the kinds that count; None: nothing does."""
    questions = conversations.open_questions(chat.session, chat.person_id, chat.now)
    asked = next((one for one in questions if not one.is_pushed and counts(one.kind)), None)
    waiting = _waiting(chat, digit, FINDERS, counts)
    if asked is not None:
        newer = [one for one in waiting if one.since > asked.opened_at]
        if not newer:
            return give(chat, asked, chat.said, digit)
        waiting = [*newer, _as_pending(asked)]
    waiting = waiting or _waiting(chat, digit, FALLBACKS, counts)
    if len(waiting) > 1:
        return _ask_which(chat, digit, waiting)
    return ANSWERERS[waiting[0].kind](chat, waiting[0].ref, digit) if waiting else None


def give(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """Hands the answer to who asked; None when it is none."""
    reply = registry.QUESTIONS[question.kind](chat, question, text, digit)
    if reply is not None:
        chat.answered_id = question.id
    return reply


def _waiting(
    chat: Chat, digit: int, finders: Sequence[Finder], counts: Callable[[str], bool]
) -> list[Pending]:
    found = [one for find in finders for one in find(chat)]
    return [one for one in found if digit in one.digits and counts(one.kind)]


def _ask_which(chat: Chat, digit: int, waiting: Sequence[Pending]) -> Reply:
    shown = sorted(waiting, key=lambda one: one.since, reverse=True)[:MOST_CHOICES]
    return chat.ask(
        "which",
        "which_one",
        keep={"digit": digit, "choices": [[one.kind, one.ref] for one in shown]},
        said=chat.said,
        choices=[{"kind": one.kind, "ticket_id": one.ticket_id, "text": one.text} for one in shown],
    )


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
        kept: int = question.context["digit"]
        reply = give(chat, earlier, chat.said, kept)
        return reply or chat.say("nothing_asked", digit=kept)
    return ANSWERERS[kind](chat, ref, question.context["digit"])


def _as_pending(question: Question) -> Pending:
    return Pending(
        "asked", question.id, question.opened_at, frozenset(), question.ticket_id, question.kind
    )
