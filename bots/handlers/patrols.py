"""Somebody on a round tells what they found, in one line; it is in the ledger at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bots.accusation import accused
from bots.chat import Chat
from bots.handlers import intake
from bots.handlers.intake import Location
from bots.hazard_words import says_found, state_said
from bots.keeping import attach_kept, kept_for_later
from bots.message import Reply
from bots.things import things_in
from bots.understand import Understanding
from config.categories import Intent
from config.policy import load
from models import conversations, media
from models.hazards import acting, entering, lists, rules
from models.hazards.entering import Discovery
from models.hazards.flow import Finder, HazardState
from models.hazards.table import Hazard, HazardPhoto
from models.patrols import rounds
from models.patrols.table import CheckPoint, Round

TOLD = frozenset({Intent.REPORT, Intent.HAZARD})
KEPT = frozenset({"kept_first", "scanned_place"})  # what waits for the words it belongs to


@dataclass(frozen=True, slots=True)
class Walker:
    """巡查人 — as what somebody finds, where they serve, and where they last stood."""

    kind: Finder
    area_id: int | None
    round: Round | None = None
    point: CheckPoint | None = None

    @property
    def needs_no_command(self) -> bool:
        """Who patrols, or is on a round, says plainly what there is."""
        return self.kind == Finder.PATROL or self.round is not None


def is_told(chat: Chat) -> bool:
    """Who serves here begins with 发现: that is a finding, whatever else waits for them."""
    if not chat.speaker.has_posts or not says_found(chat.text) or not _tells(chat):
        return False
    who = walker(chat)
    return who.kind != Finder.RESIDENT or who.needs_no_command


def in_plain_words(chat: Chat) -> Reply | None:
    """A patrol says what there is and what became of it; None for any other matter."""
    if not chat.speaker.has_posts or not _tells(chat):
        return None
    meant = chat.understanding
    assert meant is not None
    is_hazard = rules.is_hazardous(meant.category, meant.subcategory)
    if not is_hazard and state_said(chat.text) is None:
        return None
    return take(chat) if walker(chat).needs_no_command else None


def _tells(chat: Chat) -> bool:
    meant = chat.understanding
    return meant is not None and meant.intent in TOLD and not chat.is_alarm


def walker(chat: Chat) -> Walker:
    kind, area_id = lists.post_of(chat.session, chat.person_id, chat.now)
    walk = rounds.under_way(chat.session, chat.person_id, chat.now)
    if walk is None:
        return Walker(kind, area_id)
    point = rounds.standing_at(chat.session, walk, chat.now)
    # A volunteer who walks a round is a patrol as long as it lasts.
    kind = Finder.PATROL if kind == Finder.RESIDENT else kind
    return Walker(kind, area_id, walk, point)


def take(chat: Chat, said: str | None = None) -> Reply:
    """Enters what was found; several matters are several rows. `said`: without the command."""
    assert chat.understanding is not None
    if chat.is_alarm:
        return intake.take_in(chat)
    who, kept = walker(chat), kept_for_later(chat)
    told = [(one.text, one.meant) for one in chat.parts]
    told = told or [(said or chat.said, chat.understanding)]
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
    return chat.ask("hazard", "hazard_kept", keep={"ids": undecided}, **context)


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
    }


def _enter(
    chat: Chat, who: Walker, kept: Mapping[str, Any], words: str, meant: Understanding
) -> Hazard:
    meant = intake.provisional(meant, things_in(words))
    about = accused(words, meant)
    point = None if _is_named(meant) else who.point
    where = _at(chat, point, meant) if point else _where(chat, who, kept, meant)
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


def _where(chat: Chat, who: Walker, kept: Mapping[str, Any], meant: Understanding) -> Location:
    """What was named or scanned, else where they serve; never the home they happen to have."""
    mention = meant.place
    spot = mention.spot if mention else None
    if mention is not None and mention.building and not mention.estate and who.area_id:
        building = lists.building_within(chat.session, who.area_id, mention.building)
        if building is not None:
            return intake.area_location(chat, building.id, spot)
    if _is_named(meant) or kept.get("area_id") is not None or who.area_id is None:
        return intake.locate(chat, mention, kept)
    return intake.area_location(chat, who.area_id, spot)


def _is_named(meant: Understanding) -> bool:
    return meant.place is not None and bool(meant.place.building or meant.place.estate)


def _at(chat: Chat, point: CheckPoint, meant: Understanding) -> Location:
    """Where the code hangs that was just scanned."""
    spot = meant.place.spot if meant.place else None
    return intake.area_location(chat, point.area_id, spot or point.name)


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
