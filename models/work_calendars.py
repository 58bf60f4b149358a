"""Whose working time counts where: the shipped calendar, changed by areas, the nearest last."""

import json
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from config.policy import load
from models import policies, sla, tasks
from models.errors import DomainError
from models.policies import Layers, Policy
from models.reference import looked_up
from models.sla import Rows, ServiceTerms

POLICY = "calendar"
LIMITS = "sla"  # the policy of how long a matter may take, of the house and of areas
RECOMPUTE = "recompute_deadlines"  # the kind of task
# A report that was under way when the calendar changed has been kept by then, or has failed.
UNDER_WAY = timedelta(seconds=10)


class CalendarNotFit(DomainError):
    """Office hours or days that contradict themselves; the text says which."""


def terms_at(session: Session, area_id: int | None) -> ServiceTerms:
    """What deadlines of this place are counted in; as shipped where no area is known."""
    if area_id is None:
        return sla.shipped()
    return looked_up(session, ("terms", area_id), partial(_terms, session, area_id))


def own(session: Session, area_id: int) -> dict[str, Any]:
    """What this very area changes; nothing while it keeps what is around it."""
    last = policies.current(session, POLICY, area_id)
    return deepcopy(last.body) if last else {}


def keep_hours(
    session: Session,
    area_id: int,
    spans: Sequence[str],
    *,
    by: int | None,
    at: datetime,
    reason: str | None = None,
) -> Policy:
    """Office hours (08:30-12:00) of this area; none: those around it count again."""
    body = own(session, area_id)
    body.setdefault("office_hours", {})["spans"] = list(spans)
    return _publish(session, area_id, body, by=by, at=at, reason=reason)


def keep_season(
    session: Session,
    area_id: int,
    first: str,
    last: str,
    spans: Sequence[str],
    *,
    by: int | None,
    at: datetime,
    reason: str | None = None,
) -> Policy:
    """作息季: other office hours here from one day of every year to another (06-01, 09-30).

    None: the hours of the rest of the year count in those days again.
    """
    body = own(session, area_id)
    hours = body.setdefault("office_hours", {})
    others = [one for one in hours.get("seasons", ()) if (one["from"], one["to"]) != (first, last)]
    season = {"from": first, "to": last, "spans": list(spans)}
    hours["seasons"] = [*others, *([season] if spans else [])]
    return _publish(session, area_id, body, by=by, at=at, reason=reason)


def mark_days(
    session: Session,
    area_id: int,
    *,
    rest: Iterable[date] = (),
    work: Iterable[date] = (),
    forget: Iterable[date] = (),
    by: int | None,
    at: datetime,
    reason: str | None = None,
) -> Policy:
    """Single days off or at work here, whatever is said of them around it; or no more."""
    lists = {"rest": _texts(rest), "work": _texts(work)}
    unmarked = {*lists["rest"], *lists["work"], *_texts(forget)}
    body = own(session, area_id)
    holidays = body.setdefault("holidays", {})
    for kind, days in lists.items():
        kept = (day for day in holidays.get(kind, ()) if day not in unmarked)
        holidays[kind] = sorted({*kept, *days})
    return _publish(session, area_id, body, by=by, at=at, reason=reason)


def list_year(
    session: Session,
    area_id: int,
    year: int,
    rest: Iterable[date],
    work: Iterable[date],
    *,
    by: int | None,
    at: datetime,
    reason: str | None = None,
) -> Policy:
    """The State Council's whole list of a year; from then on it is known and nothing is guessed."""
    lists = {"rest": _texts(rest), "work": _texts(work)}
    if not lists["rest"]:
        raise CalendarNotFit(f"the list of {year} names no day off")
    body = own(session, area_id)
    body.setdefault("holidays", {}).setdefault("years", {})[str(year)] = lists
    return _publish(session, area_id, body, by=by, at=at, reason=reason)


def revert(session: Session, area_id: int, version: int, *, by: int | None, at: datetime) -> Policy:
    """What a former version said, as a new version."""
    body = policies.body_of(session, POLICY, version, area_id)
    return _publish(session, area_id, body, by=by, at=at, reverted_from=version)


