"""The border types of chat: what a person sent, and what a handler answers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct


class MessageKind(StrEnum):
    """消息类型 — what came: words, a picture, a place, an event, or something not known yet."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    FILE = "file"
    MINIPROGRAM = "miniprogram"
    EVENT = "event"
    UNKNOWN = "unknown"


class EventKind(StrEnum):
    """事件类型 — what happened, when nothing was said."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    SCAN = "scan"
    LOCATION = "location"
    CLICK = "click"
    VIEW = "view"
    VIEW_MINIPROGRAM = "view_miniprogram"
    SCANCODE = "scancode"
    PHOTO_PICKED = "photo_picked"
    LOCATION_PICKED = "location_picked"
    SESSION_ENTERED = "session_entered"
    TEMPLATE_FINISHED = "template_finished"
    MASS_FINISHED = "mass_finished"
    PUBLISH_FINISHED = "publish_finished"
    SUBSCRIBE_POPUP = "subscribe_popup"
    SUBSCRIBE_CHANGED = "subscribe_changed"
    SUBSCRIBE_SENT = "subscribe_sent"
    AUTHORIZATION_REVOKED = "authorization_revoked"
    AUTHORIZATION_CANCELLED = "authorization_cancelled"
    USER_INFO_MODIFIED = "user_info_modified"
    MEDIA_CHECKED = "media_checked"
    OTHER = "other"


PERSON_EVENTS = frozenset(
    {
        EventKind.SUBSCRIBE,
        EventKind.SCAN,
        EventKind.LOCATION,
        EventKind.CLICK,
        EventKind.VIEW,
        EventKind.VIEW_MINIPROGRAM,
        EventKind.SCANCODE,
        EventKind.PHOTO_PICKED,
        EventKind.LOCATION_PICKED,
        EventKind.SESSION_ENTERED,
    }
)


class IncomingMessage(Struct, frozen=True, gc=False):
    """来信 — one push of the platform, in our words.

    `key` is the same in every delivery of one message and differs from every other of the
    same sender. `extra` holds the elements that have no field here, under WeChat's names;
    for the three subscription events its `List` is always a list of entries.
    """

    account: str
    openid: str
    key: str
    kind: MessageKind
    sent_at: datetime
    event: EventKind | None = None
    text: str | None = None  # what was typed; of a scanned code, what it says
    menu_choice: str | None = None  # bizmsgmenuid: a tapped line of a menu message
    media_id: str | None = None
    pic_url: str | None = None
    format: str | None = None
    recognition: str | None = None  # absent unless the account has recognition switched on
    latitude: float | None = None
    longitude: float | None = None
    label: str | None = None
    title: str | None = None
    description: str | None = None
    url: str | None = None
    event_key: str | None = None
    scene: str | None = None  # of a scanned QR code, without WeChat's prefix
    ticket: str | None = None
    extra: dict[str, Any] = {}  # made anew for each message

    @property
    def is_from_person(self) -> bool:
        """False for what the platform tells of its own: results of jobs, lost followers."""
        return self.event is None or self.event in PERSON_EVENTS


class Reply(Struct, frozen=True):
    """回复 — a template and what fills it; `bots.rendering` makes the words."""

    template: str
    context: dict[str, Any] = {}
