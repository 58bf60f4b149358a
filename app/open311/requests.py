"""What a client asks of the requests, and each request as the standard has it."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from app.open311.refusals import Unusable
from bots.rendering import label
from config.categories import label_of
from config.policy import load
from models.localtime import local
from models.masking import hiding
from models.open311 import lists
from models.open311.lists import Asked, Place
from models.open311.public import POLICY, PublicRequest

STATUS = {"open": True, "closed": False}
LARGEST_ID = 2**31 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_PLACE = re.compile(r"([0-9]{1,16})-([0-9]{1,10})")


def asked(given: Mapping[str, str], now: datetime) -> Asked:
    """Raises Unusable. Numbers of requests stand above all else, as the standard has it."""
    most = load(POLICY)["most"]
    if given.get("service_request_id"):
        return Asked(ids=numbers(given["service_request_id"])[: most["rows"]], rows=most["rows"])
    since, until = _span(given, now, timedelta(days=most["days"]))
    rows = _count(given, "page_size", most["rows"], most["rows"])
    return Asked(
        classes=tuple(_parts(given.get("service_code", ""))),
        since=since,
        until=until,
        is_open=_is_open(given.get("status", "")),
        after=_place(given.get("after", "")),
        page=_count(given, "page", 1, max(1, most["rows_by_page"] // rows)),
        rows=rows,
    )


def further(
    given: Mapping[str, str], asked: Asked, found: Sequence[PublicRequest]
) -> dict[str, str]:
    """Where the same list goes on, however long it is: the standard's `page` does so far only."""
    if asked.ids or len(found) < asked.rows:
        return {}
    at, number = lists.place_of(found[-1])
    rest = {name: value for name, value in given.items() if name not in ("page", "after")}
    # Without an end that stands still, the beginning would move on with the clock.
    rest |= {"start_date": asked.since.isoformat()} if asked.since else {}
    query = urlencode(rest | {"after": f"{(at - EPOCH) // MICROSECOND}-{number}"})
    return {"Link": f'<?{query}>; rel="next"'}


def numbers(text: str) -> tuple[int, ...]:
    """What is no number of ours is the number of nothing."""
    plain = (one for one in _parts(text) if one.isascii() and one.isdigit() and len(one) < 10)
    return tuple(dict.fromkeys(int(one) for one in plain)) or (0,)


def shown(one: PublicRequest) -> dict[str, Any]:
    """Who takes a matter back takes its words and its place along."""
    hide = hiding(one.names)
    ticket = one.ticket
    address = () if one.is_taken_back else (hide(ticket.spot or ""), *one.address)
    return {
        "service_request_id": str(ticket.id),
        "status": "open" if one.is_open else "closed",
        "status_notes": _notes(one, hide(one.standing.result or "")),
        "service_name": label_of(ticket.category, ticket.subcategory),
        "service_code": ticket.category,
        "description": "" if one.is_taken_back else hide(ticket.text or ""),
        "agency_responsible": _responsible(one),
        "service_notice": None,
        "requested_datetime": moment(one.requested_at),
        "updated_datetime": moment(one.updated_at),
        "expected_datetime": moment(one.standing.resolve_due_at),
        "address": " ".join(filter(None, address)),
        "address_id": None if one.is_taken_back else str(one.address_id),
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }


def moment(at: datetime) -> str:
    return local(at).isoformat(timespec="seconds")


def _notes(one: PublicRequest, result: str) -> str:
    if one.is_open:
        return label(one.standing.state, "state")
    return ": ".join(filter(None, (label(one.standing.outcome, "outcome"), result)))


def _responsible(one: PublicRequest) -> str | None:
    if one.department:
        return label(one.department, "department")
    return label(one.responsible, "role") or None


def _span(
    given: Mapping[str, str], now: datetime, longest: timedelta
) -> tuple[datetime, datetime | None]:
    since, until = _moment(given, "start_date"), _moment(given, "end_date")
    if since is None:
        return (until or now) - longest, until
    if until is None:
        return since, since + longest
    if until - since > longest:
        raise Unusable(f"start_date and end_date may be {longest.days} days apart at most")
    return since, until


def _place(text: str) -> Place | None:
    if not text:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise Unusable("after is taken as it stands in the Link of the list before")
    return EPOCH + int(found[1]) * MICROSECOND, int(found[2])


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    """With its offset, whose plus many clients send as it is, so that it comes as a blank."""
    text = given.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Unusable(f"{name} is no date and time such as 2026-01-31T08:00:00Z") from wrong
    if found.tzinfo is None:
        raise Unusable(f"{name} needs its offset from UTC, such as 2026-01-31T08:00:00Z")
    if not 2000 <= found.year < 2100:
        raise Unusable(f"{name} lies outside of the years of this house")
    return found.astimezone(UTC)


def _is_open(text: str) -> bool | None:
    wanted = {one.lower() for one in _parts(text)}
    if not wanted <= STATUS.keys():
        raise Unusable("status is open, closed, or both with a comma between")
    return STATUS[wanted.pop()] if len(wanted) == 1 else None


def _count(given: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 0 < int(text) <= most):
        raise Unusable(f"{name} is a number from 1 to {most}")
    return int(text)


def _parts(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
