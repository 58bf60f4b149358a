"""Notices: what is published where one lives, read by a digit, and objections to it."""

from collections.abc import Callable, Sequence
from typing import Any

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from config.categories import Urgency
from models import conversations
from models.conversations import Question
from models.masking import masked
from models.notices import lists, objections
from models.notices.table import Notice, Objection
from models.notices.telling import facts

PAGE = 420  # characters of a notice's text in one reply
SENTENCE_ENDS = "。！？；\n"
LISTED = 9
NEXT = 0  # the digit that turns the page


@registry.command("notices")
def notices(chat: Chat, command: Command) -> Reply:
    """The latest, numbered; a number shows one of them."""
    if command.number is not None:
        return _seen(chat, command.number, lambda one: _page(chat, one, 1, []))
    found = lists.latest_for(chat.session, chat.person_id, chat.now)
    if not found:
        return chat.say("notice_none", has_home=chat.speaker.home_id is not None)
    return chat.ask(
        "notice",
        "notice_list",
        keep={"ids": [one.id for one in found]},
        notices=[_facts(chat, one) for one in found],
    )


@registry.question("notice")
def notice(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """The question stays open beside the notice, so that the next digit opens another one."""
    ids = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    return _seen(chat, ids[digit - 1], lambda one: _page(chat, one, 1, ids))


@registry.question("notice_page")
def notice_page(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """0 turns the page; another digit opens another notice of the list."""
    if digit == NEXT:
        page = question.context["page"] + 1
        ids = question.context["ids"]
        return _seen(chat, question.context["notice_id"], lambda one: _page(chat, one, page, ids))
    return notice(chat, question, text, digit)


def _page(chat: Chat, found: Notice, page: int, ids: list[int]) -> Reply:
    pages = _pages(masked(found.body))
    page = min(page, len(pages))
    lists.has_read(chat.session, found, chat.person_id, chat.now)
    context = _facts(chat, found) | {
        "body": pages[page - 1],
        "page": page,
        "pages": len(pages),
        "takes_objections": found.takes_objections(chat.now),
    }
    if page == len(pages) and not ids:
        return chat.say("notice_opened", **context)
    keep = {"notice_id": found.id, "page": page, "ids": ids}
    return chat.ask("notice_page", "notice_opened", keep=keep, **context)


def _pages(body: str) -> list[str]:
    """Cut behind a sentence, where one ends in the second half of a page."""
    pages = []
    while len(body) > PAGE:
        end = max(body.rfind(mark, PAGE // 2, PAGE) for mark in SENTENCE_ENDS) + 1 or PAGE
        pages.append(body[:end])
        body = body[end:]
    return [*pages, body]


@registry.command("object")
def object_command(chat: Chat, command: Command) -> Reply:
    """To the notice with the number, to the only one that takes objections, or to one chosen."""
    said = _as_written(chat, command.text)
    if command.number is not None:
        return _seen(chat, command.number, lambda one: raise_objection(chat, one, said))
    found = lists.open_to_objections(chat.session, chat.person_id, chat.now)
    if not found:
        return chat.say("objection_none_open")
    if len(found) == 1:
        return raise_objection(chat, found[0], said)
    return chat.ask(
        "which_notice",
        "objection_which",
        keep={"ids": [one.id for one in found], "text": said},
        notices=[_facts(chat, one) for one in found],
    )


@registry.question("which_notice")
def which_notice(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    chosen = _chosen(chat, question, digit)
    if not isinstance(chosen, int):
        return chosen
    said = question.context["text"]
    return _seen(chat, chosen, lambda one: raise_objection(chat, one, said))


@registry.question("objection")
def objection(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if not _is_said(chat, digit):
        return None
    conversations.close(question, chat.now)
    notice_id = question.context["notice_id"]
    return _seen(chat, notice_id, lambda one: raise_objection(chat, one, chat.said))


def raise_objection(chat: Chat, found: Notice, text: str) -> Reply:
    """Thanks, and says by when it is answered; asks for the words when there are none."""
    if not found.takes_objections(chat.now):
        return chat.say("objection_closed", **_facts(chat, found))
    if not text:
        keep = {"notice_id": found.id}
        return chat.ask("objection", "objection_asked", keep=keep, **_facts(chat, found))
    raised = objections.object_to(
        chat.session, found, text, by=chat.person_id, at=chat.now, account=chat.account
    )
    return chat.say("objection_received", **objections.context(chat.session, raised))


@registry.command("answer_objection")
def answer_command(chat: Chat, command: Command) -> Reply:
    """By its number; without one the only one that waits, or one chosen."""
    said = _as_written(chat, command.text)
    if command.number is not None:
        return answer(chat, command.number, said)
    waiting = objections.waiting_for(chat.session, chat.person_id, chat.now)
    if not waiting:
        return chat.say("objection_none_waiting")
    if len(waiting) == 1:
        return answer(chat, waiting[0].id, said)
    shown = waiting[:LISTED]
    return chat.ask(
        "which_objection",
        "objection_waiting_list",
        keep={"ids": [one.id for one in shown], "text": said},
        objections=[objections.context(chat.session, one) for one in shown],
    )


@registry.question("which_objection")
def which_objection(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    chosen = _chosen(chat, question, digit)
    if not isinstance(chosen, int):
        return chosen
    return answer(chat, chosen, question.context["text"])


@registry.question("objection_answer")
def objection_answer(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    if not _is_said(chat, digit):
        return None
    conversations.close(question, chat.now)
    return answer(chat, question.context["objection_id"], chat.said)


def answer(chat: Chat, objection_id: int, text: str) -> Reply:
    found = chat.session.get(Objection, objection_id)
    if found is None or not objections.can_answer(
        chat.session, found, by=chat.person_id, at=chat.now
    ):
        return chat.say("objection_not_found", number=objection_id)
    context = objections.context(chat.session, found)
    if found.answered_at is not None:
        return chat.say("objection_answered_before", **context)
    if not text:
        keep = {"objection_id": found.id}
        return chat.ask("objection_answer", "objection_answer_asked", keep=keep, **context)
    objections.answer(chat.session, found, text, by=chat.person_id, at=chat.now)
    return chat.say("objection_answer_sent", **context | {"answer": text})


def _seen(chat: Chat, notice_id: int, then: Callable[[Notice], Reply]) -> Reply:
    """Does `then` with the notice, if this person may see it."""
    found = lists.seen(chat.session, notice_id, chat.person_id, chat.now)
    if found is None:
        return chat.say("notice_not_found", number=notice_id)
    return then(found)


def _chosen(chat: Chat, question: Question, digit: int | None) -> int | Reply | None:
    """The id a digit chose; a reply when there is no such choice."""
    ids: Sequence[int] = question.context["ids"]
    if digit is None:
        return None
    if not 1 <= digit <= len(ids):
        return chat.say("not_a_choice", most=len(ids))
    conversations.close(question, chat.now)
    return ids[digit - 1]


def _as_written(chat: Chat, text: str) -> str:
    """What follows a command, in the person's own spelling: it will be quoted to others."""
    own = chat.said
    return own[len(own) - len(text) :] if len(own) == len(chat.text) else text


def _is_said(chat: Chat, digit: int | None) -> bool:
    """Words, and not a cry for help that must not end up in a notice's file."""
    meant = chat.understanding
    return digit is None and meant is not None and meant.urgency != Urgency.EMERGENCY


def _facts(chat: Chat, found: Notice) -> dict[str, Any]:
    return facts(chat.session, found)
