"""A matter in a resident's own words becomes a ticket at once; questions refine it afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bots.accusation import accused
from bots.chat import Chat
from bots.handlers import directory, joining
from bots.keeping import attach_kept, kept_for_later
from bots.message import Reply
from bots.places_in_text import PlaceMention
from bots.rendering import render
from bots.several_homes import in_doubt, speaker_at_home
from bots.splitting import under_main
from bots.things import class_of_things
from bots.understand import Understanding
from config.categories import LAST_RESORT, Intent, Urgency
from config.policy import load
from models import places, serving
from models.places import Area, AreaKind
from models.tickets import facts, refining
from models.tickets.opening import Opened, Report, open_ticket
from models.tickets.table import Ticket

NOT_OURS = "not_estate"
LAST_CLASS = "other_estate"
CHOICES = 4
_AROUND_A_NAME = " 。.,，!！"
FOR_COMMUNITY = frozenset({Intent.SUGGESTION, Intent.PRAISE, Intent.WISH, Intent.ERRAND})
TALK = {Intent.CHITCHAT: "chitchat", Intent.ABUSE: "abuse"}


@dataclass(frozen=True, slots=True)
class Location:
    """报事地点 — where a matter is, as far as it is known."""

    area_id: int | None = None
    community_id: int | None = None
    name: str | None = None
    spot: str | None = None
    offered: Sequence[int] = ()  # between which of their homes the resident may choose


def take_in(chat: Chat) -> Reply:
    """Greets back, or opens a ticket and asks at most one question about it."""
    assert chat.understanding is not None
    meant = provisional(under_main(chat.parts, chat.understanding), chat.things)
    if meant.intent in TALK:
        return chat.say(TALK[meant.intent], has_home=chat.speaker.home_id is not None)
    if meant.intent == Intent.ENQUIRY and _tells_defect(chat.text, meant):
        meant = replace(meant, intent=Intent.REPORT)
    if meant.intent in FOR_COMMUNITY and not is_sure(meant):
        meant = replace(meant, category=LAST_CLASS, subcategory=LAST_RESORT)
    kept = kept_for_later(chat)
    location = _location(chat, meant.place, kept)
    report = _report(chat, meant, location)
    twin = joining.twin_of_report(chat, report)
    opened = open_ticket(chat.session, report, chat.now)
    attach_kept(chat, kept, opened.ticket_id)
    if meant.intent == Intent.ENQUIRY:
        directory.note_unanswered(chat, opened.ticket_id)
    return _received(chat, meant, report, opened, twin, location.offered)


def _received(
    chat: Chat,
    meant: Understanding,
    report: Report,
    opened: Opened,
    twin: Mapping[str, Any] | None,
    offered: Sequence[int],
) -> Reply:
    """What became of it, and the first thing that is missing: class, place, parts, same matter."""
    context = opened.context | {
        "words": _shown_words(meant),
        "about": report.about,
        "is_placed": report.area_id is not None,
        "alerted": opened.alerted,
        "is_ours": meant.category != NOT_OURS,
    }
    # Whom a complaint accuses decides who gets it, whatever its class.
    if not report.is_class_known and report.about is None:
        return _ask_class(chat, meant, opened, context)
    parts = [one.kept() for one in chat.parts]
    if parts:
        _hint_at_parts(chat, opened.ticket_id)
    if report.area_id is None or offered:
        return _ask_place(chat, opened.ticket_id, "ticket_received", context, offered, parts)
    if parts:
        return ask_split(chat, opened.ticket_id, parts, "ticket_received", context)
    if twin is not None:
        return joining.ask(chat, opened.ticket_id, twin, "ticket_received", context)
    return chat.say("ticket_received", **context, question=None)


def provisional(meant: Understanding, things: frozenset[str]) -> Understanding:
    """While the class is unsure, that of what the words name, else some matter of the estate."""
    if meant.intent in TALK or meant.emergency or is_sure(meant):
        return meant
    category = class_of_things(things)
    if category == meant.category or (category is None and meant.evidence):
        return meant
    confidence = meant.confidence if meant.evidence else 0.0
    category = category or LAST_CLASS
    return replace(meant, category=category, subcategory=LAST_RESORT, confidence=confidence)


def _needs_no_class(meant: Understanding) -> bool:
    """Danger is met whatever its class; ideas, thanks and wishes go to the community in any."""
    return meant.urgency == Urgency.EMERGENCY or meant.intent in FOR_COMMUNITY


def _tells_defect(text: str, meant: Understanding) -> bool:
    """ "楼道灯坏了归谁管": the answer is who repairs it, and that they are told to."""
    words = load("intake")["defects"]
    is_ours = meant.category != NOT_OURS and is_sure(meant)
    is_real = not any(word in text for word in words["imagined"])
    return is_ours and is_real and any(word in text for word in words["told"])


def is_sure(meant: Understanding) -> bool:
    """Words without any evidence are unknown, whatever class came out likeliest."""
    unsure = load("intake")["confidence"]["ask_below"]
    return bool(meant.evidence) and meant.confidence >= unsure


def _report(chat: Chat, meant: Understanding, location: Location) -> Report:
    about = accused(chat.text, meant)
    return Report(
        account=chat.account,
        reporter_id=chat.person_id,
        text=chat.said,
        category=meant.category,
        subcategory=meant.subcategory,
        urgency=meant.urgency,
        intent=meant.intent,
        emergency=meant.emergency,
        confidence=meant.confidence,
        evidence=[(one.word, one.weight) for one in meant.evidence],
        about=about,
        hides_reporter=about is not None,
        area_id=location.area_id,
        community_id=location.community_id,
        place_name=location.name,
        spot=location.spot,
        things=chat.things,
        is_class_known=is_sure(meant) or _needs_no_class(meant),
    )


def _shown_words(meant: Understanding) -> list[str]:
    """The few words that decided, for the resident; single characters explain nothing."""
    return [one.word for one in meant.evidence if one.weight > 0 and len(one.word) > 1][:3]


def said(chat: Chat) -> str:
    """The resident's own words, as they wrote or spoke them."""
    return chat.said


