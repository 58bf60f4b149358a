"""`/wechat/<account>`: the address that WeChat pushes to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl

import structlog
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.logs import fault
from app.wechat.envelope import check_handshake, open_push, seal_json, seal_xml
from app.wechat.intake import Answered, Delivery, Intake, NotKept
from app.wechat.keys import AccountKeys
from app.wechat.parse import Push, read_push
from app.wechat.refusals import Malformed, NotGenuine, Refused, UnknownAccount
from app.wechat.replies import fit, text_json, text_xml
from app.wechat.tree import is_json
from models.tracing import REQUEST, TICKET

BODY_BYTES = 64 * 1024
MOST_PARAMETERS = 20  # of an address; WeChat's have five
IN_TIME = timedelta(seconds=4.5)  # WeChat hangs up after five
SUCCESS = "success"
PATH = "/wechat"

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


class Call(NamedTuple):
    """来访 — what came over the line, with its number in the log; its body is yet to be read."""

    method: str
    account: str
    query: str
    request: str
    read: Callable[[bool], Awaitable[bytes]]  # whether the query is signed; raises TooLarge


class Answer(NamedTuple):
    """应答报文 — what goes back over the line; `refusal`: why the call was turned away."""

    text: str
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
    refusal: str = ""

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", self.content_type), ("X-Content-Type-Options", "nosniff")]


Respond = Callable[[Call], Awaitable[Answer]]


class Webhook:
    """公众号入口 — the door for every account that `accounts` knows: GET proves us, POST pushes.

    It stands apart from the site: the busiest door of the house needs no session, no table of
    addresses and no context, which cost as much as the rest of it; nor objects for the request
    and the response, which cost half of what was left; nor a thread for each push, which costs
    a fifth of what is left now.
    """

    def __init__(self, accounts: Callable[[str], AccountKeys | None], intake: Intake) -> None:
        self._accounts = accounts
        self._intake = intake

    async def answer(self, call: Call) -> Answer:
        """Whatever happens: errors are mapped here."""
        try:
            return await self._answer(call)
        except Exception as failure:
            REQUEST.set(call.request)  # others may have come by meanwhile
            return _fault(failure, call.account[:40])

    async def _answer(self, call: Call) -> Answer:
        REQUEST.set(call.request)
        TICKET.set(0)
        keys = self._accounts(call.account)
        if keys is None:
            raise UnknownAccount("no such account")
        query = _query(call.query)
        match call.method:
            case "POST":
                return await self._receive(call, query, keys)
            case "GET":
                return Answer(check_handshake(keys, query, self._intake.clock()))
        raise MethodNotAllowed(["GET", "POST"])

    async def _receive(self, call: Call, query: Query, keys: AccountKeys) -> Answer:
        arrived = self._intake.clock()
        signature = query.get("signature", "")
        # Whose query is signed is waited for; whether the rest is genuine, the body tells.
        is_signed = keys.has_signed(signature, query.get("timestamp", ""), query.get("nonce", ""))
        body = await call.read(is_signed)
        REQUEST.set(call.request)  # others have come by meanwhile
        push = read_push(call.account, open_push(keys, query, body, arrived))
        _check_sender(query, push)
        deadline = arrived + IN_TIME if keys.can_answer_with_words else arrived
        delivery = Delivery(push.message, arrived, deadline, call.request)
        answered = await self._intake.take(delivery)
        form = JSON if is_json(body) else XML
        reply = _words(push, answered, form)
        if not reply:
            return Answer(SUCCESS)
        if keys.is_encrypted:
            reply = form.seal(keys, reply, arrived)
        return Answer(reply, form.content_type)


def _fault(failure: Exception, account: str) -> Answer:
    match failure:
        case Refused() as refusal:
            kind = type(refusal).__name__
            log.warning("push_refused", account=account, kind=kind, reason=str(refusal))
            return Answer("", status=refusal.status, refusal=kind)
        case NotKept():
            return Answer("", status=503)
        case HTTPException(code=code):  # what could not be read of the request
            return Answer("", status=code or 400)
    log.error("push_failed", account=account, **fault(failure))
    log.debug("push_failed_because", exc_info=failure)
    return Answer("", status=500)


def _query(said: str) -> Query:
    try:
        pairs = parse_qsl(said, max_num_fields=MOST_PARAMETERS)
    except ValueError as failure:
        raise Malformed("more parameters than any push has") from failure
    return dict(pairs)


def _check_sender(query: Query, push: Push) -> None:
    named = query.get("openid")
    if named and named != push.message.openid:
        raise NotGenuine("openid of the query is not the sender")


def _words(push: Push, answered: Answered, form: Format) -> str:
    text = fit(answered.text or "")
    created_at = int(answered.received_at.timestamp())
    return text and form.write(push.message.openid, push.addressee, created_at, text)
