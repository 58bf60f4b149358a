"""`/wechat/<account>`: the address that WeChat pushes to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from app.bodies import STRANGERS
from app.logs import fault
from app.wechat.envelope import check_handshake, open_push, seal_json, seal_xml
from app.wechat.intake import Answered, Delivery, Intake, NotKept
from app.wechat.keys import AccountKeys
from app.wechat.parse import Push, read_push
from app.wechat.refusals import NotGenuine, Refused, TooLarge, UnknownAccount
from app.wechat.replies import fit, text_json, text_xml
from app.wechat.tree import is_json
from models.tracing import REQUEST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BODY_BYTES = 64 * 1024
IN_TIME = timedelta(seconds=4.5)  # WeChat hangs up after five
SUCCESS = "success"
PATH = "/wechat"
REFUSAL = "linli.refusal"  # in the environment of a request: why it was turned away

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Format:
    """数据格式 — how an account chose to speak; it is answered in the same."""

    write: Callable[[str, str, int, str], str]
    seal: Callable[[AccountKeys, str, datetime], str]
    mimetype: str


XML = Format(text_xml, seal_xml, "text/xml")
JSON = Format(text_json, seal_json, "application/json")


class Webhook:
    """公众号入口 — the door for every account that `accounts` knows: GET proves us, POST pushes.

    A WSGI application of its own, mounted at PATH: the busiest door of the house needs no
    session, no table of addresses and no context, which cost as much as the rest of it.
    """

    def __init__(self, accounts: Callable[[str], AccountKeys | None], intake: Intake) -> None:
        self._accounts = accounts
        self._intake = intake

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        request = Request(environ)
        account = request.path.strip("/")
        try:
            response = self._answer(request, account)
        except Refused as refusal:
            environ[REFUSAL] = kind = type(refusal).__name__
            log.warning("push_refused", account=account[:40], kind=kind, reason=str(refusal))
            response = _plain("", refusal.status)
        except NotKept:
            response = _plain("", 503)
        except HTTPException as broken:  # what werkzeug could not read of the request
            response = _plain("", broken.code or 400)
        except Exception as failure:
            log.error("push_failed", account=account[:40], **fault(failure))
            log.debug("push_failed_because", exc_info=failure)
            response = _plain("", 500)
        return response(environ, start_response)

    def _answer(self, request: Request, account: str) -> Response:
        keys = self._accounts(account)
        if keys is None:
            raise UnknownAccount("no such account")
        if request.method == "POST":
            return self._receive(request, account, keys)
        if request.method == "GET":
            return _plain(check_handshake(keys, request.args, self._intake.clock()))
        raise MethodNotAllowed(["GET", "POST"])

    def _receive(self, request: Request, account: str, keys: AccountKeys) -> Response:
        arrived = self._intake.clock()
        body = _body(request, keys)
        push = read_push(account, open_push(keys, request.args, body, arrived))
        _check_sender(request, push)
        deadline = arrived + IN_TIME if keys.can_answer_with_words else arrived
        answered = self._intake.take(Delivery(push.message, arrived, deadline, REQUEST.get()))
        form = JSON if is_json(body) else XML
        reply = _words(push, answered, form)
        if not reply:
            return _plain(SUCCESS)
        if keys.is_encrypted:
            reply = form.seal(keys, reply, arrived)
        return Response(reply, mimetype=form.mimetype)


def _body(request: Request, keys: AccountKeys) -> bytes:
    """Whose query is signed is waited for; whether the rest is genuine, the body tells."""
    query = request.args
    signature = query.get("signature", "")
    if not keys.has_signed(signature, query.get("timestamp", ""), query.get("nonce", "")):
        STRANGERS.limit(request.environ)
    request.max_content_length = BODY_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as large:
        raise TooLarge("larger than any push") from large


def _check_sender(request: Request, push: Push) -> None:
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