def _location(chat: Chat, mention: PlaceMention | None, kept: Mapping[str, Any] | None) -> Location:
    """Nowhere yet while it may be at several homes; but help sets out at once, to the likeliest."""
    offered = in_doubt(chat, mention) if not (kept or {}).get("area_id") else ()
    if offered and not chat.is_alarm:
        return Location(spot=mention.spot if mention else None, offered=offered)
    found = locate(chat, mention, kept)
    return replace(found, offered=offered) if offered else found


def locate(
    chat: Chat, mention: PlaceMention | None, kept: Mapping[str, Any] | None = None
) -> Location:
    """The place that was named, the code that was scanned, else the home."""
    who = speaker_at_home(chat, mention)
    scanned_id = (kept or {}).get("area_id")
    estate_id, estate_name = who.estate_id, who.estate_name
    if scanned_id is not None and mention is not None and not mention.estate:
        estate_id, estate_name = _estate_of(chat, scanned_id) or (estate_id, estate_name)
    if mention is not None and mention.estate and mention.estate != estate_name:
        found = places.estate_named(chat.session, mention.estate)
        estate_id, estate_name = found or (estate_id, estate_name)
    spot = mention.spot if mention else None
    if mention is not None and mention.building and estate_id is not None:
        building = places.building_in(chat.session, estate_id, mention.building)
        if building is not None:
            return Location(building[0], building[2], f"{estate_name}{building[1]}", spot)
    if scanned_id is not None:
        return area_location(chat, scanned_id, spot)
    if estate_id is not None and estate_id != who.estate_id:
        return area_location(chat, estate_id, spot)
    if who.home_id is None:
        return _at_post(chat, mention, spot) if who.has_posts else Location(spot=spot)
    # A spot of the estate ("东门旁边") is looked after by the posts of the home's grid.
    is_indoors = spot is not None and any(word in spot for word in load("intake")["indoors"])
    where = estate_name if spot and not is_indoors else who.home_label
    return Location(who.home_id, who.community_id, where, spot)


def _at_post(chat: Chat, mention: PlaceMention | None, spot: str | None) -> Location:
    """Who serves a place and lives nowhere that we know of speaks of that place."""
    served = serving.place_served(chat.session, chat.person_id, chat.now)
    if served is None:
        return Location(spot=spot)
    number = mention.building if mention else None
    if number is None or number == served.number:
        return area_location(chat, served.id, spot) if served.number else Location(spot=spot)
    estate_id = served.id if served.kind == AreaKind.ESTATE else served.estate_id
    building = places.building_in(chat.session, estate_id, number) if estate_id else None
    return area_location(chat, building[0], spot) if building else Location(spot=spot)


