"""Brings what people type to one form: widths, traditional characters, common slips."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spelling:
    """写法 — what stands for what: single characters, and words mistyped or mis-heard."""

    characters: Mapping[str, str]
    words: Mapping[str, str]
    _table: dict[int, str] = field(init=False, repr=False)
    _pattern: re.Pattern[str] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_table", str.maketrans(dict(self.characters)))
        longest_first = sorted(self.words, key=lambda word: (-len(word), word))
        pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        object.__setattr__(self, "_pattern", pattern)

    def normalise(self, text: str) -> str:
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        text = text.lower().translate(self._table)
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self.words[match.group()], text)
