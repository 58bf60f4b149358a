"""What came before the words it belongs to: photos, a place, a scanned code, for ten minutes."""

from collections.abc import Mapping, Sequence
from typing import Any

from bots import registry
from bots.chat import Chat
from models import conversations, media
from models.conversations import Question
from models.tickets import refining
from models.tickets.table import Ticket

KEPT_HOURS = 1 / 6
MOST_PHOTOS = 9
_KINDS = ("kept_first", "scanned_place")


def kept_for_later(chat: Chat) -> dict[str, Any]:
    """What waits for the next report: `media_ids`, `words`, `area_id`; empty when nothing does."""
    found = _open(chat)
    if not found:
        return {}
    return {
        "media_ids": [one for kept in found for one in kept.context.get("media_ids", ())],
        "words": [one for kept in found for one in kept.context.get("words", ())],
        "area_id": next(
            (one.context["area_id"] for one in found if "area_id" in one.context), None
        ),
    }


def has_kept(chat: Chat) -> bool:
    """Whether photos or words wait: what is said next reports."""
    return any(one.kind == "kept_first" for one in _open(chat))


def keep(chat: Chat, *, media_ids: Sequence[str] = (), words: Sequence[str] = ()) -> dict[str, Any]:
    """Adds to what waits; returns all of it. It waits beside whatever is asked meanwhile."""
    before = [one for one in _open(chat) if one.kind == "kept_first"]
    photos = [one for kept in before for one in kept.context["media_ids"]]
    said = [one for kept in before for one in kept.context["words"]]
    kept = {"media_ids": [*photos, *media_ids][-MOST_PHOTOS:], "words": [*said, *words]}
    _close(chat, before)
    conversations.ask(
        chat.session,
        chat.person_id,
        "kept_first",
        kept,
        chat.now,
        is_pushed=True,
        hours=KEPT_HOURS,
    )
    return kept


def attach_kept(chat: Chat, kept: Mapping[str, Any], ticket_id: int) -> None:
    """The words came: what waited for them goes to their ticket."""
    if not kept:
        return
    _close(chat, _open(chat))
    for media_id in kept.get("media_ids", ()):
        media.want_photo(chat.session, chat.account, media_id, ticket_id, chat.person_id, chat.now)
    for words in kept.get("words", ()):
        ticket = chat.session.get_one(Ticket, ticket_id)
        refining.add_note(
            chat.session, ticket, words, by=chat.person_id, at=chat.now, for_reporter=False
        )


def _open(chat: Chat) -> list[Question]:
    """The latest first."""
    if not chat.speaker.has_questions:
        return []
    found = conversations.open_questions(chat.session, chat.person_id, chat.now)
    return [one for one in found if one.kind in _KINDS]


def _close(chat: Chat, questions: Sequence[Question]) -> None:
    for one in questions:
        conversations.close(one, chat.now)
    chat.session.flush()


@registry.asks_words("kept_first")
def kept_first(chat: Chat, question: Question, text: str, digit: int | None) -> None:
    """The words that follow are a report of their own; intake takes along what was kept."""
    return None
