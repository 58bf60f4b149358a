"""Several works over one connection, each up to its next statement, then all statements at once."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from contextvars import Context
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from models.statements import Direct, Statement, Subject

Work = Callable[[Session], Any]

# How far a work has come on the average when it asks a subject: whoever asks the one that comes
# earliest is behind. Of all threads; to lose a count between two of them does no harm.
_depths: dict[Subject, tuple[int, int]] = {}


class _Lone(Session):
    """A session that asks before it goes to the store, where others may be on their way."""

    def get_bind(self, *arguments: Any, **named: Any) -> Any:
        way = self.info[Statement]
        if isinstance(way, _Runner):
            way.go_alone()
        return super().get_bind(*arguments, **named)


class _Runner:
    """One work under way; it stands wherever it asks the store for something."""

    def __init__(
        self, work: Work, context: Context, connection: Connection, info: Mapping[Any, Any]
    ) -> None:
        self.session = _Lone(
            connection,
            expire_on_commit=False,
            join_transaction_mode="rollback_only",
            info={**info, Statement: self},
        )
        self._hub = getcurrent()
        self._walk = greenlet(work)
        self._walk.gr_context = context
        self._depth = 0
        self.asks: Any = None
        self.made: Any = None

    @property
    def is_done(self) -> bool:
        return bool(self._walk.dead)

    def go(self, answer: Any) -> None:
        """Until it asks again, or has ended. Raises what the work raises."""
        asked = self._walk.switch(answer)
        if self._walk.dead:
            self.made = asked
            return
        self.asks = asked
        if asked is not None:
            self._depth += 1
            _note_depth(asked[0], self._depth)

    def ask(self, subject: Subject, asked: Any) -> Any:
        return self._hub.switch((subject, asked))

    def go_alone(self) -> None:
        self._hub.switch(None)

    def stop(self) -> None:
        if self._walk and not self._walk.dead:
            self._walk.throw(GreenletExit)
        self.session.close()


def march(
    connection: Connection, info: Mapping[Any, Any], works: Sequence[tuple[Work, Context]]
) -> list[Any]:
    """What each made. Raises the first failure; what has been written by then is to be undone."""
    runners = [_Runner(work, context, connection, info) for work, context in works]
    try:
        for runner in runners:
            runner.go(runner.session)
        while walking := [one for one in runners if not one.is_done]:
            asking = [one for one in walking if one.asks is not None]
            if asking and len(walking) > 1:
                _go_on(connection, asking)
            else:
                _see_off(connection, walking[0])
        return [one.made for one in runners]
    finally:
        for runner in runners:
            runner.stop()


def _go_on(connection: Connection, runners: Sequence[_Runner]) -> None:
    """Those who are behind, to where they ask next: all who ask the same by one statement."""
    together: dict[Subject, list[_Runner]] = {}
    for runner in runners:
        together.setdefault(runner.asks[0], []).append(runner)
    subject = min(together, key=_depth)
    askers = together[subject]
    with closing(connection.connection.cursor()) as cursor:
        answers = subject.answer_all(
            cursor, connection.dialect, [runner.asks[1] for runner in askers]
        )
    for runner, answer in zip(askers, answers, strict=True):
        runner.go(answer)


def _see_off(connection: Connection, runner: _Runner) -> None:
    """To its end, and nobody else moves meanwhile."""
    with closing(connection.connection.cursor()) as cursor:
        way = runner.session.info[Statement] = Direct(cursor, connection.dialect)
        runner.go(None if runner.asks is None else way.ask(*runner.asks))


def _note_depth(subject: Subject, depth: int) -> None:
    times, steps = _depths.get(subject, (0, 0))
    _depths[subject] = times + 1, steps + depth


def _depth(subject: Subject) -> float:
    times, steps = _depths[subject]
    return steps / times
