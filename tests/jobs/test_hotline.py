"""A file of orders: the good rows in, the bad ones out to be mended, twice is once."""

from collections import Counter

import pytest
from sqlalchemy import event, func, select

from app.hotline_sheets import refused_sheet
from app.sheets import read_grid
from config.policy import load
from jobs import hotline as jobs
from jobs.hotline import Intake
from jobs.queue import Queue
from models.base import Database
from models.errors import NotFound
from models.hotline import batches, cells
from models.hotline.batches import Taken
from models.hotline.table import BatchState, HotlineBatch, HotlineOrder
from models.imports.cells import HeadingsMissing
from models.metrics import rebuilding
from models.tickets.table import Ticket
from tests import factories, hotline_files
from tests.chat import shipped_lexicon
from tests.factories import MORNING, demo_person

ROWS, PIECE = 70, 30


@pytest.fixture
def town(store: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    factories.town(store)
    monkeypatch.setattr(jobs, "_lexicon", shipped_lexicon)
    monkeypatch.setitem(load("hotline")["file"], "piece", PIECE)
    return store


def brought(town: Database, grid: list) -> HotlineBatch:
    with town.writing() as session:
        by = demo_person(session, "subdistrict_staff")
        number = batches.keep(session, "12345", "三月.xlsx", grid, by=by, at=MORNING).id
        batches.ask_taking(session, session.get_one(HotlineBatch, number), MORNING)
    Queue(town, lambda: MORNING).drain()
    with town.reading() as session:
        return session.get_one(HotlineBatch, number)


def count(town: Database, table: type) -> int:
    with town.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_good_rows_come_in_bad_ones_come_back_mended_and_nothing_twice(town: Database) -> None:
    rows, bad = hotline_files.orders(ROWS)
    assert bad == 2
    first = brought(town, hotline_files.grid(rows))
    done = Counter(first.done)
    assert done[Taken.REFUSED] == bad and done[Taken.ADDED] + done[Taken.JOINED] == ROWS - bad
    assert (first.state, first.grid, first.seen) == (BatchState.DONE, None, ROWS)
    tickets, orders = count(town, Ticket), count(town, HotlineOrder)
    assert (tickets, orders) == (done[Taken.ADDED], ROWS - bad)

    headings, refused = batches.refused_of(first)
    assert headings == list(hotline_files.HEADINGS)
    assert all(one.reasons for one in refused)
    # What comes back is what was brought, with the reasons behind it.
    again = read_grid(refused_sheet(headings, refused))
    for (_, texts), one in zip(again[1:], refused, strict=True):
        assert texts[: len(headings)] == list(one.cells)
    second = brought(town, hotline_files.grid(rows))
    assert second.done == {Taken.UNCHANGED: ROWS - bad, Taken.REFUSED: bad}
    assert (count(town, Ticket), count(town, HotlineOrder)) == (tickets, orders)
    with town.reading() as session:
        assert rebuilding.compare(session, MORNING).agrees
        assert session.scalar(select(func.sum(Ticket.households))) <= orders


def test_a_mended_sheet_comes_in(town: Database) -> None:
    rows, bad = hotline_files.orders(10)
    assert bad == 0
    rows[3][1], rows[7][0] = "昨天下午", ""
    headings, refused = batches.refused_of(brought(town, hotline_files.grid(rows)))
    assert [one.reasons for one in refused] == [
        ["“来电时间”不是时间，请写成 2026-03-02 09:30"],
        ["“工单编号”没有写"],
    ]
    grid = read_grid(refused_sheet(headings, refused))
    grid[1][1][1], grid[2][1][0] = "2026-03-02 15:00", "M-8"
    assert Counter(brought(town, grid).done).total() == 2
    assert count(town, HotlineOrder) == 10


def test_what_is_no_file_of_orders_is_said_at_once(town: Database) -> None:
    with town.writing() as session:
        by = demo_person(session, "subdistrict_staff")
        with pytest.raises(HeadingsMissing):
            batches.keep(session, "12345", "x", [(1, ["姓名", "电话"])], by=by, at=MORNING)
        with pytest.raises(NotFound):
            batches.keep(session, "110", "x", hotline_files.grid([]), by=by, at=MORNING)


def test_a_row_takes_few_statements(town: Database) -> None:
    rows, _ = hotline_files.orders(60, seed=3)
    read = cells.read(hotline_files.grid(rows))
    with town.reading() as session:
        by = demo_person(session, "subdistrict_staff")
    intake = Intake(town, shipped_lexicon(), "12345", by, MORNING)
    intake.take(read[:10])
    asked: list[str] = []

    def hear(*told: object) -> None:
        asked.append(str(told[2]))

    event.listen(town.writer, "before_cursor_execute", hear)
    intake.take(read[10:])
    event.remove(town.writer, "before_cursor_execute", hear)
    assert len(asked) / 50 < 8, len(asked)
