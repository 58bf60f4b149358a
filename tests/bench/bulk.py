"""Brings very many rows into a store, and has it look at what it then holds."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from models.base import Base, Database

Row = dict[str, Any]


def bring(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """All with the same columns; PostgreSQL takes them by COPY, in a third of the time."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        session.execute(insert(table), rows)
        return
    columns = [table.__table__.c[name] for name in rows[0]]
    kept = [one.type.dialect_impl(connection.dialect) for one in columns]
    into = [made.bind_processor(connection.dialect) or (lambda value: value) for made in kept]
    names = ", ".join(one.name for one in columns)
    words = f"COPY {table.__tablename__} ({names}) FROM STDIN"
    with connection.connection.cursor() as cursor, cursor.copy(words) as copying:
        for row in rows:
            copying.write_row([to(row[one.name]) for to, one in zip(into, columns, strict=True)])


def settle_down(database: Database) -> None:
    """What PostgreSQL does by itself some minutes later."""
    if database.is_sqlite:
        return
    with database.writer.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.exec_driver_sql("SET statement_timeout = 0")
        alone.exec_driver_sql("VACUUM ANALYZE")
        alone.exec_driver_sql("RESET statement_timeout")
