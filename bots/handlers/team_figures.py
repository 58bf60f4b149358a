"""The figures of the areas somebody supervises: of their teams, never of one person."""

from typing import Any

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from config.policy import load
from models.localtime import local
from models.metrics import sight
from models.metrics.cuts import ELSEWHERE, OTHERS, Axis
from models.metrics.figures import Scope
from models.metrics.periods import Span, holding
from models.metrics.sheet import Row, sheet
from models.metrics.tally import Count
from models.places import Area

MOST_AREAS = 3  # a reply is short; the console shows all


@registry.command("team_figures")
def team_figures_command(chat: Chat, command: Command) -> Reply:
    areas = sight.supervised(chat.session, chat.person_id, chat.now)
    if not areas:
        return chat.say("team_figures_none")
    return chat.say(
        "team_figures",
        today=chat.now,
        fewest=load("metrics")["fewest_ratings"],
        areas=[_told(chat, one) for one in areas[:MOST_AREAS]],
        is_more=len(areas) > MOST_AREAS,
    )


def _told(chat: Chat, area: Area) -> dict[str, Any]:
    """This month, and of last month what it is compared with."""
    hidden = sight.hidden(chat.session, chat.person_id, area.id, chat.now)
    month = holding(local(chat.now).date(), Span.MONTH)
    found = sheet(chat.session, Scope(area.id, month, chat.now, hidden), Axis.TEAM)
    teams = [
        {"role": key.partition(":")[0], "department": key.partition(":")[2], **_numbers(row)}
        for key, row in found.rows.items()
        if key not in (OTHERS, ELSEWHERE)
    ]
    rates, before = found.whole.rates(), found.whole.rates_before()
    return {
        "name": area.name,
        **_numbers(found.whole),
        "rates": [
            {"name": one, "now": _percent(rates[one]), "before": _percent(before[one])}
            for one in rates
        ],
        "teams": teams,
    }


def _numbers(row: Row) -> dict[str, int]:
    shown = (Count.OPENED, Count.RUNNING, Count.OVERDUE, Count.RATINGS)
    return {str(one): row.counts[one] for one in shown}


def _percent(share: Any) -> float | None:
    return None if share is None else round(float(share) * 100, 1)
