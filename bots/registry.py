"""Handlers, registered by decorator: commands, questions, kinds of message, events."""

from collections.abc import Callable
from typing import Any, TypeVar

from bots.chat import Chat
from bots.message import EventKind, MessageKind, Reply
from models.conversations import Question

CommandHandler = Callable[..., Reply]  # (chat, command)
QuestionHandler = Callable[[Chat, Question, str, int | None], Reply | None]
MessageHandler = Callable[[Chat], Reply | None]
PushedHandler = Callable[[Chat, Any, int], Reply]

COMMANDS: dict[str, CommandHandler] = {}
QUESTIONS: dict[str, QuestionHandler] = {}
FOR_WORDS: set[str] = set()  # questions that no digit answers
TALKS: set[str] = set()  # of those, a talk between people: what is said next belongs to it
KINDS: dict[MessageKind, MessageHandler] = {}
EVENTS: dict[EventKind, MessageHandler] = {}

Handler = TypeVar("Handler")
Key = TypeVar("Key")


def command(key: str) -> Callable[[CommandHandler], CommandHandler]:
    """A row of config/commands.toml: called with the chat and the command as it was read."""
    return _into(COMMANDS, key)


def question(kind: str) -> Callable[[QuestionHandler], QuestionHandler]:
    """An open question: called with chat, question, what was said, and the digit if it is one.

    Returns None when what was said is no answer; the message then goes its ordinary way and the
    question stays open.
    """
    return _into(QUESTIONS, kind)


def asks_words(kind: str) -> Callable[[QuestionHandler], QuestionHandler]:
    """An open question that only words answer; a digit goes past it."""
    FOR_WORDS.add(kind)
    return question(kind)


def talks(kind: str) -> Callable[[QuestionHandler], QuestionHandler]:
    """Two people talk: words and digits go over, unless something newer was asked."""
    TALKS.add(kind)
    return asks_words(kind)


def on(kind: MessageKind) -> Callable[[MessageHandler], MessageHandler]:
    return _into(KINDS, kind)


def on_event(kind: EventKind) -> Callable[[MessageHandler], MessageHandler]:
    return _into(EVENTS, kind)


def _into(table: dict[Key, Handler], key: Key) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        if key in table:
            raise ValueError(f"two handlers for {key}")
        table[key] = handler
        return handler

    return register
