"""Several works over one connection, each up to its next statement, then all statements at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from contextvars import Context
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from models.statements import Direct, Settling, Statement, Subject

Work = Callable[[Session], Any]

ENOUGH = 1000  # works that a subject's place is learned from


class _Ways:
    """常走的路 — what works ask before what, learned from those that came by: who asks an earlier
    subject is behind. Of all threads; to lose a count between two of them does no harm."""

    def __init__(self) -> None:
        self._depths: dict[Subject, tuple[int, float]] = {}
        self._before: dict[Subject, set[Subject]] = {}

    def note(self, path: Sequence[Subject]) -> None:
        """A work has come this far."""
        subject = path[-1]
        times, mean = self._depths.get(subject, (0, 0.0))
        if times < ENOUGH:
            self._depths[subject] = times + 1, mean + (len(path) - mean) / (times + 1)
            self._before.setdefault(subject, set()).update(path[:-1])

    def earliest(self, subjects: Collection[Subject]) -> Subject:
        """One that none of the others leads to; of several, or of none, the usual first."""
        free = [one for one in subjects if not any(self._leads(other, one) for other in subjects)]
        return min(free or subjects, key=lambda one: self._depths[one][1])

    def _leads(self, first: Subject, then: Subject) -> bool:
        return first in self._before[then] and then not in self._before[first]


_ways = _Ways()


class _Lone(Settling):
    """A session that asks before it goes to the store, where others may be on their way."""

    def get_bind(self, *arguments: Any, **named: Any) -> Any:
        way = self.info[Statement]
        if isinstance(way, _Runner):
            way.go_alone()
        return super().get_bind(*arguments, **named)


class _Runner:
    """One work under way; it stands wherever it asks the store for something."""

    def __init__(
        self,
        place: int,
        work: Work,
        context: Context,
        connection: Connection,
        info: Mapping[Any, Any],
    ) -> None:
        self.place = place
        self.session = _Lone(
            connection,
            expire_on_commit=False,
            join_transaction_mode="rollback_only",
            info={**info, Statement: self},
        )
        self._hub = getcurrent()
        self._walk = greenlet(work)
        self._walk.gr_context = context
        self._path: list[Subject] = []
        self.asks: Any = None
        self.made: Any = None

    def go(self, answer: Any) -> bool:
        """Until it asks again; false when it has ended. Raises what the work raises."""
        asked = self._walk.switch(answer)
        if self._walk.dead:
            self.made = asked
            return False
        self.asks = asked
        if asked is not None:
            self._path.append(asked[0])
            _ways.note(self._path)
        return True

    def ask(self, subject: Subject, asked: Any) -> Any:
        return self._hub.switch((subject, asked))

    def ask_each(self, subject: Subject, asked: Sequence[Any]) -> list[Any]:
        return [self.ask(subject, one) for one in asked]

    def go_alone(self) -> None:
        self._hub.switch(None)

    def stop(self) -> None:
        """Leaves no circle behind for the collector."""
        if self._walk and not self._walk.dead:
            self._walk.throw(GreenletExit)
        self.session.close()
        self.session.info.clear()
        del self._walk


class _Column:
    """行列 — those under way, by what they ask; who needs the store for itself goes last."""

    def __init__(self) -> None:
        self.walking = 0
        self.alone: list[_Runner] = []
        self._asking: dict[Subject, list[_Runner]] = {}

    def go(self, runner: _Runner, answer: Any) -> None:
        if not runner.go(answer):
            return
        self.walking += 1
        if runner.asks is None:
            self.alone.append(runner)
        else:
            self._asking.setdefault(runner.asks[0], []).append(runner)

    def hindmost(self) -> tuple[Subject, list[_Runner]] | None:
        """Those who are behind; nobody when all who are left go alone, or only one is."""
        if self.walking < 2 or not self._asking:
            return None
        subject = _ways.earliest(self._asking)
        askers = self._asking.pop(subject)
        self.walking -= len(askers)
        # As they were lined up: in that order they take the locks of their rows.
        return subject, sorted(askers, key=_place)

    def rest(self) -> list[_Runner]:
        return [*(one for askers in self._asking.values() for one in askers), *self.alone]


def march(
    connection: Connection, info: Mapping[Any, Any], works: Sequence[tuple[Work, Context]]
) -> list[Any]:
    """What each made. Raises the first failure; what has been written by then is to be undone."""
    runners = [
        _Runner(place, work, context, connection, info)
        for place, (work, context) in enumerate(works)
    ]
    try:
        with closing(connection.connection.cursor()) as cursor:
            _walk(runners, cursor, connection)
        return [one.made for one in runners]
    finally:
        for runner in runners:
            runner.stop()


def _walk(runners: Sequence[_Runner], cursor: Any, connection: Connection) -> None:
    """Those who are behind, to where they ask next: all who ask the same by one statement."""
    column = _Column()
    for runner in runners:
        column.go(runner, runner.session)
    while (behind := column.hindmost()) is not None:
        subject, askers = behind
        asked = [runner.asks[1] for runner in askers]
        answers = subject.answer_all(cursor, connection.dialect, asked)
        for runner, answer in zip(askers, answers, strict=True):
            column.go(runner, answer)
    for runner in column.rest():
        _see_off(cursor, connection, runner)


def _see_off(cursor: Any, connection: Connection, runner: _Runner) -> None:
    """To its end, and nobody else moves meanwhile."""
    way = runner.session.info[Statement] = Direct(cursor, connection.dialect)
    runner.go(None if runner.asks is None else way.ask(*runner.asks))


def _place(runner: _Runner) -> int:
    return runner.place
