"""Progress before everybody reads it: a second person lets it out with one digit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bots import pending, registry
from bots.chat import Chat
from bots.message import Reply
from bots.pending import Pending
from models import conversations
from models.conversations import Question
from models.errors import TooLate
from models.legacy import going as legacy
from models.legacy import telling as legacy_telling
from models.legacy.table import Progress
from models.progress import LOOK
from models.projects import going as projects
from models.projects import telling as project_telling
from models.projects.table import ProjectNote

OUT = 1

# What was told, and how it is let out.
KINDS: Mapping[str, tuple[type[Any], Callable[..., None]]] = {
    legacy_telling.SUBJECT: (Progress, legacy.publish),
    project_telling.SUBJECT: (ProjectNote, projects.publish),
}


def _waiting(chat: Chat) -> Sequence[Pending]:
    if not (chat.speaker.has_posts and chat.speaker.has_questions):
        return []
    return [
        Pending(LOOK, one.id, one.opened_at, frozenset({OUT}), text=one.context["title"])
        for one in conversations.open_questions(chat.session, chat.person_id, chat.now)
        if one.kind == LOOK
    ]


@pending.pushed(LOOK, _waiting)
def let_out_by_digit(chat: Chat, question_id: int, digit: int) -> Reply:
    question = chat.session.get_one(Question, question_id)
    conversations.close(question, chat.now)
    table, publish = KINDS[question.context["kind"]]
    told = chat.session.get(table, question.context["note"])
    if told is None:  # taken back meanwhile
        raise TooLate(number="")
    publish(chat.session, told, by=chat.person_id, at=chat.now)
    return chat.say("progress_out", words=told.text or "")


@registry.question(LOOK)
def progress_look(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """Only the digit answers it; words are a matter of their own."""
    return let_out_by_digit(chat, question.id, digit) if digit == OUT else None
