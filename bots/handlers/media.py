"""Photos, voice without words, places, links and whatever else may come."""

from bots import registry
from bots.chat import Chat
from bots.message import EventKind, MessageKind, Reply
from models import conversations, media
from models.tickets import facts, lists, refining
from models.tickets.table import Ticket

PHOTO_HOURS = 1 / 6  # a photo waits ten minutes for the words it belongs to


def _belongs_to(chat: Chat) -> Ticket | None:
    """What this person works on just now, else what they just reported."""
    if chat.speaker.has_posts:
        task = lists.just_worked_on(chat.session, chat.person_id, chat.now)
        if task is not None:
            return task
    return lists.recent_of(chat.session, chat.person_id, chat.now)


@registry.on(MessageKind.IMAGE)
def photo(chat: Chat) -> Reply:
    ticket = _belongs_to(chat)
    media_id = chat.message.media_id or ""
    if ticket is not None:
        media.want_photo(chat.session, chat.account, media_id, ticket.id, chat.person_id, chat.now)
        return chat.say("photo_kept", **facts.context(chat.session, ticket))
    earlier = [
        one
        for one in conversations.open_questions(chat.session, chat.person_id, chat.now)
        if one.kind == "photo_first"
    ]
    kept = [media_id]
    for one in earlier:
        kept = [*one.context["media_ids"], *kept]
        conversations.close(one, chat.now)
    return chat.ask(
        "photo_first",
        "photo_first",
        keep={"media_ids": kept[-9:]},
        hours=PHOTO_HOURS,
        count=len(kept),
    )


@registry.question("photo_first")
def photo_first(chat: Chat, question: conversations.Question, text: str, digit: int | None) -> None:
    """The words that follow are a report of their own; intake takes the photos along."""
    return None


@registry.on(MessageKind.VOICE)
def voice(chat: Chat) -> Reply:
    return chat.say("voice_not_understood")


@registry.on(MessageKind.LOCATION)
def location(chat: Chat) -> Reply:
    """Where somebody stands: kept with the matter at hand, never as a track."""
    ticket = lists.recent_of(chat.session, chat.person_id, chat.now)
    label = chat.message.label or chat.message.title or ""
    if ticket is None:
        return chat.say("location_alone", label=label)
    words = f"{label} ({chat.message.latitude}, {chat.message.longitude})".strip()
    refining.add_note(
        chat.session, ticket, words, by=chat.person_id, at=chat.now, for_reporter=False
    )
    return chat.say("location_kept", ticket_id=ticket.id, label=label)


@registry.on_event(EventKind.LOCATION_PICKED)
def location_picked(chat: Chat) -> Reply | None:
    return registry.KINDS[MessageKind.LOCATION](chat)


@registry.on(MessageKind.LINK)
def link(chat: Chat) -> Reply:
    ticket = lists.recent_of(chat.session, chat.person_id, chat.now)
    if ticket is None:
        return chat.say("link_alone")
    words = f"{chat.message.title or ''} {chat.message.url or ''}".strip()
    refining.add_note(
        chat.session, ticket, words, by=chat.person_id, at=chat.now, for_reporter=False
    )
    return chat.say("link_kept", ticket_id=ticket.id)


@registry.on(MessageKind.VIDEO)
def video(chat: Chat) -> Reply:
    return chat.say("video_not_kept")


@registry.on(MessageKind.FILE)
def file(chat: Chat) -> Reply:
    return chat.say("file_not_kept")


@registry.on(MessageKind.MINIPROGRAM)
def miniprogram(chat: Chat) -> Reply:
    return chat.say("kind_unknown")


@registry.on(MessageKind.TEXT)
def empty(chat: Chat) -> Reply:
    """Nothing but white space, or a sticker that comes as nothing."""
    return chat.say("kind_unknown")


@registry.on(MessageKind.UNKNOWN)
def unknown(chat: Chat) -> Reply:
    return chat.say("kind_unknown")
