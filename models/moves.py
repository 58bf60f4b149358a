"""State tables: where an action leads, whose it is and what it needs, asked alike of every one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from models.errors import NotAllowed, ReasonMissing, TransitionNotAllowed

State = TypeVar("State", bound=str)
Action = TypeVar("Action", bound=str)
Side = TypeVar("Side", bound=str)

Met = Callable[[str], bool]


def always(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Move(Generic[State, Side]):
    """流转 — where an action leads, whose it is, and what the log calls it.

    Who is several sides acts as the first of `by`. `needs` names what else must be so.
    """

    target: State
    by: tuple[Side, ...]
    verb: str
    needs_words: bool = False
    needs: str | None = None


class Taken(NamedTuple, Generic[State, Side]):
    """一步 — a move that may be taken, the state it leaves (None: it begins), and as whom."""

    move: Move[State, Side]
    old: State | None
    side: Side


@dataclass(frozen=True, slots=True)
class Flow(Generic[State, Action, Side]):
    """状态表 — all moves of one kind of thing; `label` is the table of words for its states."""

    label: str
    moves: Mapping[tuple[State, Action], Move[State, Side]]

    def can(self, state: State, action: Action, held: Collection[Side], met: Met = always) -> bool:
        """Whether who is all these sides may take the action, once the words are there."""
        move = self.moves.get((state, action))
        return move is not None and self._side(move, held) is not None and _is_met(move, met)

    def take(
        self,
        state: State,
        action: Action,
        held: Collection[Side],
        *,
        number: str,
        words: str | None = None,
        met: Met = always,
    ) -> Taken[State, Side]:
        """Who is no side at all hears no more than that: NotAllowed. To the others what stands
        against it: TransitionNotAllowed, NotAllowed, ReasonMissing."""
        if not held:
            raise NotAllowed(number=number)
        move = self.moves.get((state, action))
        if move is None or not _is_met(move, met):
            raise TransitionNotAllowed(number=number, state=state, action=action, table=self.label)
        side = self._side(move, held)
        if side is None:
            raise NotAllowed(number=number)
        if move.needs_words and not (words or "").strip():
            raise ReasonMissing(number=number, action=action)
        return Taken(move, state, side)

    @staticmethod
    def _side(move: Move[State, Side], held: Collection[Side]) -> Side | None:
        return next((one for one in move.by if one in held), None)


def to(
    target: State, verb: str, *by: Side, needs_words: bool = False, needs: str | None = None
) -> Move[State, Side]:
    """A row of a table."""
    return Move(target, by, verb, needs_words, needs)


def _is_met(move: Move[State, Side], met: Met) -> bool:
    return move.needs is None or met(move.needs)
