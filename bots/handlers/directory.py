"""Questions answered from the directory; those it can not answer go to a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from bots import finding, registry
from bots.chat import Chat
from bots.commands import Command
from bots.finding import Asked, Candidate, Found, Shelf
from bots.keeping import has_kept
from bots.message import Reply
from config.categories import Intent, Urgency
from config.policy import load
from models import conversations, localtime, places
from models.conversations import Question
from models.directory import lists, questions
from models.directory.lists import Listed
from models.directory.table import DirectoryEntry, kinds
from models.on_duty import NEARNESS
from models.places import Area
from models.reference import looked_up
from models.tickets.opening import Report, open_ticket

LISTED = 9
PASS_ON = 0  # the digit that asks for a person
MATTER = "other_estate"
_HEARD = frozenset({Intent.ENQUIRY, Intent.REPORT, Intent.CHITCHAT})
_LISTED_AS, _UNSURE_AS = "directory", "directory_unsure"  # the second while nothing was chosen
_OURS = frozenset({_LISTED_AS, _UNSURE_AS, "directory_kind"})


@dataclass(frozen=True, slots=True)
class Looked:
    """查找结果 — a question as it was cut, and what fits it, the best first."""

    asked: Asked
    found: list[Found] = field(default_factory=list)
    kinds: Mapping[int, str] = field(default_factory=dict)

    def is_sure(self, intent: Intent) -> bool:
        if not self.found:
            return False
        first = self.found[0]
        return finding.is_sure(self.asked, first, self.kinds[first.id], intent=intent)


def answer(chat: Chat) -> Reply | None:
    """The entries a question asks for; None when it is a matter, or a person must answer."""
    meant = chat.understanding
    if meant is None or meant.intent not in _HEARD or meant.urgency != Urgency.NORMAL:
        return None
    if not finding.may_ask(chat.text, meant.intent):
        return None
    looked = _look(chat, chat.text, meant.intent)
    if not looked.found or has_kept(chat):
        return None  # photos came before these words: they report
    if looked.is_sure(meant.intent):
        return _show(chat, _best(chat, looked))
    unsure = load("directory")["fit"]["unsure"]
    if meant.intent == Intent.ENQUIRY and looked.found[0].fit >= unsure:
        return _list(chat, _best(chat, looked), _UNSURE_AS, "directory_unsure")
    return None


def note_unanswered(chat: Chat, ticket_id: int) -> None:
    """A question became a ticket: it stands on the list of those without an entry."""
    questions.note(chat.session, ticket_id, chat.now)


@registry.command("directory")
def directory(chat: Chat, command: Command) -> Reply:
    """What can be asked here; with words, what fits them."""
    if command.text:
        found = searched(chat, command.text)
        if found:
            return _show(chat, found)
        said = chat.as_said(command.text)
        return chat.ask(_UNSURE_AS, "directory_none", keep=_kept(chat, ()), said=said)
    there = {one.kind for one in _entries(chat, chat.speaker.home_id)}
    keys = [key for key in kinds() if key in there]
    if not keys:
        return chat.say("directory_empty")
    return chat.ask(
        "directory_kind",
        "directory_kinds",
        keep={"kinds": keys},
        labels=[kinds()[key]["label"] for key in keys],
        has_home=chat.speaker.home_id is not None,
    )


def searched(chat: Chat, words: str) -> list[DirectoryEntry]:
    """What fits these words, the best first; none where nothing fits well enough."""
    looked = _look(chat, words, Intent.ENQUIRY)
    is_there = looked.found and looked.found[0].fit >= load("directory")["fit"]["unsure"]
    return _best(chat, looked) if is_there else []


@registry.question("directory_kind")
def directory_kind(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    keys = question.context["kinds"]
    if digit is None:
        return None
    if not 1 <= digit <= len(keys):
        return chat.say("not_a_choice", most=len(keys))
    area_id = chat.speaker.home_id
    there = [one for one in _entries(chat, area_id) if one.kind == keys[digit - 1]]
    if not there:
        return chat.say("directory_gone")
    return _show(chat, there[:LISTED])


@registry.question(_UNSURE_AS)
@registry.question(_LISTED_AS)
def chosen(chat: Chat, question: Question, text: str, digit: int | None) -> Reply | None:
    """One entry whole; the list stays open for the next digit. 0: a person shall answer."""
    numbers = question.context["numbers"]
    if digit is None:
        return None
    if digit > len(numbers):
        return chat.say("not_a_choice", most=len(numbers))
    question.kind = _LISTED_AS  # it led somewhere
    if digit == PASS_ON:
        conversations.close(question, chat.now)
        return _pass_on(chat, question.context)
    entry = lists.current(chat.session, numbers[digit - 1], chat.now)
    if entry is None:
        return chat.say("directory_gone")
    return chat.say("directory_entry", entry=facts(chat.session, entry), can_pass_on=True)


def _pass_on(chat: Chat, kept: dict[str, Any]) -> Reply:
    """The question in the resident's words, for a person; and on the list of the unanswered."""
    who = chat.speaker
    report = Report(
        account=chat.account,
        reporter_id=chat.person_id,
        text=kept["text"],
        category=kept["category"],
        subcategory=kept["subcategory"],
        urgency=Urgency.NORMAL,
        intent=Intent.ENQUIRY,
        confidence=1.0,
        area_id=who.home_id,
        community_id=who.community_id,
        place_name=who.home_label,
    )
    opened = open_ticket(chat.session, report, chat.now)
    questions.note(chat.session, opened.ticket_id, chat.now)
    return chat.say("person_called", **opened.context, is_said=True)