def _publish(
    session: Session,
    area_id: int,
    body: dict[str, Any],
    *,
    by: int | None,
    at: datetime,
    reason: str | None = None,
    reverted_from: int | None = None,
) -> Policy:
    """Refused where no calendar comes of it; otherwise open deadlines follow."""
    last = policies.current(session, POLICY, area_id)
    body = fit(session, area_id, body)
    made = policies.publish(
        session,
        POLICY,
        body,
        after=last.version if last else policies.AS_SHIPPED,
        by=by,
        at=at,
        reason=reason,
        reverted_from=reverted_from,
        area_id=area_id,
    )
    ask_recomputing(session, area_id, made.revision, at + UNDER_WAY)
    return made


def fit(session: Session, area_id: int, body: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing. Raises CalendarNotFit."""
    bare: dict[str, Any] = _without_nothing(body)
    try:
        sla.changed((*_changes(session, area_id, skip=area_id), json.dumps(bare)))
    except ValueError as problem:
        raise CalendarNotFit(str(problem)) from problem
    return bare


def ask_recomputing(
    session: Session, area_id: int, revision: int, due_at: datetime, after: int = 0
) -> None:
    """Has the deadlines of open tickets there computed anew, those numbered after `after`."""
    payload = {"area_id": area_id, "revision": revision, "after": after}
    tasks.ask(session, RECOMPUTE, payload, due_at, f"{RECOMPUTE}:{revision}:{after}", due_at)


def terms_if(session: Session, area_id: int, where: int | None, rows: Rows) -> ServiceTerms:
    """The terms of a place if the house (None) or an area had these limits. Raises ValueError."""
    return all_terms_if(session, [area_id], LIMITS, where, {"terms": rows})[area_id]


def all_terms_if(
    session: Session,
    area_ids: Collection[int],
    name: str,
    where: int | None,
    body: dict[str, Any],
) -> dict[int, ServiceTerms]:
    """The terms of places if the house (None) or an area said this of its calendar or limits."""
    calendars, limits = (policies.layers_of(session, area_ids, one) for one in (POLICY, LIMITS))
    for layers in (calendars if name == POLICY else limits).values():
        if where in layers:
            layers[where] = body
    return {
        one: sla.changed(tuple(_said(calendars[one])), _limits(limits[one])) for one in area_ids
    }


def rows_around(session: Session, area_id: int) -> Rows:
    """The limits that count in this area as long as it says nothing itself."""
    layers = policies.layers(session, area_id, LIMITS)
    around = [body.get("terms", {}) for where, body in layers.items() if where != area_id]
    return sla.overlaid(load("sla")["terms"], around)


def _terms(session: Session, area_id: int) -> ServiceTerms:
    inner = tuple(_changes(session, area_id))
    try:
        return sla.changed(inner, _limits(policies.layers(session, area_id, LIMITS)))
    except ValueError:
        # Files that came later contradict what staff wrote; no report may founder on that.
        return sla.changed(inner)


def _limits(layers: Layers) -> tuple[str, ...]:
    said = (body.get("terms") for body in layers.values())
    return tuple(json.dumps(one, sort_keys=True) for one in said if one)


def _changes(session: Session, area_id: int, skip: int | None = None) -> list[str]:
    """What the areas around this one and itself say of the calendar, the outermost first."""
    layers = policies.layers(session, area_id, POLICY)
    return _said({where: body for where, body in layers.items() if where != skip})


def _said(layers: Layers) -> list[str]:
    return [json.dumps(body, sort_keys=True) for body in layers.values() if body]


def _texts(days: Iterable[date]) -> list[str]:
    return sorted({day.isoformat() for day in days})


def _without_nothing(body: Any) -> Any:
    """So that what was taken back leaves no trace of its own and says the same as before."""
    if not isinstance(body, dict):
        return body
    bare = {key: _without_nothing(value) for key, value in body.items()}
    return {key: value for key, value in bare.items() if isinstance(value, Collection) and value}
