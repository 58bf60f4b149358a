"""督办 in chat: who is asked answers in a line; both sides see what is open."""

from typing import Any

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from models import conversations
from models.conversations import Question
from models.events import Event
from models.supervisions import lists, steps, telling
from models.supervisions.flow import SupervisionAction
from models.supervisions.table import Supervision


@registry.command("supervision")
def supervision_command(chat: Chat, command: Command) -> Reply:
    """督办 5 施工队周五进场; alone: what is open."""
    if command.number is None:
        return _list(chat)
    one = lists.row_in(chat.session, command.number, chat.person_id, chat.now).one
    said = chat.as_said(command.text)
    return _answer(chat, one, said) if said else _show(chat, one)


def _list(chat: Chat) -> Reply:
    waiting = lists.to_answer(chat.session, chat.person_id, chat.now)
    mine = lists.asked_by(chat.session, chat.person_id, chat.now)
    if len(waiting) == 1 and not mine:
        return _show(chat, waiting[0])
    return chat.say(
        "supervision_list",
        waiting=[_facts(chat, one) for one in waiting],
        mine=[_facts(chat, one) for one in mine],
    )


def _show(chat: Chat, one: Supervision) -> Reply:
    said = lists.said(chat.session, one)
    can_answer = steps.can(
        chat.session, one, SupervisionAction.ANSWER, by=chat.person_id, at=chat.now
    )
    context = _facts(chat, one) | {
        "can_answer": can_answer,
        "entries": [
            {"entry_kind": row.entry.kind, "text": row.entry.text or "", "name": row.name}
            for row in said
        ],
    }
    if not can_answer:
        return chat.say("supervision_shown", **context)
    keep = {"supervision": one.id}
    return chat.ask("supervision_words", "supervision_shown", keep=keep, **context)


@registry.asks_words("supervision_words")
def supervision_words(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if chat.is_alarm:
        return None
    conversations.close(question, chat.now)
    one = chat.session.get_one(Supervision, question.context["supervision"])
    return _answer(chat, one, text)


def _answer(chat: Chat, one: Supervision, words: str) -> Reply:
    steps.answer(chat.session, one, words, by=chat.person_id, at=chat.now)
    return chat.say("supervision_kept", **_facts(chat, one))


def _facts(chat: Chat, one: Supervision) -> dict[str, Any]:
    return telling.facts(chat.session, one, chat.now) | {"is_late": one.is_late(chat.now)}


def last_step(chat: Chat) -> Event | None:
    """The answer this person gave last, if it can be taken back."""
    return steps.undoable(chat.session, chat.person_id, chat.now)


def undo(chat: Chat, step: Event) -> Reply:
    one = steps.undo(chat.session, step, by=chat.person_id, at=chat.now)
    conversations.close_asked(chat.session, chat.person_id, chat.now)
    return chat.say("supervision_undone", **_facts(chat, one))
