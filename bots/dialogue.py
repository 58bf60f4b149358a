"""Answers one message: digit, command, question, an addition, else a new matter."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bots import answers, commands, pending, registry, rendering, resuming
from bots.chat import Chat
from bots.classifier import read_normalised
from bots.handlers import additions, directory, intake, load_all, patrols, small_talk
from bots.lexicon import Lexicon
from bots.message import EventKind, IncomingMessage, MessageKind, Reply
from bots.splitting import Part, split
from bots.things import things_in
from bots.understand import Understanding, meaning
from models import held_messages, rights
from models.errors import DomainError
from models.speakers import speaker
from models.tickets.recent import reported_lately

load_all()

_TAPS = frozenset({EventKind.SUBSCRIBE, EventKind.SCAN, EventKind.CLICK, EventKind.SCANCODE})


@dataclass(frozen=True, slots=True)
class Heard:
    """听到的话 — a message's words in one spelling, and what they mean. No words: neither."""

    text: str
    understanding: Understanding | None
    parts: tuple[Part, ...] = ()
    things: frozenset[str] = frozenset()
    is_plain: bool = False  # neither digit nor command, answer nor small talk of a resident


def hear(message: IncomingMessage, lexicon: Lexicon) -> Heard:
    """The pure part of answering; nothing slow may wait for the transaction."""
    said = _words(message)
    if not said:
        return Heard("", None)
    text = lexicon.spelling.normalise(said).strip()
    if not text:
        return Heard("", None)
    understanding = meaning(read_normalised(text, lexicon), lexicon)
    parts = split(said, understanding, lexicon)
    return Heard(text, understanding, parts, things_in(text), _is_plain(text))


def _words(message: IncomingMessage) -> str | None:
    """What was said, typed or spoken."""
    if message.kind is MessageKind.VOICE:
        return message.recognition
    return message.text if message.kind is MessageKind.TEXT else None


def _is_plain(text: str) -> bool:
    """Whether these words are a matter or a question, where nothing was asked before."""
    is_order = commands.digit(text) is not None or commands.read(text, is_staff=False) is not None
    return not is_order and not _may_answer(text) and not small_talk.is_heard_in(text)


def _may_answer(text: str) -> bool:
    return answers.read(text) is not None or answers.rating_at_end(text) is not None


def answer(session: Session, message: IncomingMessage, heard: Heard, now: datetime) -> str | None:
    """The text to reply with, or None for silence (events that nobody waits behind).

    Inside the caller's transaction; nothing leaves before it commits. Raises as `speaker` does.
    """
    who = speaker(session, message.account, message.openid, now, message.key)
    chat = Chat(
        *(session, who, message, heard.understanding, heard.text, now, heard.parts),
        *(heard.things, heard.is_plain),
    )
    if message.is_from_person:
        _note_rights(chat)
    reply = _route(chat)
    if reply is None:
        return None
    text = rendering.render(reply.template, reply.context)
    if chat.speaker.is_new and message.event is None and not chat.is_alarm:
        text += "\n" + rendering.render("privacy_line", {})
    return resuming.with_reminder(chat, reply, text) if chat.speaker.has_questions else text


def _note_rights(chat: Chat) -> None:
    if chat.message.event is None:
        if chat.speaker.opens_window:
            rights.wrote(chat.session, chat.speaker.identity_id, chat.now)
    elif chat.message.event in _TAPS:
        rights.tapped(chat.session, chat.speaker.identity_id, chat.now)
    if chat.speaker.has_held:
        held_messages.release_held(chat.session, chat.person_id, chat.now)


def _route(chat: Chat) -> Reply | None:
    if chat.message.event is not None:
        handler = registry.EVENTS.get(chat.message.event)
        return _guarded(chat, handler) if handler else None
    if not chat.text:
        kind = chat.message.kind
        return _guarded(chat, registry.KINDS.get(kind, registry.KINDS[MessageKind.UNKNOWN]))
    handler = _handler(chat)
    reply = _guarded(chat, handler) if handler else None
    return reply or _ordinary(chat)


def _ordinary(chat: Chat) -> Reply:
    """Neither answer nor command: a question for the directory, an addition, or a new matter."""
    found = patrols.in_plain_words(chat)
    if found is not None:
        return found
    if chat.parts:
        return intake.take_in(chat)  # several matters are more than a question or an addition
    before = None
    if chat.speaker.has_reported:
        before = reported_lately(chat.session, chat.person_id, chat.now)
    return (
        (None if chat.is_plain else small_talk.answer(chat, before))
        or directory.answer(chat)
        or additions.take(chat, before)
        or intake.take_in(chat)
    )


def _handler(chat: Chat) -> registry.MessageHandler | None:
    """Who answers these words; None when they can only be a matter to take in."""
    who = chat.speaker
    if chat.is_plain and not who.has_posts and not who.has_questions:
        return None
    digit = commands.digit(chat.text)
    if digit is not None:
        return partial(pending.answer_digit, digit=digit)
    command = commands.read(chat.text, is_staff=who.has_posts)
    if command is not None:
        return partial(registry.COMMANDS[command.key], command=command)
    if patrols.is_told(chat):
        return patrols.take
    return pending.answer_words if who.has_questions or _may_answer(chat.text) else None


def _guarded(chat: Chat, handler: registry.MessageHandler) -> Reply | None:
    """What the domain refuses is said in words, and nothing of it is kept."""
    try:
        with chat.session.begin_nested():
            return handler(chat)
    except DomainError as refusal:
        return Reply(f"refused/{refusal.template}", dict(refusal.context))
