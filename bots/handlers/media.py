"""Photos, voice without words, places, links and whatever else may come."""

from bots import keeping, registry
from bots.chat import Chat
from bots.handlers import check_ins, on_site, patrols, takeovers, tasks
from bots.message import EventKind, MessageKind, Reply
from bots.rendering import label
from models import conversations, media
from models.tickets import lists, refining
from models.tickets.table import Answer, Ticket
from models.whistles import lists as whistles


def _belongs_to(chat: Chat) -> Ticket | None:
    """What this person works on just now, else what they just reported."""
    return _at_work(chat) or lists.recent_of(chat.session, chat.person_id, chat.now)


def _at_work(chat: Chat) -> Ticket | None:
    """The task answered last, the one whose result is asked for, or the only one taken."""
    if not chat.speaker.has_posts:
        return None
    task = lists.just_worked_on(chat.session, chat.person_id, chat.now)
    task = task or whistles.just_answered(chat.session, chat.person_id, chat.now)
    if task is not None:
        return task
    for question in conversations.open_questions(chat.session, chat.person_id, chat.now):
        if question.kind in ("finish", "call_result"):
            return chat.session.get_one(Ticket, question.ticket_id)
    taken = lists.tasks_of(chat.session, chat.person_id, frozenset({Answer.ACCEPTED}))
    return taken[0][0] if len(taken) == 1 else None


@registry.on(MessageKind.IMAGE)
def photo(chat: Chat) -> Reply:
    media_id = chat.message.media_id or ""
    talk = takeovers.with_resident(chat)
    if talk is not None:
        ticket_id = talk.ticket_id
        media.want_photo(chat.session, chat.account, media_id, ticket_id, chat.person_id, chat.now)
        return takeovers.relay(chat, talk, label("photo", "act"))
    from_site = on_site.photo(chat, media_id)
    if from_site is not None:
        return from_site
    of_hazard = patrols.photo(chat, media_id)
    if of_hazard is not None:
        return of_hazard
    ticket = _belongs_to(chat)
    if ticket is None:
        kept = keeping.keep(chat, media_ids=[media_id])
        return chat.say("photo_first", count=len(kept["media_ids"]))
    media.want_photo(chat.session, chat.account, media_id, ticket.id, chat.person_id, chat.now)
    is_task = tasks.has_task(chat, ticket) or check_ins.call_on(chat, ticket) is not None
    return chat.say("photo_kept", ticket_id=ticket.id, is_task=is_task)


@registry.on(MessageKind.VOICE)
def voice(chat: Chat) -> Reply:
    return chat.say("voice_not_understood")


@registry.on(MessageKind.LOCATION)
def location(chat: Chat) -> Reply:
    """Where somebody stands: kept with the matter at hand, never as a track."""
    ticket = lists.recent_of(chat.session, chat.person_id, chat.now)
    named = chat.message.label or chat.message.title or ""
    words = f"{named} ({chat.message.latitude}, {chat.message.longitude})".strip()
    talk = takeovers.with_resident(chat)
    if talk is not None:
        return takeovers.relay(chat, talk, words)
    if ticket is None:
        keeping.keep(chat, words=[words])
        return chat.say("location_alone", label=named)
    _note(chat, ticket, words)
    return chat.say("location_kept", ticket_id=ticket.id, label=named)


def _note(chat: Chat, ticket: Ticket, words: str) -> None:
    refining.add_note(
        chat.session, ticket, words, by=chat.person_id, at=chat.now, for_reporter=False
    )


@registry.on_event(EventKind.LOCATION_PICKED)
def location_picked(chat: Chat) -> Reply | None:
    return registry.KINDS[MessageKind.LOCATION](chat)


@registry.on(MessageKind.LINK)
def link(chat: Chat) -> Reply:
    ticket = lists.recent_of(chat.session, chat.person_id, chat.now)
    words = f"{chat.message.title or ''} {chat.message.url or ''}".strip()
    talk = takeovers.with_resident(chat)
    if talk is not None:
        return takeovers.relay(chat, talk, words)
    if ticket is None:
        keeping.keep(chat, words=[words])
        return chat.say("link_alone")
    _note(chat, ticket, words)
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
