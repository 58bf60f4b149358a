"""Words that answer like a digit, or ask for nothing: yes, no, satisfied, thanks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from config.policy import load

LONGEST = 16
SOLVED = 6  # no digit says it: solved, without stars
_THANKS = r"(?:非常)?(?:谢谢|多谢|感谢|辛苦)(?:了|啦|您|你们|你|大家|师傅|各位)*"
_SAYS_THANKS = re.compile(_THANKS)
_AROUND = r"[\s,，。.、!！~～…:：;；\"“”]*"
_BEFORE = r"(?:还是|真的|我|这次|都|现在|感觉|总体|基本上?|嗯+|哦+|问题)*"
_AFTER = r"[啊呀呢吧哦哈啦嘛噢哟]*"
_CORE = re.compile(
    rf"{_AROUND}(?:{_THANKS})?{_AROUND}(?P<whole>{_BEFORE}(?P<core>.*?)){_AFTER}{_AROUND}"
    rf"(?:{_THANKS})?{_AFTER}{_AROUND}"
)
_CLAUSE_END = re.compile(r"[\s,，。.、!！~～…;；]+|(?<=[呢啊呀吧])")


@dataclass(frozen=True, slots=True)
class Answer:
    """口头答复 — what a short message may stand for; which of it counts is for the question."""

    rating: int | None = None
    truth: int | None = None
    consent: int | None = None
    promise: int | None = None
    is_courtesy: bool = False


def read(text: str) -> Answer | None:
    """What the words answer, or None when they say something of their own."""
    if not text or len(text) > LONGEST or not _spelling().fullmatch(text):
        return None
    found = _CORE.fullmatch(text)
    if found is None:
        return None
    if not found["whole"]:
        return Answer(is_courtesy=True) if _SAYS_THANKS.search(text) else None
    table = _table()
    return table.get(found["whole"]) or table.get(found["core"])


def rating_at_end(text: str) -> int | None:
    """ "这次挺快，满意": the rating that the last few words give, if those before give no other."""
    if len(text) > LONGEST or not _spelling().fullmatch(text[-1:]):
        return None
    *others, last = [one for one in _CLAUSE_END.split(text) if one] or [""]
    said = read(last) if others else None
    if said is None or said.rating is None:
        return None
    before = (read(one) for one in others)
    is_plain = all(one is None or one.rating in (None, said.rating) for one in before)
    return said.rating if is_plain else None


def says_done(text: str) -> bool:
    """Whether staff tell a result, not what they are about to do."""
    going_on = load("answers")["progress"]["going_on"]
    return names_what_was_done(text) or not any(word in text for word in going_on)


def names_what_was_done(text: str) -> bool:
    return any(word in text for word in load("answers")["progress"]["done"])


@cache
def _spelling() -> re.Pattern[str]:
    """All that an answer is written with: most matters betray themselves by their first character,
    which is five times as fast as to look for an answer in them."""
    known = {*"".join(_table()), *_THANKS, *_AROUND, *_BEFORE, *_AFTER}
    return re.compile(rf"[\s{re.escape(''.join(sorted(known)))}]*")


@cache
def _table() -> Mapping[str, Answer]:
    table = load("answers")
    rating = {
        word: SOLVED if key == "solved" else int(key)
        for key, words in table["rating"].items()
        for word in words
    }
    truth, consent, promise = (
        {word: int(key) for key, words in table[kind].items() for word in words}
        for kind in ("truth", "consent", "promise")
    )
    courtesy = set(table["courtesy"]["words"])
    return {
        word: Answer(
            rating.get(word),
            truth.get(word),
            consent.get(word),
            promise.get(word),
            word in courtesy,
        )
        for word in {*rating, *truth, *consent, *promise, *courtesy}
    }
