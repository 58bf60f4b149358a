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
    if not chat.speaker.has_questions:
        return {}
    found = conversations.open_questions(chat.session, chat.person_id, chat.now)
    return next((dict(one.context) for one in found if one.kind in _KINDS), {})


def keep(chat: Chat, *, media_ids: Sequence[str] = (), words: Sequence[str] = ()) -> dict[str, Any]:
    """Adds to what waits; returns all of it. The newest question of ours, so it replaces others."""
    before = kept_for_later(chat)
    kept = {
        "media_ids": [*before.get("media_ids", ()), *media_ids][-MOST_PHOTOS:],
        "words": [*before.get("words", ()), *words],
        "area_id": before.get("area_id"),
    }
    conversations.ask(chat.session, chat.person_id, "kept_first", kept, chat.now, hours=KEPT_HOURS)
    return kept


def attach_kept(chat: Chat, kept: Mapping[str, Any], ticket_id: int) -> None:
    """The words came: what waited for them goes to their ticket."""
    if not kept:
        return
    conversations.close_asked(chat.session, chat.person_id, chat.now)
    for media_id in kept.get("media_ids", ()):
        media.want_photo(chat.session, chat.account, media_id, ticket_id, chat.person_id, chat.now)
    for words in kept.get("words", ()):
        ticket = chat.session.get_one(Ticket, ticket_id)
        refining.add_note(
            chat.session, ticket, words, by=chat.person_id, at=chat.now, for_reporter=False
        )


@registry.asks_words("kept_first")
def kept_first(chat: Chat, question: Question, text: str, digit: int | None) -> None:
    """The words that follow are a report of their own; intake takes along what was kept."""
    return None
