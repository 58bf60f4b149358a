"""Somebody on a round tells what they found, in one line; it is in the ledger at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from bots import commands, registry, reporting
from bots.accusation import accused
from bots.chat import Chat
from bots.handlers import intake, walkers
from bots.hazard_words import says_found, says_nothing, state_said
from bots.keeping import attach_kept, kept_for_later
from bots.message import Reply
from bots.things import things_in
from bots.understand import Understanding
from config.categories import Intent
from config.policy import load
from models import conversations, media
from models.hazards import acting, entering, lists, rules
from models.hazards.entering import Discovery
from models.hazards.flow import Finder, HazardAction, HazardState
from models.hazards.table import Hazard, HazardPhoto
from models.operations.planning import ON_SITE

ACTIONS = {
    HazardState.SOLVED: HazardAction.SOLVE,
    HazardState.PASSED_UP: HazardAction.PASS_UP,
}
QUESTION = "hazard"
RESULTS = frozenset({"finish", "call_result"})
TOLD = frozenset({Intent.REPORT, Intent.HAZARD})
LONGEST_SETTLING = 8  # "已经清走了"; more words tell a matter of their own
LONGEST_NOTHING = 20
KEPT = frozenset({"kept_first", "scanned_place"})  # what waits for the words it belongs to


def is_told(chat: Chat) -> bool:
    """Who serves here begins with 发现: that is a finding, though a question waits for words.

    Beside a task it may be the result: then the question is asked first.
    """
    if not chat.speaker.has_posts or not _tells(chat):
        return False
    if not says_found(chat.text) and not _is_sure_hazard(chat):
        return False
    return not _waits_for_words(chat) and _is_finding(chat)


def in_plain_words(chat: Chat) -> Reply | None:
    """A patrol says what there is and what became of it; None for any other matter."""
    if not chat.speaker.has_posts:
        return None
    if _is_nothing(chat.text) and walkers.walker(chat).needs_no_command:
        return chat.say("hazard_nothing")
    if not _tells(chat) or not _is_finding(chat):
        return None
    return _settled_late(chat) or take(chat)


def _is_nothing(text: str) -> bool:
    return len(text) <= LONGEST_NOTHING and says_nothing(text)


def _is_sure_hazard(chat: Chat) -> bool:
    """Plain words that no question about another matter may take for its answer."""
    meant = chat.understanding
    if meant is None or not rules.is_hazardous(meant.category, meant.subcategory):
        return False
    return reporting.is_sure(meant) and not _asks_of_hazard(chat)


def _asks_of_hazard(chat: Chat) -> bool:
    if not chat.speaker.has_questions:
        return False
    asked = conversations.open_questions(chat.session, chat.person_id, chat.now)
    return any(one.kind == QUESTION for one in asked)


def _tells(chat: Chat) -> bool:
    meant = chat.understanding
    return meant is not None and meant.intent in TOLD and not chat.is_alarm


def _waits_for_words(chat: Chat) -> bool:
    """A result, a note or a talk with a person hears the words first."""
    if not chat.speaker.has_questions:
        return False
    asked = conversations.open_questions(chat.session, chat.person_id, chat.now)
    for_words = RESULTS | registry.FOR_WORDS
    hears_first = registry.TALKS | {ON_SITE}
    return any(
        one.kind in hears_first or (one.kind in for_words and not one.is_pushed) for one in asked
    )


def _is_finding(chat: Chat) -> bool:
    """By its words, and by who says them; others than patrols must begin with the word."""
    meant = chat.understanding
    assert meant is not None
    found = says_found(chat.text)
    is_hazard = rules.is_hazardous(meant.category, meant.subcategory)
    is_hazard = is_hazard or state_said(chat.text) is not None
    if not (found or is_hazard):
        return False
    who = walkers.walker(chat)
    is_told = found and (is_hazard or meant.intent == Intent.HAZARD)
    return who.needs_no_command or (is_told and who.kind != Finder.RESIDENT)


def _settled_late(chat: Chat) -> Reply | None:
    """ "已清理" after something else was asked: it is about what they found last."""
    state, meant = state_said(chat.text), chat.understanding
    if state is None or meant is None or len(chat.text) > LONGEST_SETTLING or meant.place:
        return None
    hazard = lists.undecided_of(chat.session, chat.person_id)
    return settle(chat, [hazard], state) if hazard is not None else None


def take(chat: Chat, said: str | None = None) -> Reply:
    """Enters what was found; several matters are several rows. `said`: without the command."""
    assert chat.understanding is not None
    if chat.is_alarm:
        return intake.take_in(chat)
    if _is_nothing(chat.text):
        return chat.say("hazard_nothing")
    who, kept = walkers.walker(chat), kept_for_later(chat)
    told = [(said or chat.said, chat.understanding)]
    if chat.parts and accused(chat.text, chat.understanding) is None:
        told = [(one.text, one.meant) for one in chat.parts]
    found = [_enter(chat, who, kept, words, meant) for words, meant in told]
    _take_along(chat, found[0], kept)
    return asked_about(chat, found)


def asked_about(chat: Chat, found: Sequence[Hazard]) -> Reply:
    """What was kept, and one question about all of which nothing was said."""
    undecided = [one.id for one in found if one.state == HazardState.FOUND]
    context = {
        "hazards": [facts(one) for one in found],
        "asks": bool(undecided),
        "minutes": load("hazards")["pass_up_after_minutes"],
    }
    if not undecided:
        return chat.say("hazard_kept", **context)
    return chat.ask(QUESTION, "hazard_kept", keep={"ids": undecided}, **context)


def settle(chat: Chat, found: Sequence[Hazard], state: HazardState) -> Reply:
    """Of several each as far as it still waits; what has gone up meanwhile is said so."""
    waiting = [one for one in found if _can(chat, one, state)]
    gone_up = [one for one in found if one.state == HazardState.PASSED_UP]
    if not waiting and gone_up and state == HazardState.SOLVED:
        return chat.say("hazard_is_up", **facts(gone_up[0]))
    words = chat.as_said(commands.remark(chat.text))
    for hazard in waiting or found:
        if state == HazardState.SOLVED:
            acting.solve(chat.session, hazard, by=chat.person_id, at=chat.now, words=words)
        else:
            acting.pass_up(chat.session, hazard, by=chat.person_id, at=chat.now)
    return asked_about(chat, waiting or found)


def _can(chat: Chat, hazard: Hazard, state: HazardState) -> bool:
    return acting.can(chat.session, hazard, ACTIONS[state], by=chat.person_id, at=chat.now)


def facts(hazard: Hazard) -> dict[str, Any]:
    """The plain facts of one hazard for templates; no person is among them."""
    return {
        "hazard_id": hazard.id,
        "category": hazard.category,
        "subcategory": hazard.subcategory,
        "place": hazard.place_name,
        "spot": hazard.spot,
        "hazard_state": hazard.state,
        "ticket_id": hazard.ticket_id,
        "about": hazard.about,
    }


def _enter(
    chat: Chat, who: walkers.Walker, kept: Mapping[str, Any], words: str, meant: Understanding
) -> Hazard:
    meant = reporting.provisional(meant, things_in(words))
    about = accused(words, meant)
    where, point = walkers.where(chat, who, kept, meant)
    state = HazardState.PASSED_UP if about is not None else state_said(words)
    discovery = Discovery(
        account=chat.account,
        finder_id=chat.person_id,
        found_by=who.kind,
        text=" ".join([words, *kept.get("words", ())]),
        category=meant.category,
        subcategory=meant.subcategory,
        urgency=meant.urgency,
        confidence=meant.confidence,
        evidence=[(one.word, one.weight) for one in meant.evidence],
        about=about,
        area_id=where.area_id,
        community_id=where.community_id,
        place_name=where.name,
        spot=where.spot,
        round_id=who.round.id if who.round else None,
        check_point_id=point.id if point else None,
    )
    is_solved = state == HazardState.SOLVED
    entered = HazardState.SOLVED if is_solved else HazardState.FOUND
    hazard = entering.find(chat.session, discovery, entered, chat.now)
    if state == HazardState.PASSED_UP:
        acting.pass_up(chat.session, hazard, by=chat.person_id, at=chat.now)
    return hazard


def _take_along(chat: Chat, hazard: Hazard, kept: Mapping[str, Any]) -> None:
    """Photos that came before the words belong to them."""
    if not kept:
        return
    if hazard.ticket_id is not None:
        attach_kept(chat, {**kept, "words": ()}, hazard.ticket_id)
        return
    for media_id in kept.get("media_ids", ()):
        keep_photo(chat, hazard, media_id)
    for question in conversations.open_questions(chat.session, chat.person_id, chat.now):
        if question.kind in KEPT:
            conversations.close(question, chat.now)


def photo(chat: Chat, media_id: str) -> Reply | None:
    """A photo of what was just found; None when nothing was, or a ticket has it."""
    if not chat.speaker.has_posts:
        return None
    hazard = lists.just_found(chat.session, chat.person_id, chat.now)
    if hazard is None:
        return None
    keep_photo(chat, hazard, media_id)
    return chat.say("hazard_photo_kept", hazard_id=hazard.id)


def keep_photo(chat: Chat, hazard: Hazard, media_id: str) -> None:
    photo_id = media.want_photo(
        chat.session, chat.account, media_id, None, chat.person_id, chat.now
    )
    if chat.session.get(HazardPhoto, photo_id) is None:
        chat.session.add(HazardPhoto(photo_id=photo_id, hazard_id=hazard.id))
