"""A file of 5,000 hotline orders, three in a hundred bad: read, taken in, brought again."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from sqlalchemy import select

from app.sheets import read_grid
from bots.lexicon import load_lexicon
from config.policy import load
from jobs.hotline import Intake
from jobs.sheets import write_excel
from models.hotline import cells
from models.hotline.batches import Taken
from models.people import Person
from models.places import estate_names, estates
from tests import hotline_files
from tests.bench.notices import new_peak, peak_megabytes
from tests.bench.results import result, stores
from tests.bench.town import Case

ROWS, RESIDENTS, ESTATES = 5_000, 20_000, 60


def run() -> Iterator[dict[str, Any]]:
    for case, _, database in stores(RESIDENTS):
        with database.reading() as session:
            named = [name for _, name in estates(session, ESTATES)]
            lexicon = load_lexicon().with_places(estate_names(session))
            by = session.scalars(select(Person.id).limit(1)).one()
        rows, bad = hotline_files.orders(ROWS, estates=named)
        sheet = BytesIO()
        write_excel(sheet, "orders", hotline_files.HEADINGS, rows)
        intake = Intake(database, lexicon, "12345", by, datetime.now(UTC))
        for name, others in (("hotline", set()), ("hotline_again", {Taken.ADDED, Taken.JOINED})):
            yield _taken(case, name, intake, sheet.getvalue(), bad, others)


def _taken(
    case: Case, name: str, intake: Intake, sheet: bytes, bad: int, unwanted: set[Taken]
) -> dict[str, Any]:
    """The waits are those of the pieces, each of which holds the writer once."""
    before, began, waits = new_peak(), time.perf_counter(), []
    rows, size = cells.read(read_grid(sheet)), load("hotline")["file"]["chunk"]
    lines = []
    for start in range(0, len(rows), size):
        first = time.perf_counter()
        lines += intake.take(rows[start : start + size])
        waits.append((time.perf_counter() - first) * 1000)
    waited = time.perf_counter() - began
    refused = sum(one.taken == Taken.REFUSED for one in lines)
    errors = abs(refused - bad) + sum(one.taken in unwanted for one in lines)
    grown = round(peak_megabytes() - before, 1)
    rate = {"rate": round(len(rows) / waited), "memory_mb": grown}
    return result(case, name, waits, errors, len(rows)) | rate
