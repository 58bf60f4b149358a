"""Rows of one table written on the hot path, in as few round trips as the store has."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Dialect, Table, bindparam
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from models.joint import Joint, joint_insertion
from models.plans import Plan
from models.statements import Statement, Way, hot_cursor, is_left

MOST_ROWS = 16  # of one statement: each number of rows is compiled for itself

Row = Mapping[str, Any]


class Insertion:
    """An INSERT into these columns, compiled once.

    A row whose `unique` is taken is left out; where that may not be, `taken` is raised.
    """

    def __init__(
        self,
        table: Any,
        names: Sequence[str],
        *,
        unique: Sequence[str] = (),
        taken: type[Exception] | None = None,
    ) -> None:
        self._table: Table = table
        self.table_name: str = table.name
        self._own_names = frozenset({table.name})
        self._names = names
        self._unique = unique
        self._taken = taken
        self._plans: dict[int, Plan] = {}  # by the number of rows, of SQLite
        self._whole: Joint | None = None  # of PostgreSQL

    def run(self, session: Session, rows: Sequence[Row]) -> list[int]:
        """The ids of those written, in the order of the rows."""
        if not rows:
            return []
        way: Way | None = session.info.get(Statement)
        if way is None:
            with hot_cursor(session, session.connection()):
                return self.run(session, rows)
        ids: list[int] = way.ask(self, rows)
        self._check(len(ids), rows)
        return ids

    def leave(self, session: Session, rows: Sequence[Row]) -> None:
        """Writes them by the end of the transaction; nobody asks what their ids are.

        What `taken` means may be raised as late as that.
        """
        way: Way | None = session.info.get(Statement)
        if not is_left(session, way, self, rows):
            self.run(session, rows)

    def answer(self, cursor: Any, dialect: Dialect, asked: Sequence[Row]) -> list[int]:
        """The ids of these rows."""
        if dialect.name != "sqlite":
            return self.answer_all(cursor, dialect, [asked])[0]
        written: list[int] = []
        for begin in range(0, len(asked), MOST_ROWS):
            written += self._counted(cursor, dialect, asked[begin : begin + MOST_ROWS])
        return written

    def answer_all(
        self, cursor: Any, dialect: Dialect, asked: Sequence[Sequence[Row]]
    ) -> list[list[int]]:
        """The ids of the rows of each of several askers."""
        rows = [row for theirs in asked for row in theirs]
        ids = iter(self._returned(self._joint(dialect).rows(cursor, rows), rows))
        return [[id_ for _ in theirs if (id_ := next(ids)) is not None] for theirs in asked]

    def write(self, cursor: Any, dialect: Dialect, rows: Sequence[Row]) -> None:
        """All of them at once, on SQLite: half the time of those of each message by themselves."""
        one = self._plan(dialect, 1)
        cursor.executemany(one.sql, one.bind_rows(rows))
        self._check(cursor.rowcount, rows)

    def _check(self, written: int, rows: Sequence[Row]) -> None:
        if self._taken is not None and written < len(rows):
            raise self._taken

    def names(self, dialect: Dialect) -> Set[str]:
        return self._own_names

    def _counted(self, cursor: Any, dialect: Dialect, rows: Sequence[Row]) -> Iterable[int]:
        # SQLite counts its ids up from row to row and knows the last; RETURNING doubles the cost.
        one = self._plan(dialect, 1)
        values = [value for bound in one.bind_rows(rows) for value in bound]
        cursor.execute(self._plan(dialect, len(rows)).sql, values)
        last: int = cursor.lastrowid
        return range(last - cursor.rowcount + 1, last + 1)

    def _returned(
        self, written: Sequence[tuple[Any, ...]], rows: Sequence[Row]
    ) -> Sequence[int | None]:
        """The id of each row; none of one that was left out."""
        if not self._unique:
            return sorted(id_ for (id_,) in written)
        by_key = {tuple(key): id_ for id_, *key in written}
        return [by_key.pop(tuple(row[name] for name in self._unique), None) for row in rows]

    def _joint(self, dialect: Dialect) -> Joint:
        if self._whole is None:
            self._whole = joint_insertion(self._table, self._names, self._unique, dialect)
        return self._whole

    def _plan(self, dialect: Dialect, count: int) -> Plan:
        plan = self._plans.get(count)
        if plan is None:
            plan = self._plans[count] = self._compiled(dialect, count)
        return plan

    def _compiled(self, dialect: Dialect, count: int) -> Plan:
        columns = self._table.c
        statement = insert(self._table).values(
            [
                {name: bindparam(name + mark, type_=columns[name].type) for name in self._names}
                for mark in ["", *(f"_{number}" for number in range(1, count))]
            ]
        )
        if self._unique:
            statement = statement.on_conflict_do_nothing(index_elements=self._unique)
        return Plan(statement, dialect)
