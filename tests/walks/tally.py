"""What walks have come to: how much was tried, what the house took, and where it was wrong."""

from collections import Counter
from dataclasses import dataclass, field

MOST_TOLD = 20


@dataclass
class Tally:
    """步数 — attempts, and the differences between what is and what must be."""

    allowed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    disagreements: int = 0
    forbidden_states: int = 0
    told: list[str] = field(default_factory=list)  # the first of what was wrong

    @property
    def actions(self) -> int:
        return self.allowed.total() + self.refused.total()

    @property
    def is_right(self) -> bool:
        return not (self.disagreements or self.forbidden_states)

    def disagree(self, what: str) -> None:
        self.disagreements += 1
        self._tell(what)

    def forbid(self, what: str) -> None:
        self.forbidden_states += 1
        self._tell(what)

    def _tell(self, what: str) -> None:
        if len(self.told) < MOST_TOLD:
            self.told.append(what)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.allowed + other.allowed,
            self.refused + other.refused,
            self.disagreements + other.disagreements,
            self.forbidden_states + other.forbidden_states,
            (self.told + other.told)[:MOST_TOLD],
        )
