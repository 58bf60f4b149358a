"""The daily digest: its numbers, and the list behind each."""

from collections.abc import Sequence
from typing import Any

from bots import pending, registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from bots.pending import Pending
from bots.ticket_words import line
from models import conversations, localtime
from models.conversations import Question
from models.digests import pages, sending
from models.digests.composing import compose
from models.digests.sending import Occasion
from models.digests.table import Digest, DigestKind, Section

NEXT = 0  # the digit that turns the page
NOON = 12


def _sent(chat: Chat) -> Sequence[Pending]:
    """Digests that came by themselves: any of their numbers may be asked for."""
    if not (chat.speaker.has_posts and chat.speaker.has_questions):
        return []
    return [
        Pending("digest", one.id, one.opened_at, _numbers(_digest(chat, one)))
        for one in conversations.open_questions(chat.session, chat.person_id, chat.now)
        if one.is_pushed and one.kind == sending.QUESTION
    ]


@pending.pushed("digest", _sent)
def listed_by_digit(chat: Chat, question_id: int, digit: int) -> Reply:
    digest = _digest(chat, chat.session.get_one(Question, question_id))
    return _list(chat, digest, digest.shown()[digit - 1], 1)


@registry.question("digest")
def listed(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """0 turns the page of the list that is open; another digit opens another list."""
    if digit is None:
        return None
    digest = _digest(chat, question)
    if digit == NEXT and "page" in question.context:
        section = Section(question.context["section"])
        return _list(chat, digest, section, question.context["page"] + 1)
    if digit not in _numbers(digest):
        return chat.say("not_a_choice", most=len(digest.shown()))
    return _list(chat, digest, digest.shown()[digit - 1], 1)


@registry.command("digest")
def digest_command(chat: Chat, command: Command) -> Reply:
    """How things stand now; who serves several communities says which."""
    found = sending.communities_of(chat.session, chat.person_id, chat.now)
    if not found:
        return chat.say("digest_not_staff")
    if len(found) == 1:
        return _now(chat, found[0].id)
    return chat.ask(
        "which_community",
        "digest_which",
        keep={"ids": [one.id for one in found]},
        communities=[one.name for one in found],
    )


@registry.question("which_community")
def which_community(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    conversations.close(question, chat.now)
    return _now(chat, ids[digit - 1])


def _now(chat: Chat, community_id: int) -> Reply:
    is_morning = localtime.local(chat.now).hour < NOON
    kind = DigestKind.MORNING if is_morning else DigestKind.EVENING
    mine = [chat.person_id]
    composed = compose(chat.session, community_id, kind, chat.now, mine)[chat.person_id]
    if not composed.sections:
        return chat.say("digest_empty")
    occasion = Occasion(sending.ASKED, chat.now, community_id, kind)
    digest = sending.keep(chat.session, occasion, chat.person_id, composed)
    keep = {"digest_id": digest.id, "community_id": community_id}
    return chat.ask("digest", "digest", keep=keep, **sending.context(chat.session, digest))


def _list(chat: Chat, digest: Digest, section: Section, page: int) -> Reply:
    last = pages.pages(digest, section)
    page = min(page, last)
    keep = {
        "digest_id": digest.id,
        "community_id": digest.community_id,
        "section": str(section),
        "page": page,
    }
    return chat.ask(
        "digest",
        "digest_list",
        keep=keep,
        section=str(section),
        count=len(digest.sections[section]),
        page=page,
        pages=last,
        rows=_rows(chat, digest, section, page),
    )


def _rows(chat: Chat, digest: Digest, section: Section, page: int) -> list[Any]:
    ids = pages.page_of(digest, section, page)
    if section in pages.ROWS:
        return list(pages.ROWS[section](chat.session, ids))
    return [line(one) for one in pages.tickets(chat.session, digest, ids, chat.now)]


def _digest(chat: Chat, question: Question) -> Digest:
    return chat.session.get_one(Digest, question.context["digest_id"])


def _numbers(digest: Digest) -> frozenset[int]:
    return frozenset(range(1, len(digest.shown()) + 1))
