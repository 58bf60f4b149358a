"""The database: whether it answers, takes writes, is up to date and set as we need it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.doctor.findings import Finding, Findings, ok, warning, wrong
from app.doctor.patient import House
from config.policy import load
from models.engines import LOCK_SECONDS, STATEMENT_SECONDS
from models.errors import StoreBusy
from models.revisions import known, newest, revision_of

SYNCHRONOUS = {1: "NORMAL", 2: "FULL"}


def connects(house: House) -> Findings:
    file = house.sqlite_file
    if file is not None and not file.exists():
        yield wrong("there is no database yet", "run `linli init`")
        return
    question = "SELECT sqlite_version()" if file else "SHOW server_version"
    try:
        version = _ask(house, question)
    except SQLAlchemyError as failure:
        yield wrong(
            f"the database does not answer ({type(failure).__name__})",
            "see that it runs and that LINLI_DATABASE_URL has its host, name, user and password",
        )
        return
    yield ok(f"{'SQLite' if file else 'PostgreSQL'} {version} answers")


def up_to_date(house: House) -> Findings:
    with house.database.reader.connect() as connection:
        found = revision_of(connection)
    if found == newest():
        yield ok(f"its tables are those of this version ({found})")
    elif found is None or found in known():
        yield wrong(
            f"its tables are those of {found or 'no version'}",
            "take a backup, then run `linli migrate`",
        )
    else:
        yield wrong(f"its tables ({found}) are of a newer version", "install that version here")


def takes_writes(house: House) -> Findings:
    """In a transaction that is taken back."""
    try:
        with house.database.writer.connect() as connection, connection.begin() as transaction:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
            transaction.rollback()
    except (SQLAlchemyError, StoreBusy) as failure:
        yield wrong(
            f"it takes no writes ({type(failure).__name__})",
            "see the rights of its files, its disk, and that it is no replica",
        )
    else:
        yield ok("it takes writes")


def is_set_well(house: House) -> Findings:
    if house.sqlite_file:
        yield from _sqlite(house)
    else:
        yield from _postgresql(house)


def _sqlite(house: House) -> Findings:
    journal = _ask(house, "PRAGMA journal_mode")
    if journal == "wal":
        yield ok("readers and the writer do not wait for each other (WAL)")
    else:
        yield wrong(f"its journal is {journal} and not WAL", "stop all processes, `linli migrate`")
    synchronous = SYNCHRONOUS.get(_ask(house, "PRAGMA synchronous"))
    if synchronous == "FULL":
        yield ok("a commit is on the disk before WeChat hears of it")
    else:
        yield warning(
            "when the power fails the last commits may be lost (synchronous NORMAL)",
            "leave LINLI_SQLITE_SYNCHRONOUS at FULL unless you chose so",
        )


_WANTED = {
    "jit": ("off", "short questions are not compiled"),
    "transaction_isolation": ("read committed", "transactions wait for each other as they should"),
    "lock_timeout": (f"{LOCK_SECONDS * 1000:.0f}ms", "nobody waits long for a lock"),
    "statement_timeout": (f"{STATEMENT_SECONDS:.0f}s", "nor for a statement"),
    "TimeZone": ("UTC", "moments are UTC"),
    "server_encoding": ("UTF8", "every character can be kept"),
}


def _postgresql(house: House) -> Findings:
    """As our own connections have it: a pooler between may drop what they ask for."""
    for name, (wanted, meaning) in _WANTED.items():
        found = str(_ask(house, f"SHOW {name}"))
        if found == wanted:
            yield ok(f"{meaning} ({name} {found})")
        else:
            yield warning(
                f"{name} is {found} and not {wanted}",
                "a pooler may drop our startup options: let it pass `options` on",
            )


def clock(house: House) -> Findings:
    if house.sqlite_file:
        yield ok("its clock is this machine's")
        return
    there = _ask(house, "SELECT clock_timestamp()")
    yield skew("the database", there, house.now)


def skew(whose: str, there: datetime, here: datetime) -> Finding:
    """Of two clocks that should show the same."""
    apart, limits = abs(there - here), load("doctor")
    says = f"the clock of {whose} and this machine's are {apart.total_seconds():.0f} s apart"
    todo = "let both follow a time server (chrony, systemd-timesyncd)"
    if apart > timedelta(seconds=limits["worst_skew_seconds"]):
        return wrong(says, todo)
    if apart > timedelta(seconds=limits["skew_seconds"]):
        return warning(says, todo)
    return ok(says)


def _ask(house: House, question: str) -> Any:
    with house.database.reader.connect() as connection:
        return connection.exec_driver_sql(question).scalar()
