"""接诉即办三率 and the other shares, each as one exact fraction of the counts."""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from config.policy import load
from models.metrics.tally import Count, Counts

Rate = Callable[[Counts], Fraction | None]


class Share(NamedTuple):
    """占比 — what of what; the page shows both numbers, and the list behind each."""

    part: tuple[Count, ...]
    whole: tuple[Count, ...]


SHARES = {
    "response": Share((Count.ANSWERED,), (Count.ANSWERED, Count.ANSWER_MISSED)),
    "resolution": Share(
        (Count.FIXED,), (Count.FIXED, Count.DISPUTED, Count.CANNOT_FIX, Count.OVERDUE)
    ),
    "satisfaction": Share((Count.SATISFIED,), (Count.RATINGS,)),
    "on_time": Share(
        (Count.RESOLVED_IN_TIME,), (Count.RESOLVED_IN_TIME, Count.RESOLVED_LATE, Count.OVERDUE)
    ),
}


def response_rate(counts: Counts) -> Fraction | None:
    """响应率 — accepted in time ÷ all whose answer was owed.

    Numerator: tickets that one of those asked accepted within the time to accept (config/sla.toml).
    Denominator: those, and the ones accepted late or not at all although that time has passed.
    Left out: whose time still runs, and what was withdrawn or merged before it had passed.
    Source: swift response, Beijing (《北京市接诉即办工作条例》, 2021), which assesses by the
    rates of response, resolution and satisfaction.
    """
    return _share(counts, "response")


def resolution_rate(counts: Counts) -> Fraction | None:
    """解决率 — truly fixed ÷ all that were ours to fix and whose time is over.

    Numerator: ended as fixed, and the reporter has not said since that it is not.
    Denominator: those, the disputed, what can not be fixed, and what runs past its deadline.
    Left out, and shown beside it: not ours, duplicate, withdrawn, and what runs in time. The
    resident's word stands above the handler's, as in Beijing, where those who called are asked.
    Who joined has no vote in it: their "not solved" has the matter taken up again instead.
    """
    return _share(counts, "resolution")


def satisfaction_rate(counts: Counts) -> Fraction | None:
    """满意率 — three stars or more ÷ all ratings.

    One rating a person and ticket, the last one: the reporter's, and that of each neighbour who
    joined, since twelve households are twelve voices. Whoever leaves a ticket later has said it
    all the same. Not rated counts as nothing, never as content.
    Source: the five degrees of the State Council's 政务服务"好差评" (国办发〔2019〕51号), of
    which the lower two are bad reviews.
    """
    return _share(counts, "satisfaction")


def satisfaction_shown(counts: Counts) -> Fraction | None:
    """满意率 as others may read it: a few answers tell of those who gave them."""
    is_enough = counts[Count.RATINGS] >= load("metrics")["fewest_ratings"]
    return satisfaction_rate(counts) if is_enough else None


def on_time_rate(counts: Counts) -> Fraction | None:
    """按时办结率 — ended by the handlers before the deadline ÷ those, the late and the overdue."""
    return _share(counts, "on_time")


def complaints_per_10k_households(counts: Counts, households: Fraction) -> Fraction | None:
    """万户比 — complaints and hazards reported, without those withdrawn, for 10,000 households.

    A duplicate counts: another household complained too. None where no household is registered.
    """
    return counts[Count.COMPLAINTS] * 10_000 / households if households else None


RATES: dict[str, Rate] = {
    "response": response_rate,
    "resolution": resolution_rate,
    "satisfaction": satisfaction_rate,
    "on_time": on_time_rate,
}
SHOWN: dict[str, Rate] = {**RATES, "satisfaction": satisfaction_shown}


def _share(counts: Counts, name: str) -> Fraction | None:
    share = SHARES[name]
    total = sum(counts[one] for one in share.whole)
    return Fraction(sum(counts[one] for one in share.part), total) if total else None
