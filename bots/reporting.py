"""What was understood becomes a report: the class while it is unsure, whom it is about."""

from dataclasses import replace
from typing import Any

from bots.accusation import accused
from bots.locations import Location
from bots.things import class_of_things
from bots.understand import Understanding
from config.categories import LAST_RESORT, Intent, Urgency
from config.policy import load
from models.tickets.opening import Report

NOT_OURS = "not_estate"
LAST_CLASS = "other_estate"
FOR_COMMUNITY = frozenset({Intent.SUGGESTION, Intent.PRAISE, Intent.WISH, Intent.ERRAND})
TALK = {Intent.CHITCHAT: "chitchat", Intent.ABUSE: "abuse"}


def is_sure(meant: Understanding) -> bool:
    """Words without any evidence are unknown, whatever class came out likeliest."""
    unsure = load("intake")["confidence"]["ask_below"]
    return bool(meant.evidence) and meant.confidence >= unsure


def provisional(meant: Understanding, things: frozenset[str]) -> Understanding:
    """While the class is unsure, that of what the words name, else some matter of the estate."""
    if meant.intent in TALK or meant.emergency or is_sure(meant):
        return meant
    category = class_of_things(things)
    if category == meant.category or (category is None and meant.evidence):
        return meant
    confidence = meant.confidence if meant.evidence else 0.0
    category = category or LAST_CLASS
    return replace(meant, category=category, subcategory=LAST_RESORT, confidence=confidence)


def as_matter(meant: Understanding, text: str) -> Understanding:
    """A defect told as a question is reported; ideas of no sure class are the community's."""
    if meant.intent == Intent.ENQUIRY and _tells_defect(text, meant):
        meant = replace(meant, intent=Intent.REPORT)
    if meant.intent in FOR_COMMUNITY and not is_sure(meant):
        meant = replace(meant, category=LAST_CLASS, subcategory=LAST_RESORT)
    return meant


def _tells_defect(text: str, meant: Understanding) -> bool:
    """ "楼道灯坏了归谁管": the answer is who repairs it, and that they are told to."""
    words = load("intake")["defects"]
    is_ours = meant.category != NOT_OURS and is_sure(meant)
    is_real = not any(word in text for word in words["imagined"])
    return is_ours and is_real and any(word in text for word in words["told"])


def report_of(
    meant: Understanding,
    location: Location,
    *,
    account: str,
    reporter_id: int,
    said: str,
    text: str,
    things: frozenset[str],
    is_anonymous: bool = False,
) -> Report:
    """`said` is in the reporter's own spelling, `text` in the one that was understood."""
    about = accused(text, meant)
    return Report(
        account=account,
        reporter_id=reporter_id,
        text=said,
        about=about,
        hides_reporter=is_anonymous or about is not None,
        area_id=location.area_id,
        community_id=location.community_id,
        place_name=location.name,
        spot=location.spot,
        things=things,
        is_class_known=is_sure(meant) or _needs_no_class(meant),
        **class_of(meant),
    )


def class_of(meant: Understanding) -> dict[str, Any]:
    """What a report keeps of how it was understood."""
    return {
        "category": meant.category,
        "subcategory": meant.subcategory,
        "urgency": meant.urgency,
        "intent": meant.intent,
        "emergency": meant.emergency,
        "confidence": meant.confidence,
        "evidence": [(one.word, one.weight) for one in meant.evidence],
    }


def _needs_no_class(meant: Understanding) -> bool:
    """Danger is met whatever its class; ideas, thanks and wishes go to the community in any."""
    return meant.urgency == Urgency.EMERGENCY or meant.intent in FOR_COMMUNITY
