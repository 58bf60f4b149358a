"""每日对接 answered: 1 it agrees, 2 it does not and where; no answer is fine, too."""

from collections.abc import Sequence

from bots import commands, pending, registry
from bots.accusation import accused_by_name
from bots.chat import Chat
from bots.handlers import intake
from bots.message import Reply
from bots.pending import Pending
from models import conversations
from models.conversations import Question
from models.matchings import answering, sending
from models.matchings.table import Matched

AGREES, DIFFERS = 1, 2


def _sent(chat: Chat) -> Sequence[Pending]:
    if not (chat.speaker.has_posts and chat.speaker.has_questions):
        return []
    digits = frozenset({AGREES, DIFFERS})
    return [
        Pending("matching", one.id, one.opened_at, digits, text=one.context["grid"])
        for one in conversations.open_questions(chat.session, chat.person_id, chat.now)
        if one.kind == sending.QUESTION
    ]


@pending.pushed("matching", _sent)
def answered_by_digit(chat: Chat, question_id: int, digit: int) -> Reply:
    question = chat.session.get_one(Question, question_id)
    matched = chat.session.get_one(Matched, question.context["matched"])
    conversations.close(question, chat.now)
    if digit == AGREES:
        answering.agree(chat.session, matched, at=chat.now)
        return chat.say("matching_agreed")
    words = chat.as_said(commands.remark(chat.text))
    if not words:
        return chat.ask("matching_words", "matching_words_asked", keep=question.context)
    return _differ(chat, matched, words)


@registry.question("matching")
def matching(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """Only digits answer it; words are a matter of their own."""
    return answered_by_digit(chat, question.id, digit) if digit in (AGREES, DIFFERS) else None


@registry.asks_words("matching_words")
def matching_words(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """Where it does not agree; an alarm, or words that accuse somebody, go their own way."""
    meant = chat.understanding
    if meant is None or chat.is_alarm or accused_by_name(chat.text, meant):
        return None
    conversations.close(question, chat.now)
    return _differ(chat, chat.session.get_one(Matched, question.context["matched"]), text)


def _differ(chat: Chat, matched: Matched, words: str) -> Reply:
    meant = chat.understanding
    if meant is not None and accused_by_name(chat.text, meant):
        return intake.take_in(chat)
    answering.differ(chat.session, matched, words, at=chat.now)
    return chat.say("matching_kept")
