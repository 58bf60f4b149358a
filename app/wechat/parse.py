"""The elements of a push → an IncomingMessage. Names of WeChat's events compare in lower case."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from app.wechat.elements import Elements
from app.wechat.tree import Tree
from bots.message import EventKind, IncomingMessage, MessageKind

KINDS = {
    "text": MessageKind.TEXT,
    "image": MessageKind.IMAGE,
    "voice": MessageKind.VOICE,
    "video": MessageKind.VIDEO,
    "shortvideo": MessageKind.VIDEO,
    "location": MessageKind.LOCATION,
    "link": MessageKind.LINK,
    "file": MessageKind.FILE,
    "miniprogrampage": MessageKind.MINIPROGRAM,
    "event": MessageKind.EVENT,
}
EVENTS = {
    "subscribe": EventKind.SUBSCRIBE,
    "unsubscribe": EventKind.UNSUBSCRIBE,
    "scan": EventKind.SCAN,
    "location": EventKind.LOCATION,
    "click": EventKind.CLICK,
    "view": EventKind.VIEW,
    "view_miniprogram": EventKind.VIEW_MINIPROGRAM,
    "scancode_push": EventKind.SCANCODE,
    "scancode_waitmsg": EventKind.SCANCODE,
    "pic_sysphoto": EventKind.PHOTO_PICKED,
    "pic_photo_or_album": EventKind.PHOTO_PICKED,
    "pic_weixin": EventKind.PHOTO_PICKED,
    "location_select": EventKind.LOCATION_PICKED,
    "user_enter_tempsession": EventKind.SESSION_ENTERED,
    "templatesendjobfinish": EventKind.TEMPLATE_FINISHED,
    "masssendjobfinish": EventKind.MASS_FINISHED,
    "publishjobfinish": EventKind.PUBLISH_FINISHED,
    "subscribe_msg_popup_event": EventKind.SUBSCRIBE_POPUP,
    "subscribe_msg_change_event": EventKind.SUBSCRIBE_CHANGED,
    "subscribe_msg_sent_event": EventKind.SUBSCRIBE_SENT,
    "user_authorization_revoke": EventKind.AUTHORIZATION_REVOKED,
    "user_authorization_cancellation": EventKind.AUTHORIZATION_CANCELLED,
    "user_info_modified": EventKind.USER_INFO_MODIFIED,
    "wxa_media_check": EventKind.MEDIA_CHECKED,
}
SUBSCRIPTION_EVENTS = frozenset(
    {EventKind.SUBSCRIBE_POPUP, EventKind.SUBSCRIBE_CHANGED, EventKind.SUBSCRIBE_SENT}
)
# Our field → WeChat's element; what is not here is left in `extra`.
FIELDS: dict[MessageKind, dict[str, str]] = {
    MessageKind.TEXT: {"menu_choice": "bizmsgmenuid"},
    MessageKind.IMAGE: {"pic_url": "PicUrl", "media_id": "MediaId"},
    MessageKind.VOICE: {"media_id": "MediaId", "format": "Format", "recognition": "Recognition"},
    MessageKind.VIDEO: {"media_id": "MediaId"},
    MessageKind.LOCATION: {"label": "Label"},
    MessageKind.LINK: {"title": "Title", "description": "Description", "url": "Url"},
    MessageKind.FILE: {"title": "Title", "description": "Description"},
    MessageKind.MINIPROGRAM: {"title": "Title", "url": "PagePath"},
}
# An old sample of WeChat has the popup's tag in a change event, so any of them is taken.
SUBSCRIPTION_TAGS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")
SCENE_PREFIX = "qrscene_"


@dataclass(frozen=True, slots=True)
class Push:
    """推送 — a message, and whom its passive reply must name as the sender."""

    message: IncomingMessage
    addressee: str


def read_push(account: str, tree: Tree) -> Push:
    """Raises Malformed unless every element that must be there is there once."""
    elements = Elements(tree)
    kind = KINDS.get(elements.needed("MsgType").lower(), MessageKind.UNKNOWN)
    if kind is MessageKind.EVENT:
        fields = _event_fields(elements)
    elif kind is MessageKind.UNKNOWN:
        fields = {}
        elements.leave("MsgType")
    else:
        fields = _message_fields(kind, elements)
    addressee = elements.name("ToUserName")
    message = IncomingMessage(
        account=account,
        openid=elements.name("FromUserName"),
        key=_key(kind, elements),
        kind=kind,
        sent_at=elements.moment("CreateTime"),
        **fields,
        extra=elements.rest(),
    )
    return Push(message, addressee)


def _message_fields(kind: MessageKind, elements: Elements) -> dict[str, Any]:
    fields = {name: elements.text(element) for name, element in FIELDS[kind].items()}
    if kind is MessageKind.TEXT:
        fields["text"] = elements.present("Content")
    if kind is MessageKind.LOCATION:
        return fields | _place(elements, "Location_X", "Location_Y")
    return fields


def _event_fields(elements: Elements) -> dict[str, Any]:
    event = EVENTS.get(elements.needed("Event").lower(), EventKind.OTHER)
    event_key = elements.text("EventKey")
    fields: dict[str, Any] = {"event": event, "event_key": event_key}
    match event:
        case EventKind.SUBSCRIBE:
            if event_key and event_key.startswith(SCENE_PREFIX):
                fields["scene"] = event_key.removeprefix(SCENE_PREFIX) or None
            fields["ticket"] = elements.text("Ticket")
        case EventKind.SCAN:
            fields |= {"scene": event_key, "ticket": elements.text("Ticket")}
        case EventKind.VIEW | EventKind.VIEW_MINIPROGRAM:
            fields["url"] = event_key
        case EventKind.LOCATION:
            fields |= _place(elements, "Latitude", "Longitude")
        case EventKind.LOCATION_PICKED:
            place = elements.inner("SendLocationInfo")
            fields |= _place(place, "Location_X", "Location_Y")
            fields |= {"label": place.text("Label"), "title": place.text("Poiname")}
        case EventKind.SCANCODE:
            fields["text"] = elements.inner("ScanCodeInfo").text("ScanResult")
        case _ if event in SUBSCRIPTION_EVENTS:
            elements.gather_entries(SUBSCRIPTION_TAGS)
        case EventKind.OTHER:
            elements.leave("Event")
    return fields


def _place(elements: Elements, latitude: str, longitude: str) -> dict[str, float]:
    return {
        "latitude": elements.degrees(latitude, 90),
        "longitude": elements.degrees(longitude, 180),
    }


def _key(kind: MessageKind, elements: Elements) -> str:
    """Equal in the deliveries of one message. Results of one job differ only deep inside."""
    if kind not in (MessageKind.EVENT, MessageKind.UNKNOWN):
        return elements.name("MsgId")
    content = json.dumps(elements.tree, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()
    event = str(elements.tree.get("Event", "")).lower()
    return f"{elements.needed('CreateTime')}:{event[:32]}:{digest}"
