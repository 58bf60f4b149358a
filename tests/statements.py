"""Counts what is said to a store."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from models.base import Database
from models.statements import Plan


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Every statement: SQLAlchemy's own, and those that the compiled ones run by themselves."""
    said: list[str] = []
    run = Plan.run

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    def noted(plan: Plan, cursor: Any, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        said.append(plan.sql)
        return run(plan, cursor, values)

    engines = {database.reader, database.writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.object(Plan, "run", noted):
            yield said
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
