"""What the public pages of plans share: masked words without names, and dated steps."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from models.masking import Hide
from models.milestones import Dated, MilestoneState


def steps(milestones: Sequence[Dated], hide: Hide, today: date) -> dict[str, Any]:
    """The steps of a plan, and how many of them are behind."""
    return {
        "steps": [_step(one, hide, today) for one in milestones],
        "reached": sum(one.state == MilestoneState.REACHED for one in milestones),
    }


def following(waiting: Sequence[Dated], hide: Hide) -> dict[str, Any]:
    """What comes next, as a list tells it."""
    first = next(iter(waiting), None)
    return {
        "next": first.due_on if first else None,
        "next_title": hide(first.title) if first else "",
    }


def _step(milestone: Dated, hide: Hide, today: date) -> dict[str, Any]:
    return {
        "title": hide(milestone.title),
        "due": milestone.due_on,
        "first_due": milestone.first_due_on,
        "reason": hide(milestone.reason or ""),
        "reached_at": milestone.reached_at,
        "is_late": milestone.due_on < today and milestone.reached_at is None,
    }
