"""Following, leaving, scanning a building's code, menu taps, and what the platform reports."""

from sqlalchemy import select

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.handlers import homes, rounds, sign_ins
from bots.message import EventKind, Reply
from models import consents, delivery_results, erasure, rights, sign_in_scans
from models.places import Area


@registry.on_event(EventKind.SUBSCRIBE)
def subscribed(chat: Chat) -> Reply:
    if scene := _sign_in_scene(chat):
        return sign_ins.scanned(chat, scene)
    area = _scanned(chat)
    if area is not None:
        return homes.at_door(chat, area, is_welcome=True)
    at_point = rounds.scanned(chat, is_welcome=True)
    if at_point is not None:
        return at_point
    return chat.say("welcome", home=chat.speaker.home_label)


@registry.on_event(EventKind.SCAN)
def scanned(chat: Chat) -> Reply:
    if scene := _sign_in_scene(chat):
        return sign_ins.scanned(chat, scene)
    area = _scanned(chat)
    if area is None:
        return rounds.scanned(chat, is_welcome=False) or chat.say("scene_unknown")
    return homes.at_door(chat, area, is_welcome=False)


def _sign_in_scene(chat: Chat) -> str | None:
    scene = chat.message.scene or ""
    return scene if scene.startswith(sign_in_scans.PREFIX) else None


def _scanned(chat: Chat) -> Area | None:
    scene = chat.message.scene
    return chat.session.scalar(select(Area).where(Area.scene == scene)) if scene else None


@registry.on_event(EventKind.UNSUBSCRIBE)
def left(chat: Chat) -> None:
    rights.mark_unsubscribed(chat.session, chat.speaker.identity_id)


@registry.on_event(EventKind.CLICK)
def tapped(chat: Chat) -> Reply:
    """A menu entry is a command by its key."""
    handler = registry.COMMANDS.get(chat.message.event_key or "")
    if handler is None:
        return chat.say("menu_unknown")
    return handler(chat, Command(chat.message.event_key or ""))


@registry.on_event(EventKind.TEMPLATE_FINISHED)
def template_finished(chat: Chat) -> None:
    status = str(chat.message.extra.get("Status", ""))
    _confirm(chat, status == "success", status)


@registry.on_event(EventKind.MASS_FINISHED)
def mass_finished(chat: Chat) -> None:
    status = str(chat.message.extra.get("Status", ""))
    _confirm(chat, status.replace(" ", "") == "sendsuccess", status)


def _confirm(chat: Chat, ok: bool, status: str) -> None:
    platform_id = chat.message.extra.get("MsgID") or chat.message.extra.get("MsgId")
    if platform_id:
        delivery_results.confirm(chat.session, chat.account, str(platform_id), ok, status, chat.now)


@registry.on_event(EventKind.SUBSCRIBE_SENT)
def subscription_sent(chat: Chat) -> None:
    for entry in chat.message.extra.get("List", ()):
        is_sent = str(entry.get("ErrorCode", "0")) == "0"
        delivery_results.confirm_subscription(
            chat.session,
            chat.speaker.identity_id,
            is_sent,
            str(entry.get("ErrorStatus", "")),
        )


@registry.on_event(EventKind.SUBSCRIBE_POPUP)
def consent_given(chat: Chat) -> None:
    _consents(chat)


@registry.on_event(EventKind.SUBSCRIBE_CHANGED)
def consent_changed(chat: Chat) -> None:
    _consents(chat)


def _consents(chat: Chat) -> None:
    for entry in chat.message.extra.get("List", ()):
        template_id = str(entry.get("TemplateId", ""))
        if entry.get("SubscribeStatusString") == "accept":
            consents.grant(chat.session, chat.speaker.identity_id, template_id)
        else:
            consents.clear(chat.session, chat.speaker.identity_id, template_id)


@registry.on_event(EventKind.AUTHORIZATION_CANCELLED)
def authorization_cancelled(chat: Chat) -> None:
    """The platform's rule: the user's data must go."""
    erasure.erase(chat.session, chat.person_id, chat.now)
