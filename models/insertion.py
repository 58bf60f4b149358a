"""Rows of one table written on the hot path, in as few round trips as the store has."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Dialect, Table, bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.statements import Plan, Statement, hot_cursor

MOST_ROWS = 16  # of one statement: each number of rows is compiled for itself

Row = Mapping[str, Any]


class Insertion:
    """An INSERT into these columns, compiled once; a row whose `unique` is taken is left out."""

    def __init__(self, table: Any, names: Sequence[str], *, unique: Sequence[str] = ()) -> None:
        self._table: Table = table
        self._names = names
        self._unique = unique
        self._plans: dict[tuple[str, int], Plan] = {}

    def run(self, session: Session, rows: Sequence[Row]) -> list[int]:
        """The ids of those written, in the order of the rows."""
        hot = session.info.get(Statement)
        if hot is None:
            with hot_cursor(session, session.connection()):
                return self.run(session, rows)
        cursor, dialect = hot
        written: list[int] = []
        for begin in range(0, len(rows), MOST_ROWS):
            some = rows[begin : begin + MOST_ROWS]
            plan = self._plan(dialect, len(some))
            if dialect.name == "sqlite":
                written += self._counted(cursor, plan, self._plan(dialect, 1), some)
            else:
                written += self._returned(cursor, plan, some)
        return written

    def _counted(self, cursor: Any, plan: Plan, one: Plan, rows: Sequence[Row]) -> Iterable[int]:
        # SQLite counts its ids up from row to row and knows the last; RETURNING doubles the cost.
        cursor.execute(plan.sql, tuple(chain.from_iterable(map(one.bind, rows))))
        last: int = cursor.lastrowid
        return range(last - cursor.rowcount + 1, last + 1)

    def _returned(self, cursor: Any, plan: Plan, rows: Sequence[Row]) -> list[int]:
        values = {name + mark: row[name] for mark, row in _marked(rows) for name in self._names}
        # Ids are drawn in the order of the rows; RETURNING promises none.
        return sorted(written for (written,) in plan.run(cursor, values))

    def _plan(self, dialect: Dialect, count: int) -> Plan:
        plan = self._plans.get((dialect.name, count))
        if plan is None:
            plan = self._plans[dialect.name, count] = self._compiled(dialect, count)
        return plan

    def _compiled(self, dialect: Dialect, count: int) -> Plan:
        columns = self._table.c
        statement = insert(self._table).values(
            [
                {name: bindparam(name + mark, type_=columns[name].type) for name in self._names}
                for mark, _ in _marked(range(count))
            ]
        )
        if self._unique:
            statement = statement.on_conflict_do_nothing(index_elements=self._unique)
        return Plan(
            statement if dialect.name == "sqlite" else statement.returning(columns.id), dialect
        )


def _marked(rows: Any) -> list[tuple[str, Any]]:
    """Each with what tells its values from those of the rows before; nothing for the first."""
    return [(f"_{number}" if number else "", row) for number, row in enumerate(rows)]
