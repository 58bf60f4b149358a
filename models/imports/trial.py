"""What taking a sheet in would do: found once, and kept with the sheet until somebody says yes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from models.errors import DomainError
from models.imports.work import Line, Verdict

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """试导入 — rows by verdict, the first of the refused and of the others, headings not used."""

    counts: dict[str, int]
    refused: tuple[Line, ...]
    others: tuple[Line, ...]
    unused: tuple[str, ...]

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Refused rows that are not shown."""
        return self.counts.get(Verdict.REFUSED, 0) - len(self.refused)


def trial_of(lines: Sequence[Line], unused: Sequence[str]) -> Trial:
    refused = [one for one in lines if one.verdict == Verdict.REFUSED]
    others = [one for one in lines if one.verdict != Verdict.REFUSED]
    return Trial(
        counts=dict(Counter(one.verdict.value for one in lines)),
        refused=tuple(refused[:SHOWN]),
        others=tuple(others[:SHOWN]),
        unused=tuple(unused),
    )


def written(trial: Trial) -> str:
    return msgspec.json.encode(trial, enc_hook=_plain).decode()


def read(text: str) -> Trial:
    return msgspec.json.decode(text, type=Trial, dec_hook=_refusal)


def _plain(refusal: Any) -> dict[str, Any]:
    """Its template and what fills it; the words are found when they are read."""
    return {"template": refusal.template, "context": refusal.context}


def _refusal(_: type, plain: Any) -> DomainError:
    refusal = DomainError(plain["template"], **plain["context"])
    refusal.template = plain["template"]
    return refusal