def facts(session: Session, entry: DirectoryEntry) -> dict[str, Any]:
    """What the words about an entry are filled with."""
    return {
        "number": entry.number,
        "kind_label": kinds()[entry.kind]["label"],
        "title": entry.title,
        "text": entry.text,
        "address": entry.address,
        "phone": entry.phone,
        "hours": entry.hours,
        "price": entry.price,
        "ports": entry.ports,
        "area": session.get_one(Area, entry.area_id).name,
    }


def _show(chat: Chat, entries: Sequence[DirectoryEntry]) -> Reply:
    """The only one whole; several as a numbered list."""
    if len(entries) > 1:
        return _list(chat, entries, _LISTED_AS, "directory_list")
    about = facts(chat.session, entries[0])
    # What another question waits for must not be lost to this one's "0".
    if _waiting(chat) not in (_OURS | {None}):
        return chat.say("directory_entry", entry=about, can_pass_on=False)
    keep = _kept(chat, entries)
    return chat.ask(_LISTED_AS, "directory_entry", keep=keep, entry=about, can_pass_on=True)


def _list(chat: Chat, entries: Sequence[DirectoryEntry], kind: str, template: str) -> Reply:
    keep, shown = _kept(chat, entries), [facts(chat.session, one) for one in entries]
    return chat.ask(kind, template, keep=keep, entries=shown)


def _kept(chat: Chat, entries: Iterable[DirectoryEntry]) -> dict[str, Any]:
    """What a later digit needs: the entries, and the question with its class. And whose staff read
    it, where nothing came of it."""
    meant = chat.understanding
    return {
        "numbers": [one.number for one in entries],
        "text": chat.said,
        "category": meant.category if meant else MATTER,
        "subcategory": meant.subcategory if meant else None,
        "community_id": chat.speaker.community_id,
    }


def _waiting(chat: Chat) -> str | None:
    """The kind of question that waits for this person's words or digit."""
    if not chat.speaker.has_questions:
        return None
    found = conversations.open_questions(chat.session, chat.person_id, chat.now)
    return next((one.kind for one in found if not one.is_pushed), None)


def _look(chat: Chat, text: str, intent: Intent) -> Looked:
    """At home or where the question names; what one may go to, then wherever it is."""
    area_id = _area_meant(chat)
    looked = _held_against(chat, text, _shelf(chat, area_id))
    may_be_elsewhere = looked.asked.asks or looked.asked.is_name or intent == Intent.ENQUIRY
    if area_id is None or looked.asked.is_matter or not may_be_elsewhere or looked.is_sure(intent):
        return looked
    wider = _held_against(chat, text, _shelf_for_all(chat))
    return wider if wider.is_sure(intent) else looked


def _best(chat: Chat, looked: Looked) -> list[DirectoryEntry]:
    return [chat.session.get_one(DirectoryEntry, one.id) for one in finding.best(looked.found)]


def _area_meant(chat: Chat) -> int | None:
    mention = chat.understanding.place if chat.understanding else None
    if mention is not None and mention.estate:
        named = places.estate_named(chat.session, mention.estate)
        if named is not None:
            return named[0]
    return chat.speaker.home_id


def _entries(chat: Chat, area_id: int | None) -> Sequence[DirectoryEntry]:
    if area_id is None:
        return lists.everywhere(chat.session, chat.now)
    return lists.around(chat.session, area_id, chat.now)


def _held_against(chat: Chat, text: str, shelf: Shelf) -> Looked:
    mention = chat.understanding.place if chat.understanding else None
    if mention is not None and mention.estate:
        text = _without(text, chat, mention.estate)
    asked, found = finding.find(text, shelf)
    return Looked(asked, found, shelf.kinds)


def _shelf(chat: Chat, area_id: int | None) -> Shelf:
    """The entries of a place that hold today, or of all places."""
    key = ("directory", area_id, localtime.local(chat.now).date())
    return looked_up(
        chat.session, key, lambda: _shelved(lists.searched(chat.session, area_id, chat.now))
    )


def _shelf_for_all(chat: Chat) -> Shelf:
    """The entries that hold today and that anybody may use."""
    key = ("directory for all", localtime.local(chat.now).date())
    return looked_up(
        chat.session, key, lambda: _shelved(lists.searched_elsewhere(chat.session, chat.now))
    )


def _shelved(listed: Iterable[Listed]) -> Shelf:
    return _shelf_of(tuple(map(candidate_of, listed)))


def candidate_of(one: Listed) -> Candidate:
    """An entry as questions are held against it; of equals the one nearer by is shown first."""
    rank = NEARNESS[one.area_kind]
    return Candidate(one.id, one.kind, one.title, tuple(one.aliases), one.text, rank)


@lru_cache(256)
def _shelf_of(candidates: tuple[Candidate, ...]) -> Shelf:
    """The buildings of an estate have mostly the same entries."""
    return finding.shelve(candidates)


def _without(text: str, chat: Chat, estate: str) -> str:
    """The question apart from the estate it names."""
    called = [one for one, name in places.estate_names(chat.session).items() if name == estate]
    for name in sorted(called, key=len, reverse=True):
        text = text.replace(name, "")
    return text
