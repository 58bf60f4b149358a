"""Words taught over the files of the lexicon: read, merged, and laid over a snapshot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bots.lexicon import Lexicon
from config.categories import LAST_RESORT, is_label

POLICY = "lexicon"  # its name among the policies

SHORTEST, LONGEST = 2, 16

MOST_WEIGHT = 10.0

MOST_WORDS = 2000

BESIDE_WORDS = frozenset({"evidence", "refused", "corrections"})  # what `suggest` prints with them

Change = Mapping[str, Mapping[str, float | None]]
"""Word → class → weight; None takes back what was taught, 0 silences what the files say."""

Words = Mapping[str, Mapping[str, float]]


class NotTeachable(ValueError):
    """教不了 — what was given is no list of words and weights; every reason is told."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class WeightChange:
    """权重变化 — what a word weighs for a class before and after; None where it says nothing."""

    word: str
    label: str
    before: float | None
    after: float | None


def words_of(body: Mapping[str, Any]) -> Words:
    """The words of a policy's body; the body as shipped has none."""
    words: Words = body.get("words", {})
    return words


def read_change(given: object, lexicon: Lexicon) -> Change:
    """The change as the lexicon spells it, or NotTeachable with all that is wrong."""
    if not isinstance(given, dict) or not isinstance(given.get("words"), dict):
        raise NotTeachable(['not an object like {"words": {word: {class: weight}}}'])
    words = given["words"]
    problems = [
        f"unknown field {name!r}" for name in sorted(given.keys() - BESIDE_WORDS - {"words"})
    ]
    if not 0 < len(words) <= MOST_WORDS:
        problems.append(f"{len(words)} words; give 1 to {MOST_WORDS}")
    change: dict[str, dict[str, float | None]] = {}
    for word, weights in words.items():
        spelled = lexicon.spelling.normalise(word)
        problems += _problems(word, spelled, weights)
        if spelled in change:
            problems.append(f"{word!r} is given twice")
        elif isinstance(weights, dict):
            change[spelled] = {_full(label): weight for label, weight in weights.items()}
    if problems:
        raise NotTeachable(problems)
    return change


def merged(words: Words, change: Change) -> dict[str, dict[str, float]]:
    """All that is taught once the change is made, in an order that does not hang on history."""
    total: dict[str, dict[str, float | None]] = {word: dict(row) for word, row in words.items()}
    for word, weights in change.items():
        total.setdefault(word, {}).update(weights)
    kept = {
        word: {label: weight for label, weight in sorted(row.items()) if weight is not None}
        for word, row in sorted(total.items())
    }
    return {word: row for word, row in kept.items() if row}


def taught(lexicon: Lexicon, words: Words) -> Lexicon:
    """A snapshot in which these words weigh what they were taught; the rest is as it was."""
    if not words:
        return lexicon
    drafts = {}
    for word, weights in words.items():
        draft = lexicon.draft(word)
        children = {**draft.children, **dict(_known(weights))}
        drafts[word] = replace(draft, children={pair: w for pair, w in children.items() if w})
    return lexicon.with_drafts(drafts)


def weights_in(lexicon: Lexicon, word: str) -> dict[str, float]:
    """What a word weighs for each class by the hand of people: files and what was taught."""
    children = lexicon.draft(word).children
    return {f"{key}.{child}": weight for (key, child), weight in children.items()}


def differences(base: Lexicon, before: Words, after: Words) -> list[WeightChange]:
    """Where what was taught in two versions gives a word another weight."""
    found = []
    for word in sorted({*before, *after}):
        files = weights_in(base, word)
        old, new = (_over(files, words.get(word, {})) for words in (before, after))
        for label in sorted({*old, *new}):
            if old.get(label) != new.get(label):
                found.append(WeightChange(word, label, old.get(label), new.get(label)))
    return found


def _over(files: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    known = {f"{key}.{child}": weight for (key, child), weight in _known(weights)}
    return {label: weight for label, weight in {**files, **known}.items() if weight}


def _known(weights: Mapping[str, float]) -> Iterator[tuple[tuple[str, str], float]]:
    """Without classes that the taxonomy had when the word was taught and has no longer."""
    for label, weight in weights.items():
        if is_label(label):
            key, _, child = label.partition(".")
            yield (key, child), weight


def _full(label: str) -> str:
    return label if "." in label else f"{label}.{LAST_RESORT}"


def _problems(word: str, spelled: str, weights: object) -> Iterator[str]:
    if not SHORTEST <= len(spelled) <= LONGEST or any(one.isspace() for one in spelled):
        yield f"{word!r} has not {SHORTEST} to {LONGEST} characters without spaces"
    if not isinstance(weights, dict) or not weights:
        yield f"{word!r} needs classes with weights"
        return
    for label, weight in weights.items():
        if not is_label(_full(label)):
            yield f"{word!r}: {label!r} is no class"
        if weight is not None and not _is_weight(weight):
            yield f"{word!r}: {weight!r} is no weight from 0 to {MOST_WEIGHT:g}"


def _is_weight(weight: object) -> bool:
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    return is_number and 0 <= weight <= MOST_WEIGHT  # type: ignore[operator]
