"""Brings what people type to one form: widths, traditional characters, common slips."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

NEVER = r"(?!)"


@dataclass(frozen=True)
class Spelling:
    """写法 — what stands for what: single characters, and words mistyped or mis-heard."""

    characters: Mapping[str, str]
    words: Mapping[str, str]
    _odd: re.Pattern[str] = field(init=False, repr=False)
    _table: dict[int, str] = field(init=False, repr=False)
    _slip: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_odd", _any_of(self.characters))
        object.__setattr__(self, "_table", str.maketrans(dict(self.characters)))
        object.__setattr__(self, "_slip", _any_of(self.words))

    def normalise(self, text: str) -> str:
        if not text.isascii():
            # NFKC does this too, at ten times the cost, and hardly a text has no such comma.
            text = unicodedata.normalize("NFKC", text.replace("，", ","))
        text = text.lower()
        if self._odd.search(text):
            text = text.translate(self._table)
        return self._slip.sub(lambda slip: self.words[slip.group()], text)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """The longest at each point; gathered by first characters, which are tried one by one."""
    endings: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words, key=len, reverse=True):
        endings[word[:1]].append(re.escape(word[1:]))
    choices = [f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in endings.items()]
    return re.compile("|".join(choices) or NEVER)
