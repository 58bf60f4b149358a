"""The form of a new request, read field by field: what can not be used is said, not guessed."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from app.open311 import services
from app.open311.refusals import Unknown, Unusable
from config.categories import Category
from config.policy import load
from models.open311.public import POLICY
from models.roster import persons

KEYLESS = frozenset({"api_key", "jurisdiction_id"})  # say nothing of the matter
LINKS = ("http", "https")
KIND, HIDDEN, YES = "attribute[kind]", "attribute[hidden]", "yes"


@dataclass(frozen=True, slots=True)
class Given:
    """报送内容 — one request as its client filled it in."""

    service: Category | None  # None: by the words
    kind: str | None
    words: str
    area_id: int | None
    address: str
    name: str
    phone: str | None
    hides_reporter: bool
    link: str
    whole: str  # all of it, to know it again


def read(form: MultiDict[str, str], photos: Sequence[str] = ()) -> Given:
    """Raises Unusable, and Unknown for a service that there is not."""
    service = _service(form.get("service_code", "").strip())
    words = _short(form, "description", "characters")
    kind = _kind(service, form.get(KIND, "").strip())
    if not words:
        words = _named(service, kind)
    return Given(
        service=service,
        kind=kind,
        words=words,
        area_id=_number(form.get("address_id", "").strip()),
        address=_address(form),
        name=_name(form),
        phone=_phone(form.get("phone", "")),
        hides_reporter=form.get(HIDDEN) == YES,
        link=_link(_short(form, "media_url", "address")),
        whole=_whole(form, photos),
    )


def _service(code: str) -> Category | None:
    service = services.service(code)
    if code and service is None:
        raise Unknown("there is no service of this service_code")
    return service


def _kind(service: Category | None, key: str) -> str | None:
    if not key:
        return None
    if service is None or key not in {child.key for child in service.children}:
        raise Unusable("attribute[kind] is none of the values of this service")
    return key


def _named(service: Category | None, kind: str | None) -> str:
    """Without a description the service is all that is said."""
    if service is None:
        raise Unusable("a service_code, a description, or both are needed")
    return f"{service.label} {service.child(kind).label}" if kind else service.label


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unknown("there is no place of this address_id")
    return int(text)


def _address(form: MultiDict[str, str]) -> str:
    """In words; coordinates stand for whoever looks the place up."""
    text = _short(form, "address_string", "address")
    pair = [form.get(name, "").strip() for name in ("lat", "long")]
    if any(pair):
        point = _point(pair)
        return f"{text} {point}".strip()
    if not text and not form.get("address_id", "").strip():
        raise Unusable("a place is needed: lat and long, address_string, or address_id")
    return text


def _point(pair: Iterable[str]) -> str:
    try:
        lat, long = (float(one) for one in pair)
    except ValueError as wrong:
        raise Unusable("lat and long are two decimal numbers, sent together") from wrong
    if not (math.isfinite(lat) and abs(lat) <= 90 and math.isfinite(long) and abs(long) <= 180):
        raise Unusable("lat lies between -90 and 90, long between -180 and 180")
    return f"({lat:.6f}, {long:.6f})"


def _name(form: MultiDict[str, str]) -> str:
    """Family name first where it is written without letters, as people here are called."""
    first, last = (_short(form, name, "address") for name in ("first_name", "last_name"))
    name = f"{first} {last}".strip() if f"{first}{last}".isascii() else f"{last}{first}"
    try:
        return persons.fit_name(name) if name else ""
    except persons.PersonUnfit as wrong:
        raise Unusable(f"a name has {persons.LONGEST_NAME} characters at most") from wrong


def _phone(text: str) -> str | None:
    try:
        return persons.phone_of(text)
    except persons.PersonUnfit as wrong:
        raise Unusable("phone is no number that can be called here; leave it out") from wrong


def _link(text: str) -> str:
    """Kept for staff as it is; nothing here ever calls it."""
    try:
        parts = urlsplit(text)
        is_fit = parts.scheme in LINKS and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_fit = False
    if text and not (is_fit and text.isprintable() and " " not in text):
        raise Unusable("media_url is an address that begins with http:// or https://")
    return text


def _short(form: MultiDict[str, str], name: str, limit: str) -> str:
    most = load(POLICY)["most"][limit]
    text = form.get(name, "").strip()
    if len(text) > most:
        raise Unusable(f"{name} has {most} characters at most")
    return text


def _whole(form: MultiDict[str, str], photos: Sequence[str]) -> str:
    pairs = sorted(pair for pair in form.items(multi=True) if pair[0] not in KEYLESS)
    return repr([pairs, *photos] if photos else pairs)
