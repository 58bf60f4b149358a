"""Understands a message: class, urgency, intent, place, and the words that decided."""

from collections.abc import Mapping
from dataclasses import dataclass

from bots.classifier import (
    Reading,
    child_scores,
    class_scores,
    contributions,
    probabilities,
    read,
    urgent_score,
)
from bots.cues import emergency_kind, intent_of
from bots.lexicon import CLASSES, Lexicon
from bots.places_in_text import PlaceMention, find_place
from config.categories import LAST_RESORT, Intent, Urgency

URGENT_FROM = 4.0

CHOICES = 4

SHOWN_WORDS = 12

LEAST_SHOWN = 0.2  # less decides nothing, and a reader would wonder at it


@dataclass(frozen=True, slots=True)
class Evidence:
    """依据 — a word that was said and what it weighed."""

    word: str
    weight: float


@dataclass(frozen=True)
class Understanding:
    """理解 — what a message is about, how fast, what is wanted, where, and why we think so."""

    category: str
    subcategory: str
    urgency: Urgency
    intent: Intent
    confidence: float
    evidence: tuple[Evidence, ...]
    place: PlaceMention | None
    alternatives: tuple[tuple[str, float], ...]
    emergency: str | None = None


def understand(text: str, lexicon: Lexicon, title: str | None = None) -> Understanding:
    """Pure: the same text, title and lexicon give the same understanding."""
    return meaning(read(text, lexicon, title), lexicon)


def meaning(reading: Reading, lexicon: Lexicon) -> Understanding:
    """What a text means that was read already."""
    likely = probabilities(class_scores(reading, lexicon), lexicon.weights.temperature)
    order = sorted(range(len(CLASSES)), key=likely.__getitem__, reverse=True)
    best = order[0]
    category = CLASSES[best]
    emergency = emergency_kind(reading)
    return Understanding(
        category=category,
        subcategory=_child(reading, category),
        urgency=_urgency(reading, emergency),
        intent=intent_of(reading),
        confidence=round(likely[best], 4),
        evidence=_evidence(contributions(reading, lexicon, best)),
        place=_place(reading),
        alternatives=tuple(
            [(CLASSES[index], round(likely[index], 4)) for index in order[:CHOICES]]
        ),
        emergency=emergency,
    )


def _evidence(spoke: Mapping[str, float]) -> tuple[Evidence, ...]:
    """The words that decided, strongest first."""
    strongest = sorted([(-weight, word) for word, weight in spoke.items() if weight >= LEAST_SHOWN])
    return tuple([Evidence(word, round(-weight, 3)) for weight, word in strongest[:SHOWN_WORDS]])


def _child(reading: Reading, category: str) -> str:
    scores = child_scores(reading, category)
    scores.pop(LAST_RESORT, None)
    return max(scores, key=scores.__getitem__) if scores else LAST_RESORT


def _urgency(reading: Reading, emergency: str | None) -> Urgency:
    if emergency:
        return Urgency.EMERGENCY
    return Urgency.URGENT if urgent_score(reading) >= URGENT_FROM else Urgency.NORMAL


def _place(reading: Reading) -> PlaceMention | None:
    estates = [(hit.start, hit.end, hit.entry.place) for hit in reading.hits if hit.entry.place]
    return find_place(reading.text, estates)
