"""The product without its rules: for each message the statements of one recorded report again.

What is left no rule can do without: the door, understanding the words, the way to the process
that writes, the statements on the bare driver with their values bound before, and the answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import click
from sqlalchemy import Dialect
from sqlalchemy.orm import Session

from app.serving import serve_web
from app.wechat.intake import Delivery, Desk
from app.writing import writer_for
from config.settings import Settings
from models.inbox import Outcome, Received
from models.insertion import Insertion
from models.statements import Statement

BEFORE = 500  # reports, so that all is in memory that is kept there
TABLES = ["tickets", "assignments", "events", "outbox", "inbox"]
LEFT = {"assignments", "outbox", "inbox"}  # for the end of what is written together, as ever
# Known already? Who speaks? Their window, matters like it, how much equals have in hand.
BESIDE = 5
ANYTHING = object()


@dataclass
class Own:
    """What is this report's alone."""

    openid: str
    key: str
    identity: int = 0
    person: int = 0
    ticket: int = 0
    events: Sequence[int] = ()


Value = Callable[[Own], Any]

# By the names that statements have for it.
VALUES: Mapping[str, Value] = {
    **dict.fromkeys(("openid", "the_openid"), lambda own: own.openid),
    **dict.fromkeys(("message_key", "the_message_key"), lambda own: own.key),
    "identity_id": lambda own: own.identity,
    **dict.fromkeys(("person_id", "reporter_id", "actor_id"), lambda own: own.person),
    **dict.fromkeys(("ticket_id", "subject_id"), lambda own: own.ticket),
}


@dataclass(frozen=True)
class Rows:
    """What is left for the end of a batch."""

    table_name: str
    sql: str

    def write(self, cursor: Any, _: Dialect, rows: Sequence[Any]) -> None:
        cursor.executemany(self.sql, rows)


@dataclass
class Step:
    """A statement, its values as the driver takes them, and those that are a report's own."""

    sql: str
    values: list[Any]
    table: str | None = None  # that it writes rows into
    tells_who: bool = False
    own: list[tuple[int, Value]] = field(default_factory=list)

    @cached_property
    def rows(self) -> Rows:
        return Rows(self.table or "", self.sql)

    def run(self, way: Any, cursor: Any, own: Own) -> None:
        values = self.values.copy()
        for place, value in self.own:
            values[place] = value(own)
        if self.table in LEFT and way.leave(self.rows, [values]):
            return
        cursor.execute(self.sql, values)
        if self.table == "tickets":
            own.ticket = cursor.lastrowid
        elif self.table == "events":
            own.events = range(cursor.lastrowid - cursor.rowcount + 1, cursor.lastrowid + 1)
        elif self.table is None:
            rows = cursor.fetchall()
            if self.tells_who:
                own.identity, own.person, *_ = rows[0]


class Asked(NamedTuple):
    """A statement as the product ran it, with its values by name, of an insertion by row."""

    subject: Any
    values: Any
    answer: Any

    @property
    def table(self) -> str | None:
        return self.subject._table.name if isinstance(self.subject, Insertion) else None


@dataclass
class Recorder:
    """How a session asks its store while it is recorded."""

    way: Any
    asked: list[Asked] = field(default_factory=list)

    def ask(self, subject: Any, values: Any) -> Any:
        answer = self.way.ask(subject, values)
        self.asked.append(Asked(subject, values, answer))
        return answer

    def leave(self, subject: Any, rows: Any) -> bool:
        return False


@dataclass
class Replay:
    """Stands in for the desk's own way to take a message."""

    take: Callable[[Desk, Delivery, Any, Session], Received]
    taken: int = 0
    steps: Sequence[Step] = ()

    def __call__(self, desk: Desk, delivery: Delivery, heard: Any, session: Session) -> Received:
        if self.steps:
            return self._again(delivery, session.info[Statement])
        self.taken += 1
        recorder = Recorder(session.info[Statement])
        session.info[Statement] = recorder
        try:
            received = self.take(desk, delivery, heard, session)
        finally:
            session.info[Statement] = recorder.way
        if self.taken > BEFORE and is_usual(recorder.asked):
            self.steps = steps_of(recorder.asked, delivery, session.get_bind().dialect)
        return received

    def _again(self, delivery: Delivery, way: Any) -> Received:
        own = Own(delivery.message.openid, delivery.message.key)
        for step in self.steps:
            step.run(way, way._cursor, own)
        reply = f"已受理 #{own.ticket}"
        return Received(None, 1, Outcome.ANSWERED, reply, False, delivery.arrived)


def is_usual(asked: Sequence[Asked]) -> bool:
    """A report that opened a ticket and did nothing beside."""
    tables = [one.table for one in asked if one.table]
    return tables == TABLES and len(asked) == len(TABLES) + BESIDE


def steps_of(asked: Sequence[Asked], delivery: Delivery, dialect: Dialect) -> list[Step]:
    by_table = {one.table: one for one in asked}
    identity, person = next(one.answer[0][:2] for one in asked if "openid" in one.values)
    [ticket], events = by_table["tickets"].answer, by_table["events"].answer
    message = delivery.message
    recorded = Own(message.openid, message.key, identity, person, ticket, events)
    steps: list[Step] = []
    for one in asked:
        if one.table in LEFT:
            steps += [_step(one._replace(values=[row]), recorded, dialect) for row in one.values]
        else:
            steps.append(_step(one, recorded, dialect))
    return steps


def _step(one: Asked, recorded: Own, dialect: Dialect) -> Step:
    rows = one.values if one.table else [one.values]
    if one.table:
        plan, of_one = one.subject._plan(dialect, len(rows)), one.subject._plan(dialect, 1)

        def bind(asked: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
            return [value for bound in of_one.bind_rows(asked) for value in bound]

    else:
        plan = one.subject._plan(dialect)

        def bind(asked: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
            return plan.bind(asked[0])

    step = Step(plan.sql, list(bind(rows)), one.table, tells_who="openid" in one.values)
    for number, row in enumerate(rows):
        for name, value in _own_of(row, recorded).items():
            marked = [*rows[:number], {**row, name: ANYTHING}, *rows[number + 1 :]]
            bound = enumerate(bind(marked))
            step.own += [(place, value) for place, said in bound if said is ANYTHING]
    return step


def _own_of(row: Mapping[str, Any], recorded: Own) -> dict[str, Value]:
    """What of the row's values is the report's own, by name."""
    found = {
        name: value
        for name, value in VALUES.items()
        if name in row and row[name] == value(recorded)
    }
    if row.get("event_id") in recorded.events:
        number = recorded.events.index(row["event_id"])
        rest = row["unique_key"].partition(":")[2]
        found["event_id"] = lambda own: own.events[number]
        found["unique_key"] = lambda own: f"{own.events[number]}:{rest}"
    return found


@click.command()
@click.option("--port", type=int, required=True)
def main(port: int) -> None:
    """Serve as `linli web` does; all its processes are forked from this one."""
    replay = Replay(Desk.take)

    def take(desk: Desk, delivery: Delivery, heard: Any, session: Session) -> Received:
        return replay(desk, delivery, heard, session)

    Desk.take = take  # type: ignore[method-assign]
    settings = Settings()
    serve_web(settings, "127.0.0.1", port, beside=writer_for(settings))


if __name__ == "__main__":
    main()
