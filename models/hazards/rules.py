"""What counts as a hazard, and as what its finder counts: config/hazards.toml."""

from collections.abc import Collection, Iterable
from functools import cache

from config.categories import Intent, Urgency
from config.policy import load
from models.hazards.flow import Finder
from models.posts import Role

EVERY = ["*"]  # also the children that staff added


def belongs(category: str, subcategory: str | None, intent: Intent, urgency: Urgency) -> bool:
    """Whether a report stands in the ledger by what it says."""
    return (category, intent) in _by_intent() or (
        intent == Intent.REPORT
        and urgency != Urgency.EMERGENCY
        and is_hazardous(category, subcategory)
    )


def is_hazardous(category: str, subcategory: str | None) -> bool:
    """Whether the class alone makes a report a hazard."""
    is_whole = load("hazards")["ledger"]["classes"].get(category) == EVERY
    return is_whole or (category, subcategory) in by_class()


@cache
def by_class() -> Collection[tuple[str, str | None]]:
    from_table = load("hazards")["ledger"]["classes"]
    children = load("categories")
    return frozenset(
        (category, child)
        for category, named in from_table.items()
        for child in ([*children[category]["children"], None] if named == EVERY else named)
    )


@cache
def _by_intent() -> Collection[tuple[str, Intent]]:
    table = load("hazards")["ledger"]
    return frozenset(
        (category, Intent(intent))
        for category in load("categories")
        for intent in table["intents"]
        if category not in table["never"]
    )


def finder_by(roles: Iterable[str]) -> Finder:
    """As what somebody counts who holds these roles."""
    held = set(roles)
    table = load("hazards")["finders"]
    return next((Finder(kind) for kind in table if held & set(table[kind])), Finder.RESIDENT)


@cache
def readers() -> frozenset[Role]:
    return frozenset(map(Role, load("hazards")["roles"]["readers"]))


@cache
def keepers() -> frozenset[Role]:
    return frozenset(map(Role, load("hazards")["roles"]["keepers"]))
