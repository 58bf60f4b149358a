"""`/wechat/<account>`: the address that WeChat pushes to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.wechat.envelope import check_handshake, open_push, seal_json, seal_xml
from app.wechat.intake import Answered, Delivery, Intake, NotKept
from app.wechat.keys import AccountKeys
from app.wechat.parse import Push, read_push
from app.wechat.refusals import NotGenuine, Refused, TooLarge, UnknownAccount
from app.wechat.replies import fit, text_json, text_xml
from app.wechat.tree import is_json

BODY_BYTES = 64 * 1024
IN_TIME = timedelta(seconds=4.5)  # WeChat hangs up after five
SUCCESS = "success"
PATH = "/wechat"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Format:
    """数据格式 — how an account chose to speak; it is answered in the same."""

    write: Callable[[str, str, int, str], str]
    seal: Callable[[AccountKeys, str, datetime], str]
    mimetype: str


XML = Format(text_xml, seal_xml, "text/xml")
JSON = Format(text_json, seal_json, "application/json")


def make_webhook(accounts: Callable[[str], AccountKeys | None], intake: Intake) -> Blueprint:
    """The door for every account that `accounts` knows."""
    webhook = Blueprint("wechat", __name__, url_prefix=PATH)

    def keys_of(account: str) -> AccountKeys:
        if (keys := accounts(account)) is None:
            raise UnknownAccount("no such account")
        return keys

    @webhook.get("/<account>")
    def handshake(account: str) -> Response:
        echo = check_handshake(keys_of(account), request.args, intake.clock())
        return _plain(echo)

    @webhook.post("/<account>")
    def receive(account: str) -> Response:
        arrived = intake.clock()
        keys = keys_of(account)
        body = _body()
        push = read_push(account, open_push(keys, request.args, body, arrived))
        _check_sender(push)
        deadline = arrived + IN_TIME if keys.can_answer_with_words else arrived
        answered = intake.take(Delivery(push.message, arrived, deadline))
        form = JSON if is_json(body) else XML
        reply = _words(push, answered, form)
        if not reply:
            return _plain(SUCCESS)
        if keys.is_encrypted:
            reply = form.seal(keys, reply, arrived)
        return Response(reply, mimetype=form.mimetype)

    @webhook.errorhandler(Refused)
    def refused(refusal: Refused) -> Response:
        account = (request.view_args or {}).get("account", "")[:40]
        kind = type(refusal).__name__
        log.warning("push_refused", account=account, kind=kind, reason=str(refusal))
        return _plain("", refusal.status)

    @webhook.errorhandler(NotKept)
    def not_kept(_: NotKept) -> Response:
        return _plain("", 503)

    return webhook


def _body() -> bytes:
    request.max_content_length = BODY_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as large:
        raise TooLarge("larger than any push") from large


def _check_sender(push: Push) -> None:
    named = request.args.get("openid")
    if named and named != push.message.openid:
        raise NotGenuine("openid of the query is not the sender")


def _words(push: Push, answered: Answered, form: Format) -> str:
    text = fit(answered.text or "")
    created_at = int(answered.received_at.timestamp())
    return text and form.write(push.message.openid, push.addressee, created_at, text)


def _plain(text: str, status: int = 200) -> Response:
    response = Response(text, status, mimetype="text/plain")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
