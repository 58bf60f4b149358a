"""One attempt at sending: words the message, makes the call, tells how it ended."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from jinja2 import TemplateError

from bots.rendering import render
from config.policy import load
from jobs.channels import wechat_client as api
from jobs.channels.choice import Route
from jobs.channels.forms import cut_to_bytes, fill, form_of
from jobs.channels.refusals import ApiRefused, ApiStopped, CredentialsMissing
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, Unanswered
from models.attempts import Claimed
from models.outbox import EVERYONE, Channel

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """待投递 — a claimed message with the way chosen for it."""

    message: Claimed
    route: Route


@dataclass(frozen=True, slots=True)
class Taken:
    """The platform has it."""

    platform_id: str | None
    errcode: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may have arrived."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unwordable:
    """The template and its context do not fit: nothing a repeat would change."""

    reason: str


Outcome = Taken | Unclear | Unwordable | ApiRefused | ApiStopped | CredentialsMissing | NotReached


def post(client: WeChatClient, parcel: Parcel, now: datetime) -> Outcome:
    """Never raises: whatever happens is an outcome."""
    try:
        text = render(parcel.message.template, parcel.message.context, parcel.route.language)
    except (TemplateError, LookupError, TypeError, ValueError) as mistake:
        return Unwordable(type(mistake).__name__)
    try:
        answer = _SENDERS[parcel.route.channel](client, parcel, text, now)
    except (ApiRefused, ApiStopped, CredentialsMissing, NotReached) as outcome:
        return outcome
    except Unanswered as outcome:
        return Unclear(str(outcome))
    except Exception as surprise:
        name = type(surprise).__name__
        log.error("call_ended_unexpectedly", message_id=parcel.message.id, error=name)
        # A trace may hold the address with its token, so it stays where words may be seen.
        log.debug("call_ended_because", message_id=parcel.message.id, exc_info=True)
        return Unclear(name)
    platform_id = answer.get("msgid") or answer.get("msg_id")
    return Taken(str(platform_id) if platform_id else None, int(answer.get("errcode", 0)))


def repeat_id(message: Claimed) -> str:
    """The same for every try of one message, and of no other."""
    made = f"{message.unique_key} {message.created_at.isoformat()}"
    return hashlib.sha256(made.encode()).hexdigest()[:32]


def _custom(client: WeChatClient, parcel: Parcel, text: str, now: datetime) -> dict[str, Any]:
    most = load("channels")["delivery"]["text_bytes"]
    return client.custom_send(parcel.route.account, parcel.route.openid, cut_to_bytes(text, most))


def _template(client: WeChatClient, parcel: Parcel, text: str, now: datetime) -> dict[str, Any]:
    return client.template_send(
        parcel.route.account,
        parcel.route.openid,
        parcel.route.template_id,
        _fields(parcel.message, text, now),
        client_msg_id=repeat_id(parcel.message),
    )


def _subscription(client: WeChatClient, parcel: Parcel, text: str, now: datetime) -> dict[str, Any]:
    is_mini = parcel.route.api == api.SUBSCRIBE_SEND
    send = client.subscribe_send if is_mini else client.subscribe_bizsend
    fields = _fields(parcel.message, text, now)
    return send(parcel.route.account, parcel.route.openid, parcel.route.template_id, fields)


def _mass(client: WeChatClient, parcel: Parcel, text: str, now: datetime) -> dict[str, Any]:
    audience = parcel.message.audience
    return client.mass_sendall(
        parcel.route.account,
        text,
        tag_id=None if audience == EVERYONE else int(audience or 0),
        clientmsgid=repeat_id(parcel.message),
    )


def _fields(message: Claimed, text: str, now: datetime) -> dict[str, str]:
    form = form_of(message.template)
    return fill(form, message.context, text, now) if form else {}


_SENDERS: dict[Channel, Callable[[WeChatClient, Parcel, str, datetime], dict[str, Any]]] = {
    Channel.CUSTOM: _custom,
    Channel.TEMPLATE: _template,
    Channel.SUBSCRIPTION: _subscription,
    Channel.MASS: _mass,
}
