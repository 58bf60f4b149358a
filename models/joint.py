"""Statements of several askers as one, on PostgreSQL: what they ask with is read as a table."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.json import Encoder
from sqlalchemy import (
    JSON,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    Select,
    Table,
    TableValuedAlias,
    Text,
    TypeDecorator,
    Update,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.expression import CTE, Executable
from sqlalchemy.sql.visitors import iterate, replacement_traverse
from sqlalchemy.types import TypeEngine

from models.plans import Binder, Plan, binder_of

# One parameter holds the records of all askers: the driver takes longer for a value than the
# store for reading it out of JSON, and as long for a round trip as for ten rows.
ASKED, NUMBER = "asked", "number_"

_written = Encoder().encode

Types = Mapping[str, TypeEngine[Any]]
Values = Mapping[str, Any]


class Joint:
    """合并语句 — one statement over a record of values from each asker."""

    def __init__(self, statement: Executable, types: Types, dialect: Dialect) -> None:
        self._plan = Plan(statement, dialect)
        binders = ((name, _binder(type_, dialect)) for name, type_ in types.items())
        self._binders = [(name, binder) for name, binder in binders if binder is not None]

    def run(self, cursor: Any, asked: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """The rows of each asker."""
        answers: list[list[tuple[Any, ...]]] = [[] for _ in asked]
        for *row, number in self.rows(cursor, asked):
            answers[number].append(tuple(row))
        return answers

    def rows(self, cursor: Any, asked: Sequence[Values]) -> list[tuple[Any, ...]]:
        """As the statement returns them."""
        records = [{**values, NUMBER: number} for number, values in enumerate(asked)]
        for name, binder in self._binders:
            for record in records:
                record[name] = binder(record[name])
        return self._plan.run(cursor, {ASKED: _written(records).decode()})


def joint(statement: Any, types: Types, dialect: Dialect) -> Joint | None:
    """None where there is no such statement: a CTE would be run before a record is read, and
    SQLite has no round trips to spare."""
    if dialect.name != "postgresql" or any(isinstance(part, CTE) for part in iterate(statement)):
        return None
    replace: Any = _in_record
    asking: Any = replacement_traverse(statement, {}, replace)
    records = _records(types)
    number = records.c[NUMBER]
    if isinstance(asking, Select):
        found = asking.lateral("found")
        return Joint(
            select(*found.c, number).select_from(records.join(found, true())), types, dialect
        )
    if isinstance(asking, Update):
        numbered = asking.where(number.is_not(None)).returning(number)
        return Joint(numbered, types, dialect)
    return None


def joint_insertion(
    table: Table, names: Sequence[str], unique: Sequence[str], dialect: Dialect
) -> Joint:
    """The rows of all as one: each returns its id, and what is `unique` of it.

    Ids are drawn in the order of the records, and returned in any.
    """
    types = {name: table.c[name].type for name in names}
    records = _records(types)
    values = [_value(records.c[name], table.c[name].type) for name in names]
    statement = insert(table).from_select(
        list(names), select(*values).order_by(records.c[NUMBER]), include_defaults=False
    )
    if unique:
        statement = statement.on_conflict_do_nothing(index_elements=unique)
    return Joint(
        statement.returning(table.c.id, *(table.c[name] for name in unique)), types, dialect
    )


def _records(types: Types) -> TableValuedAlias:
    columns = [column(name, _type_in_record(type_)) for name, type_ in types.items()]
    asked = cast(bindparam(ASKED, type_=Text, required=True), JSON)
    return (
        func.json_to_recordset(asked)
        .table_valued(column(NUMBER, Integer), *columns)
        .render_derived(name=ASKED, with_types=True)
    )


def _in_record(part: Any, **_: Any) -> ColumnElement[Any] | None:
    """By its name alone: a column would bring its table into each part of the statement."""
    if isinstance(part, BindParameter) and part.required:
        return literal_column(f'{ASKED}."{part.key}"', part.type)
    return None


def _type_in_record(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    return Text() if _is_bytes(type_) else type_


def _value(read: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
    return func.decode(read, "hex") if _is_bytes(type_) else read


def _is_bytes(type_: TypeEngine[Any]) -> bool:
    kept = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return isinstance(kept, LargeBinary)


def _binder(type_: TypeEngine[Any], dialect: Dialect) -> Binder | None:
    if isinstance(type_, JSON):
        return None  # it is part of the record as it is
    if isinstance(type_, TypeDecorator) and isinstance(type_.impl_instance, DateTime):
        return _moment  # the record tells it with its zone; a report has twenty of them
    if not _is_bytes(type_):
        return binder_of(type_, dialect)
    if isinstance(type_, TypeDecorator):
        seal = type_.process_bind_param
        return lambda value: _hex(seal(value, dialect))
    return _hex


def _moment(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return value


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()