def _estate_of(chat: Chat, area_id: int) -> tuple[int, str] | None:
    """ "5号楼" after an estate was named, or after a code was scanned there."""
    area = chat.session.get_one(Area, area_id)
    estate_id = area.id if area.kind == AreaKind.ESTATE else area.estate_id
    return (estate_id, chat.session.get_one(Area, estate_id).name) if estate_id else None


def is_there(chat: Chat, mention: PlaceMention, area_id: int) -> bool:
    """Whether it is what was named, and not something wider for want of such a building."""
    area = chat.session.get_one(Area, area_id)
    return mention.building is None or area.number == mention.building


def area_location(chat: Chat, area_id: int, spot: str | None) -> Location:
    area = chat.session.get_one(Area, area_id)
    name = places.full_name(chat.session, area.id)
    return Location(area.id, refining.community_of(area), name, spot)


def _ask_class(chat: Chat, meant: Understanding, opened: Opened, context: dict[str, Any]) -> Reply:
    likely = [key for key, _ in meant.alternatives]
    others = likely if meant.evidence else load("intake")["clarifying"]["usual"]
    first = [] if meant.category in (NOT_OURS, LAST_CLASS) else [meant.category]
    keys = [key for key in dict.fromkeys([*first, *others]) if key != NOT_OURS][:CHOICES]
    return chat.ask(
        "class_choice",
        "ticket_received",
        keep={"keys": keys},
        on_ticket=opened.ticket_id,
        **context,
        question="class",
        choices=keys,
    )


def _hint_at_parts(chat: Chat, ticket_id: int) -> None:
    """Staff see that there may be several, also when the resident never answers."""
    ticket = chat.session.get_one(Ticket, ticket_id)
    hint = render("parts_hint", {"parts": [one.text for one in chat.parts]})
    refining.keep_note(chat.session, ticket, hint, by=chat.person_id, at=chat.now)


def ask_split(
    chat: Chat, ticket_id: int, parts: list[dict[str, Any]], template: str, context: dict[str, Any]
) -> Reply:
    """Whether several matters shall be several tickets; until the answer they are one."""
    return chat.ask(
        "split",
        template,
        keep={"parts": parts},
        on_ticket=ticket_id,
        **context,
        question="split",
        parts=[one["text"] for one in parts],
    )


def _ask_place(
    chat: Chat,
    ticket_id: int,
    template: str,
    context: dict[str, Any],
    offered: Sequence[int],
    parts: Sequence[dict[str, Any]] = (),
) -> Reply:
    keep: dict[str, Any] = {"parts": list(parts)} if parts else {}
    if offered:
        keep["estates"] = list(offered)
    return chat.ask(
        "place",
        template,
        keep=keep,
        on_ticket=ticket_id,
        **context,
        question="place",
        offered=[places.full_name(chat.session, one) for one in offered],
    )


def put_in_place(
    chat: Chat, ticket: Ticket, area_id: int, parts: list[dict[str, Any]] | None = None
) -> Reply:
    """The place became known; a building is offered to be remembered as the home."""
    area = chat.session.get_one(Area, area_id)
    refining.place(chat.session, ticket, area, by=chat.person_id, at=chat.now)
    context = facts.context(chat.session, ticket)
    if parts:
        return ask_split(chat, ticket.id, parts, "ticket_refined", context)
    if chat.speaker.home_id is None and area.kind == AreaKind.BUILDING:
        keep = {"area_id": area.id}
        return chat.ask("is_home", "ticket_refined", keep=keep, **context, question="home")
    return joining.refined(chat, ticket, context)


def is_other_matter(chat: Chat, category: str) -> bool:
    """An alarm, or a sure matter of another class: never a mere addition to this one."""
    meant = chat.understanding
    if meant is None or meant.urgency == Urgency.EMERGENCY:
        return meant is not None
    sure = load("intake")["confidence"]["new_matter_from"]
    is_matter = meant.category != NOT_OURS
    return is_matter and meant.confidence >= sure and meant.category != category


def after_refining(chat: Chat, ticket: Ticket) -> Reply:
    """Says what the ticket is now, and asks for its place if that is still missing."""
    context = facts.context(chat.session, ticket)
    if ticket.area_id is None:
        return _ask_place(chat, ticket.id, "ticket_refined", context, in_doubt(chat, None))
    return joining.refined(chat, ticket, context)
