"""Files a request by the Open311 of another house, and asks how far it is. XML, as all speak it."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree

from jobs.channels.wire import Download, Unanswered, Wire
from models.open311.referrals import Away

CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Numbered:
    """对方的编号 — of a request there, or the token that leads to it."""

    number: str | None
    token: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """对方的进度 — whether it is closed there, and what was said of that."""

    is_closed: bool
    notes: str


def file(away: Away, form: Mapping[str, str]) -> Numbered:
    """Raises what the wire raises; Unanswered, too, where the answer has no number."""
    fields = dict(form) | {"api_key": away.api_key} | _jurisdiction(away)
    with closing(Wire(away.url)) as wire:
        found = _request(wire.send_form("/requests.xml", fields))
    numbered = Numbered(_text(found, "service_request_id"), _text(found, "token"))
    if numbered.number is None and numbered.token is None:
        raise Unanswered("neither number nor token")
    return numbered


def number_of(away: Away) -> str | None:
    """None while the token leads to nothing yet."""
    return _text(_asked(away, "tokens", away.token or ""), "service_request_id")


def standing(away: Away, number: str) -> Standing:
    found = _asked(away, "requests", number)
    is_closed = (_text(found, "status") or "").lower() == CLOSED
    return Standing(is_closed, _text(found, "status_notes") or "")


def _asked(away: Away, what: str, which: str) -> ElementTree.Element:
    path = f"/{what}/{quote(which, safe='')}.xml"
    with closing(Wire(away.url)) as wire:
        return _request(wire.download(path, _jurisdiction(away)))


def _jurisdiction(away: Away) -> dict[str, str]:
    return {"jurisdiction_id": away.jurisdiction} if away.jurisdiction else {}


def _request(answer: Download) -> ElementTree.Element:
    """No answer of the standard has a DTD, in which an XML bomb would come."""
    body = answer.content
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Unanswered("the answer has a DTD")
    try:
        found = ElementTree.fromstring(body).find("request")
    except ElementTree.ParseError as broken:
        raise Unanswered("the answer is no XML") from broken
    if found is None:
        raise Unanswered("the answer has no request")
    return found


def _text(element: ElementTree.Element, name: str) -> str | None:
    return (element.findtext(name) or "").strip() or None
