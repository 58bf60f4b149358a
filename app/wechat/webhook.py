"""`/wechat/<account>`: the address that WeChat pushes to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

import structlog
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from app.bodies import STRANGERS
from app.logs import fault
from app.wechat.envelope import check_handshake, open_push, seal_json, seal_xml
from app.wechat.intake import Answered, Delivery, Intake, NotKept
from app.wechat.keys import AccountKeys
from app.wechat.parse import Push, read_push
from app.wechat.refusals import Malformed, NotGenuine, Refused, TooLarge, UnknownAccount
from app.wechat.replies import fit, text_json, text_xml
from app.wechat.tree import is_json
from models.tracing import REQUEST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BODY_BYTES = 64 * 1024
MOST_PARAMETERS = 20  # of an address; WeChat's have five
IN_TIME = timedelta(seconds=4.5)  # WeChat hangs up after five
SUCCESS = "success"
PATH = "/wechat"
REFUSAL = "linli.refusal"  # in the environment of a request: why it was turned away

Query = Mapping[str, str]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Format:
    """数据格式 — how an account chose to speak; it is answered in the same."""

    write: Callable[[str, str, int, str], str]
    seal: Callable[[AccountKeys, str, datetime], str]
    content_type: str


XML = Format(text_xml, seal_xml, "text/xml; charset=utf-8")
JSON = Format(text_json, seal_json, "application/json")


class Answer(NamedTuple):
    """应答报文 — what goes back over the line."""

    text: str
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


class Webhook:
    """公众号入口 — the door for every account that `accounts` knows: GET proves us, POST pushes.

    A WSGI application of its own, mounted at PATH: the busiest door of the house needs no
    session, no table of addresses and no context, which cost as much as the rest of it; nor
    objects for the request and the response, which cost half of what was left.
    """

    def __init__(self, accounts: Callable[[str], AccountKeys | None], intake: Intake) -> None:
        self._accounts = accounts
        self._intake = intake

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        account = environ.get("PATH_INFO", "").strip("/")
        try:
            answer = self._answer(environ, account)
        except Refused as refusal:
            environ[REFUSAL] = kind = type(refusal).__name__
            log.warning("push_refused", account=account[:40], kind=kind, reason=str(refusal))
            answer = Answer("", status=refusal.status)
        except NotKept:
            answer = Answer("", status=503)
        except HTTPException as broken:  # what werkzeug could not read of the request
            answer = Answer("", status=broken.code or 400)
        except Exception as failure:
            log.error("push_failed", account=account[:40], **fault(failure))
            log.debug("push_failed_because", exc_info=failure)
            answer = Answer("", status=500)
        return _send(answer, start_response)

    def _answer(self, environ: "WSGIEnvironment", account: str) -> Answer:
        keys = self._accounts(account)
        if keys is None:
            raise UnknownAccount("no such account")
        query = _query(environ)
        match environ["REQUEST_METHOD"]:
            case "POST":
                return self._receive(environ, query, account, keys)
            case "GET":
                return Answer(check_handshake(keys, query, self._intake.clock()))
        raise MethodNotAllowed(["GET", "POST"])

    def _receive(
        self, environ: "WSGIEnvironment", query: Query, account: str, keys: AccountKeys
    ) -> Answer:
        arrived = self._intake.clock()
        body = _body(environ, query, keys)
        push = read_push(account, open_push(keys, query, body, arrived))
        _check_sender(query, push)
        deadline = arrived + IN_TIME if keys.can_answer_with_words else arrived
        answered = self._intake.take(Delivery(push.message, arrived, deadline, REQUEST.get()))
        form = JSON if is_json(body) else XML
        reply = _words(push, answered, form)
        if not reply:
            return Answer(SUCCESS)
        if keys.is_encrypted:
            reply = form.seal(keys, reply, arrived)
        return Answer(reply, form.content_type)


def _query(environ: "WSGIEnvironment") -> Query:
    try:
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), max_num_fields=MOST_PARAMETERS)
    except ValueError as failure:
        raise Malformed("more parameters than any push has") from failure
    return dict(pairs)


def _body(environ: "WSGIEnvironment", query: Query, keys: AccountKeys) -> bytes:
    """Whose query is signed is waited for; whether the rest is genuine, the body tells."""
    signature = query.get("signature", "")
    if not keys.has_signed(signature, query.get("timestamp", ""), query.get("nonce", "")):
        STRANGERS.limit(environ)
    try:
        return get_input_stream(environ, max_content_length=BODY_BYTES).read()
    except RequestEntityTooLarge as large:
        raise TooLarge("larger than any push") from large


def _check_sender(query: Query, push: Push) -> None:
    named = query.get("openid")
    if named and named != push.message.openid:
        raise NotGenuine("openid of the query is not the sender")


def _words(push: Push, answered: Answered, form: Format) -> str:
    text = fit(answered.text or "")
    created_at = int(answered.received_at.timestamp())
    return text and form.write(push.message.openid, push.addressee, created_at, text)


def _send(answer: Answer, start_response: "StartResponse") -> Iterable[bytes]:
    content = answer.text.encode()
    status = HTTPStatus(answer.status)
    start_response(
        f"{answer.status} {status.phrase}",
        [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(content))),
            ("X-Content-Type-Options", "nosniff"),
        ],
    )
    return [content]
