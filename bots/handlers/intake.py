"""A matter in a resident's own words becomes a ticket at once; questions refine it afterwards."""

from collections.abc import Mapping, Sequence
from typing import Any

from bots.chat import Chat
from bots.handlers import directory, joining
from bots.keeping import attach_kept, kept_for_later
from bots.locations import location_of
from bots.message import Reply
from bots.rendering import render
from bots.reporting import LAST_CLASS, NOT_OURS, TALK, as_matter, provisional, report_of
from bots.several_homes import in_doubt
from bots.splitting import under_main
from bots.understand import Understanding
from config.categories import Intent, Urgency
from config.policy import load
from models import places
from models.places import Area, AreaKind
from models.tickets import facts, refining
from models.tickets.opening import Opened, Report, open_ticket
from models.tickets.table import Ticket

CHOICES = 4
_AROUND_A_NAME = " 。.,，!！"


def take_in(chat: Chat) -> Reply:
    """Greets back, or opens a ticket and asks at most one question about it."""
    assert chat.understanding is not None
    meant = provisional(under_main(chat.parts, chat.understanding), chat.things)
    if meant.intent in TALK:
        return chat.say(TALK[meant.intent], has_home=chat.speaker.home_id is not None)
    meant = as_matter(meant, chat.text)
    kept = kept_for_later(chat)
    location = location_of(chat, meant.place, kept)
    report = report_of(
        meant,
        location,
        account=chat.account,
        reporter_id=chat.person_id,
        said=chat.said,
        text=chat.text,
        things=chat.things,
    )
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
        "words": shown_words(meant),
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
        hint_at_parts(chat, opened.ticket_id)
    if report.area_id is None or offered:
        return _ask_place(chat, opened.ticket_id, "ticket_received", context, offered, parts)
    if parts:
        return ask_split(chat, opened.ticket_id, parts, "ticket_received", context)
    if twin is not None:
        return joining.ask(chat, opened.ticket_id, twin, "ticket_received", context)
    return chat.say("ticket_received", **context, question=None)


def shown_words(meant: Understanding) -> list[str]:
    """The few words that decided, for the resident; single characters explain nothing."""
    return [one.word for one in meant.evidence if one.weight > 0 and len(one.word) > 1][:3]


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


def hint_at_parts(chat: Chat, ticket_id: int) -> None:
    """Staff see that there may be several, also when the resident never answers."""
    ticket = chat.session.get_one(Ticket, ticket_id)
    hint = render("parts_hint", {"parts": [one.text for one in chat.parts]})
    refining.keep_note(chat.session, ticket, hint, by=None, at=chat.now)


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
