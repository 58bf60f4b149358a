"""What somebody asks of the figures by the address of the page: where, when, by what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.console.desk import Desk
from models.errors import NotAllowed, NotFound
from models.localtime import local
from models.metrics import sight
from models.metrics.cuts import SPANS, Axis
from models.metrics.figures import Scope
from models.metrics.lists import Behind
from models.metrics.periods import Period, Span, holding
from models.metrics.tally import Count
from models.places import Area, full_name

SPANS_OFFERED = {"month": Span.MONTH, "quarter": Span.QUARTER, "year": Span.YEAR}
LAST_MONTH = "last_month"
USUAL = "month"


@dataclass(frozen=True, slots=True)
class Asked:
    """所问 — the scope, what it is told apart by, and how to ask the same again."""

    mine: Sequence[Area]
    area: Area
    name: str  # with its estate
    scope: Scope
    axis: Axis | None
    when: Mapping[str, str]
    is_unclear: bool  # the days could not be read; shown is the usual period

    @property
    def address(self) -> dict[str, str]:
        return {"area": str(self.area.id), **self.when}

    def within(self, span: Period) -> dict[str, str]:
        """The same area, and what the span has in common with the period."""
        period = self.scope.period
        first, last = max(span.first, period.first), min(span.last, period.last)
        return {"area": str(self.area.id), "from": first.isoformat(), "to": last.isoformat()}


def asked_of(session: Session, desk: Desk, given: Mapping[str, str]) -> Asked:
    """Raises NotFound for an area that the reader does not supervise, as for one there is not."""
    mine = sight.supervised(session, desk.staff.person_id, desk.now)
    if not mine:
        raise NotAllowed
    area = mine[0]
    if "area" in given:
        area = sight.area_seen(session, mine, _number(given["area"]))
    when, period = _period(given, local(desk.now).date())
    hidden = sight.hidden(session, desk.staff.person_id, area.id, desk.now)
    by = given.get("by", "")
    return Asked(
        mine,
        area,
        full_name(session, area.id),
        Scope(area.id, period or holding(local(desk.now).date(), Span.MONTH), desk.now, hidden),
        Axis(by) if by in list(Axis) else None,
        when if period else {"period": USUAL},
        period is None,
    )


def behind_of(given: Mapping[str, str]) -> Behind:
    """Raises NotFound for a number that no page shows."""
    by, names = given.get("by", ""), dict.fromkeys(given.get("what", "").split(","))
    if not names.keys() <= LISTED or (by and by not in LISTED_AXES):
        raise NotFound("no page shows such a number")
    counts = tuple(Count(one) for one in names)
    return Behind(counts, Axis(by) if by else None, given.get("part", ""))


# Who was content is nobody's business: the list of answers does not say who gave which.
LISTED = {str(one) for one in Count if one != Count.SATISFIED}
LISTED_AXES = {str(one) for one in Axis if one not in SPANS}


def _period(given: Mapping[str, str], today: date) -> tuple[dict[str, str], Period | None]:
    """How it was asked for, and the days; None where they can not be read."""
    if "from" in given or "to" in given:
        when = {name: given.get(name, "") for name in ("from", "to")}
        try:
            first, last = (date.fromisoformat(one) for one in when.values())
            return when, Period(first, last)
        except ValueError:
            return when, None
    name = given.get("period", USUAL)
    if name == LAST_MONTH:
        return {"period": name}, holding(today, Span.MONTH).before()
    span = SPANS_OFFERED.get(name)
    return {"period": name}, holding(today, span) if span else None


def _number(said: str) -> int:
    # One that no area has, rather than another answer for what is no number at all.
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
